/** Kernel settings that a program depends on: which, what it wants them to be, and how they are read and written. */
import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { Machine, Program } from '../engine/program.ts'

const THP = '/sys/kernel/mm/transparent_hugepage/'
const SHMEM_ENABLED = `${THP}shmem_enabled`
const SMALL_FOLIO_KIB = [16, 32, 64, 128, 256, 512, 1024]
export const HUGE_POOL = '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages'
const HUGE_OVERCOMMIT = '/sys/kernel/mm/hugepages/hugepages-2048kB/nr_overcommit_hugepages'

/** Pages that swap reads ahead, as a power of 2. */
export const PAGE_CLUSTER = '/proc/sys/vm/page-cluster'

export interface Knob {
  readonly path: string
  readonly value: string
  /**
   * What if it cannot be set: `ignore`, it only keeps disturbances away; `ban`, huge pages can be forbidden to the
   * program's processes instead. Otherwise the program cannot run.
   */
  readonly otherwise?: 'ignore' | 'ban'
}

/** Every path that a run may write to, for those who read paths from a file. */
export const isKnob = (path: string): boolean =>
  path === HUGE_POOL ||
  path === HUGE_OVERCOMMIT ||
  path === PAGE_CLUSTER ||
  /^\/sys\/class\/bdi\/\d+:\d+\/read_ahead_kb$/.test(path) ||
  /^\/sys\/kernel\/mm\/transparent_hugepage\/[\w/-]+$/.test(path)

/**
 * What the machine of a program asks for, in the order in which it is to be set. Sizes that this kernel does not have
 * are left out when they are to be off anyway.
 */
export function knobsOf(program: Program): Knob[] {
  const asleep = khugepagedAsleep.filter(({ path }) => existsSync(path))
  const thp = thpKnobs(program.machine)
  return [...asleep, ...(canBan(program) ? thp.map(orBan) : thp), ...hugePool(program)]
}

/** khugepaged looks at one page an hour, which will not be one of the program's: it takes the oldest process first. */
const khugepagedAsleep: readonly Knob[] = [
  { path: `${THP}khugepaged/pages_to_scan`, value: '1', otherwise: 'ignore' },
  { path: `${THP}khugepaged/scan_sleep_millisecs`, value: '3600000', otherwise: 'ignore' },
  { path: `${THP}khugepaged/max_ptes_none`, value: '0', otherwise: 'ignore' },
]

/**
 * Whether forbidding huge pages to a process (PR_SET_THP_DISABLE) does the same for it as turning them off for
 * everybody. It does not forbid those of shared memory, and it refuses MADV_COLLAPSE.
 */
const canBan = ({ machine, ops }: Program): boolean =>
  [machine.thp.enabled, ...Object.values(machine.mthp ?? {})].every(value => value === 'never') &&
  !ops.some(op => op.op === 'thpDisable' || (op.op === 'madvise' && op.advice === 'collapse'))

const orBan = (knob: Knob): Knob => (knob.path === SHMEM_ENABLED ? knob : { otherwise: 'ban', ...knob })

/** A size or a whole machinery that this kernel lacks is as good as one that is off. */
function thpKnobs({ thp, mthp }: Machine): Knob[] {
  const wantedFor = (kib: number): string =>
    Object.entries(mthp ?? {}).find(([size]) => size === `${kib}k`)?.[1] ?? 'never'
  const knobs: (Knob & { readonly off?: string })[] = [
    { path: `${THP}enabled`, value: thp.enabled, off: 'never' },
    // How hard the kernel tries; that it succeeded is checked after the run.
    { path: `${THP}defrag`, value: thp.defrag ?? 'madvise', otherwise: 'ignore' },
    { path: SHMEM_ENABLED, value: thp.shmem ?? 'never', off: 'never' },
    { path: `${THP}use_zero_page`, value: (thp.zeroPage ?? true) ? '1' : '0' },
    ...SMALL_FOLIO_KIB.map(kib => ({
      path: `${THP}hugepages-${kib}kB/enabled`,
      value: wantedFor(kib),
      off: 'never',
    })),
    { path: `${THP}hugepages-2048kB/enabled`, value: 'inherit' },
  ]
  return knobs.filter(({ path, value, off = value }) => existsSync(path) || value !== off)
}

/** The pool stays as it is for programs that do not use it: it may be somebody's, and cannot always be rebuilt. */
function hugePool(program: Program): Knob[] {
  if (!usesHugetlb(program)) return []
  const pages = program.machine.hugetlb?.['2M'] ?? 0
  return [
    { path: HUGE_OVERCOMMIT, value: '0' },
    { path: HUGE_POOL, value: String(pages) },
  ]
}

export const usesHugetlb = ({ machine, files, ops }: Program): boolean =>
  (machine.hugetlb?.['2M'] ?? 0) > 0 ||
  Object.values(files ?? {}).some(({ kind }) => kind === 'hugetlb') ||
  ops.some(
    op => op.op === 'mmap' && (op.flags ?? []).some(flag => flag === 'hugetlb' || typeof flag === 'number'),
  )

/** Which memory may get huge pages, of any size, while these settings are in force; private memory if both may. */
export function hugePagesFor(knobs: readonly Knob[]): 'private' | 'shared' | null {
  const on = knobs.filter(({ value }) => value !== 'never' && value !== 'inherit').map(({ path }) => path)
  if (on.some(path => path.endsWith('/enabled'))) return 'private'
  return on.includes(SHMEM_ENABLED) ? 'shared' : null
}

/** From `always [madvise] never` or `4096`. */
export function currentValue(text: string): string {
  return /\[([^\]]*)\]/.exec(text)?.[1] ?? text.trim()
}

/** undefined where the kernel has no such setting. */
export function readKnob(path: string): string | undefined {
  return existsSync(path) ? currentValue(readFileSync(path, 'latin1')) : undefined
}

/** Throws what Node throws where that is not allowed. */
export function writeKnob(path: string, value: string): void {
  const fd = openSync(path, constants.O_WRONLY)
  try {
    writeSync(fd, value)
  } finally {
    closeSync(fd)
  }
}
