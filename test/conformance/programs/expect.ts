/**
 * What a step of a program must show, as text:
 *
 *     'ENOMEM lck=3 mlocked=0 min=3 p1.anon=2'
 *
 * First the result, if it is not 0 (`?`: any). Then numbers, in pages: `size lck pin anon file shmem swap hugetlb` of
 * the acting process (of p1: `p1.lck=3`), where size and anon leave out the runtime page; `mlocked unevictable` of the
 * system; `min maj touched` of the step; `vmas lo lf present zero large pgmlocked pgunevictable swapped guard locked
 * rss huge shmempmd lazyfree shared private dirty` summed over the mappings, the runtime page again left out.
 * A text is what 6.18 does, unless the expectation is a record by kernel: `{ '5.10': 'EINVAL', '6.18': '' }`.
 */
import type {
  Observed,
  ObservedProcess,
  ObservedStep,
  ObservedVma,
  VmaNumber,
} from '../../../engine/program.ts'

export type Expected = string | Readonly<Partial<Record<'5.10' | '6.1' | '6.12' | '6.18' | '7.2', string>>>

type Meaning<Of> = (of: Of) => number | null

const kib = (n: number | null) => (n === null ? null : n / 4)

const ofStep: Readonly<Record<string, Meaning<ObservedStep>>> = {
  mlocked: s => kib(s.sys.Mlocked),
  unevictable: s => kib(s.sys.Unevictable),
  min: s => s.minflt,
  maj: s => s.majflt,
  touched: s => s.touched ?? null,
}

const vmas = (p: ObservedProcess): ObservedVma[] =>
  Object.entries(p.areas).flatMap(([area, list]) => (area === '$rt' ? [] : list))
const lengthOf =
  (flag: string): Meaning<ObservedProcess> =>
  p =>
    vmas(p)
      .filter(v => v.flags.split(' ').includes(flag))
      .reduce((sum, v) => sum + (v.end - v.start) / 4096, 0)
/** null (not stable) makes the sum null. */
const sum =
  (unit: 1 | 4, ...keys: VmaNumber[]): Meaning<ObservedProcess> =>
  p =>
    vmas(p)
      .flatMap(v => keys.map((k): number | null => v[k] ?? (k in v ? null : 0)))
      .reduce((total, n) => (total === null || n === null ? null : total + n / unit), 0)

const ofProcess: Readonly<Record<string, Meaning<ObservedProcess>>> = {
  size: p => kib(p.VmSize - 4),
  lck: p => kib(p.VmLck),
  pin: p => kib(p.VmPin),
  anon: p => kib(p.RssAnon - 4),
  file: p => kib(p.RssFile),
  shmem: p => kib(p.RssShmem),
  swap: p => kib(p.VmSwap),
  hugetlb: p => kib(p.HugetlbPages),
  vmas: p => vmas(p).length,
  lo: lengthOf('lo'),
  lf: lengthOf('lf'),
  ac: lengthOf('ac'),
  present: sum(1, 'pgPresent'),
  zero: sum(1, 'pgZero'),
  large: sum(1, 'pgLarge'),
  pgmlocked: sum(1, 'pgMlocked'),
  pgunevictable: sum(1, 'pgUnevictable'),
  swapped: sum(1, 'pgSwapped'),
  guard: sum(1, 'pgGuard'),
  locked: sum(4, 'Locked'),
  rss: sum(4, 'Rss'),
  huge: sum(4, 'AnonHugePages'),
  shmempmd: sum(4, 'ShmemPmdMapped'),
  lazyfree: sum(4, 'LazyFree'),
  shared: sum(4, 'Shared_Clean', 'Shared_Dirty'),
  private: sum(4, 'Private_Clean', 'Private_Dirty'),
  dirty: sum(4, 'Shared_Dirty', 'Private_Dirty'),
}

/** Where a step and its text differ; nothing where the kernel has no stable value. */
function differences(text: string, step: ObservedStep): string[] {
  const words = text.split(' ').filter(Boolean)
  const [first] = words
  const result = first !== undefined && !first.includes('=') ? words.shift()! : '0'
  const found: string[] = []
  if (result !== '?' && String(step.result) !== result)
    found.push(`result ${String(step.result)}, not ${result}`)
  for (const word of words) {
    const [, pid, key, wanted] = /^(?:(\w+)\.)?(\w+)=(-?[\d.]+)$/.exec(word) ?? []
    if (key === undefined) throw new Error(`not an expectation: ${word}`)
    const process = step.procs[pid ?? step.pid]
    const value = pid === undefined && ofStep[key] ? ofStep[key](step) : process && ofProcess[key]?.(process)
    if (value === undefined) throw new Error(`nothing to compare with ${word}`)
    if (value !== null && value !== Number(wanted)) found.push(`${word}: ${value}`)
  }
  return found
}

/** Every difference between the texts beside a program and its recording on a kernel. */
export function unmet(expected: readonly Expected[], kernel: string, observed: Observed): string[] {
  return expected.flatMap((e, i) => {
    const text = typeof e === 'string' ? (kernel === '6.18' ? e : undefined) : e[kernel as keyof typeof e]
    return text === undefined ? [] : differences(text, observed.steps[i]!).map(d => `step ${i}: ${d}`)
  })
}
