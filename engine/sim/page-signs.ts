/** One letter per page: what a drawing shows of an area. Capitals are mlocked. */
import type { Kernel } from '../mm/kernel.ts'
import {
  PG_HUGETLB,
  PG_MLOCKED,
  PG_SECRETMEM,
  PTE_GUARD,
  PTE_PMD,
  PTE_SWAP,
  PTE_ZERO,
  VM_LOCKED,
  type FrameRun,
  type PteRun,
  type Vma,
} from '../mm/mm-types.ts'
import type { Run } from '../runs.ts'

/** Every sign of a drawing, in the order of its legend. */
export const SIGNS = [
  ['.', 'absent'],
  ['_', 'absent in a locked area: locked when it comes in'],
  ['z', 'zero page'],
  ['p', 'small page'],
  ['P', 'small page, mlocked'],
  ['f', 'page of a larger folio, mapped by itself'],
  ['F', 'page of a larger folio, mapped by itself, mlocked'],
  ['h', 'huge mapping (2 MiB)'],
  ['H', 'huge mapping, mlocked'],
  ['l', 'present in a locked area, but not mlocked'],
  ['m', 'mlocked, though this area is not locked'],
  ['n', 'pinned'],
  ['N', 'pinned, mlocked'],
  ['s', 'in swap'],
  ['g', 'guard marker'],
  ['t', 'hugetlb page'],
  ['x', 'secret memory'],
] as const satisfies readonly (readonly [sign: string, meaning: string])[]
export type Sign = (typeof SIGNS)[number][0]

/** Pages in a row with one sign; positions are page numbers. */
export interface SignRun extends Run {
  readonly sign: Sign
}

/** The pages of one area, without a gap, neighbours with different signs. Costs runs, not pages. */
export function signsOf(k: Kernel, vma: Vma): SignRun[] {
  const signs: SignRun[] = []
  let position = vma.start
  for (const run of vma.mm.pages.over(vma.start, vma.end)) {
    const from = Math.max(run.start, vma.start)
    const to = Math.min(run.end, vma.end)
    addAbsent(signs, vma, position, from)
    addEntries(signs, k, vma, run, from, to)
    position = to
  }
  addAbsent(signs, vma, position, vma.end)
  return signs
}

/** Shared memory that was swapped out has no entries: the page cache knows where it is. */
function addAbsent(signs: SignRun[], vma: Vma, from: number, to: number): void {
  if (from >= to) return
  const absent = vma.flags & VM_LOCKED ? '_' : '.'
  let position = from
  if (vma.file?.kind === 'shmem') {
    const shift = vma.start - vma.pgoff
    for (const run of vma.file.pages.over(from - shift, to - shift)) {
      if (!(run.bits & PTE_SWAP)) continue
      const start = Math.max(run.start + shift, from)
      add(signs, position, start, absent)
      position = Math.min(run.end + shift, to)
      add(signs, start, position, 's')
    }
  }
  add(signs, position, to, absent)
}

function addEntries(signs: SignRun[], k: Kernel, vma: Vma, run: PteRun, from: number, to: number): void {
  const sign = signWithoutFrame(run.bits)
  if (sign !== null) {
    add(signs, from, to, sign)
    return
  }
  const shift = run.start - run.target
  for (const frame of k.frames.over(from - shift, to - shift)) {
    const start = Math.max(frame.start + shift, from)
    add(signs, start, Math.min(frame.end + shift, to), frameSign(vma, run.bits, frame))
  }
}

function signWithoutFrame(bits: number): Sign | null {
  if (bits & PTE_GUARD) return 'g'
  if (bits & PTE_SWAP) return 's'
  return bits & PTE_ZERO ? 'z' : null
}

function frameSign(vma: Vma, bits: number, frame: FrameRun): Sign {
  if (frame.bits & PG_HUGETLB) return 't'
  if (frame.bits & PG_SECRETMEM) return 'x'
  const mlocked = (frame.bits & PG_MLOCKED) !== 0
  const isLocked = (vma.flags & VM_LOCKED) !== 0
  if (mlocked !== isLocked) return mlocked ? 'm' : 'l'
  if (frame.pins > 0) return mlocked ? 'N' : 'n'
  if (bits & PTE_PMD) return mlocked ? 'H' : 'h'
  if (frame.order > 0) return mlocked ? 'F' : 'f'
  return mlocked ? 'P' : 'p'
}

function add(signs: SignRun[], start: number, end: number, sign: Sign): void {
  if (start >= end) return
  const last = signs.at(-1)
  if (last?.sign === sign && last.end === start) last.end = end
  else signs.push({ start, end, sign })
}
