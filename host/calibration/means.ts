/** What this machine and this user let a calibration have: memory, limits, huge pages, pools, a disk. */
import { readFileSync } from 'node:fs'
import type { CalibrationProgram, MachineAsItIs, Need } from '../../engine/sim/calibration/programs.ts'
import type { Journal } from '../journal.ts'
import { HUGE_POOL, readKnob, writeKnob } from '../knobs.ts'
import { CAP_IPC_LOCK } from '../system-calls.ts'

const THP = '/sys/kernel/mm/transparent_hugepage/'
const FOLIOS = `${THP}hugepages-64kB/enabled`
const HUGE_PAGE = 2 << 20

/** A setting that programs of one need want, while they run. */
export interface Wanted {
  readonly path: string
  readonly value: string
}

export interface Means {
  /** Why programs with a need cannot be run here; absent: they can. */
  readonly missing: ReadonlyMap<Need, string>
  /** Settings to make for a need, each time one of its programs runs. */
  readonly wanted: ReadonlyMap<Need, readonly Wanted[]>
  /** Most that one process may lock. */
  readonly lockableBytes: number
  readonly capIpcLock: boolean
  /** Free pages of the 2 MiB pool that are promised to nobody, in bytes. */
  readonly poolBytes: number
  /** Whether the pool may be made larger for the time being. */
  readonly mayGrowPool: boolean
}

/** Looks, and changes nothing. */
export function lookAtMeans(): Means {
  const isRoot = process.geteuid?.() === 0
  const missing = new Map<Need, string>()
  const wanted = new Map<Need, readonly Wanted[]>()
  const enabled = readKnob(`${THP}enabled`)
  const pmdMode = readKnob(`${THP}hugepages-2048kB/enabled`) ?? 'inherit'
  const want = (need: Need, path: string, value: string, isNow: string): void => {
    if (isRoot) wanted.set(need, [{ path, value }])
    else missing.set(need, `${path} is ${isNow}, and changing it needs root`)
  }
  if (enabled === undefined) missing.set('huge pages', 'this kernel has no transparent huge pages')
  else if (pmdMode === 'never') missing.set('huge pages', `${THP}hugepages-2048kB/enabled is never`)
  else if (enabled === 'never' && pmdMode === 'inherit')
    want('huge pages', `${THP}enabled`, 'madvise', enabled)
  const folios = readKnob(FOLIOS)
  if (folios === undefined)
    missing.set('64 KiB folios', 'this kernel has no folios of 64 KiB for anonymous memory')
  else if (enabled === 'always')
    missing.set('64 KiB folios', `${THP}enabled is always: huge pages come first`)
  else if (folios !== 'always') want('64 KiB folios', FOLIOS, 'always', folios)
  const poolBytes = freePoolBytes()
  const mayGrowPool = isRoot && readKnob(HUGE_POOL) !== undefined
  if (poolBytes < HUGE_PAGE && !mayGrowPool)
    missing.set(
      'hugetlb',
      readKnob(HUGE_POOL) === undefined
        ? 'this kernel has no pool of 2 MiB pages'
        : 'the pool of 2 MiB pages has no free page, and making it larger needs root',
    )
  const capIpcLock = hasCapability()
  return {
    ...{ missing, wanted, capIpcLock, poolBytes, mayGrowPool },
    lockableBytes: capIpcLock ? Infinity : hardLimit(),
  }
}

/** Why a program cannot be run here; null if it can. */
export function whyNot(program: CalibrationProgram, means: Means, poolBytes: number): string | null {
  const { need, bytes, lockedBytes } = program
  const missing = means.missing.get(need)
  if (missing !== undefined) return missing
  if (lockedBytes > 0 && lockedBytes + LOCKED_BESIDES > means.lockableBytes)
    return `the limit of locked memory is ${Math.round(means.lockableBytes / 1024)} KiB, and raising it needs root`
  if (need === 'hugetlb' && bytes > poolBytes) return 'the pool of 2 MiB pages is too small'
  return null
}

/** A page or two of the program's own do not count; a little room all the same. */
const LOCKED_BESIDES = 64 << 10

/** Settings as the modelled machine has them. */
export function machineAsItIs(kernel: string): MachineAsItIs {
  const shmem = readKnob(`${THP}shmem_enabled`)
  return {
    kernel,
    ramBytes: kibOf('MemTotal') * 1024,
    shmem: shmem === 'always' || shmem === 'within_size' || shmem === 'advise' ? shmem : 'never',
    zeroPage: readKnob(`${THP}use_zero_page`) !== '0',
    faultAroundBytes: Number(readKnob('/sys/kernel/debug/fault_around_bytes') ?? 65536),
  }
}

/** Makes a setting what is wanted while `action` runs; the journal knows what it was. */
export function withSettings<T>(journal: () => Journal, wanted: readonly Wanted[], action: () => T): T {
  const changed: string[] = []
  try {
    for (const { path, value } of wanted) {
      const original = readKnob(path)
      if (original === undefined || original === value) continue
      journal().record({ kind: 'write', path, value: original })
      changed.push(path)
      writeKnob(path, value)
    }
    return action()
  } finally {
    for (const path of changed.reverse()) journal().undo(path)
  }
}

/** Pages that the pool was made larger by stay until the journal is closed. Gives what is free then. */
export function growPool(journal: () => Journal, wantedBytes: number): number {
  const free = freePoolBytes()
  const original = readKnob(HUGE_POOL)
  if (free >= wantedBytes || original === undefined) return free
  journal().record({ kind: 'write', path: HUGE_POOL, value: original })
  writeKnob(HUGE_POOL, String(Number(original) + Math.ceil((wantedBytes - free) / HUGE_PAGE)))
  return freePoolBytes()
}

function freePoolBytes(): number {
  const folder = '/sys/kernel/mm/hugepages/hugepages-2048kB'
  const free = Number(readKnob(`${folder}/free_hugepages`) ?? 0)
  return Math.max(0, free - Number(readKnob(`${folder}/resv_hugepages`) ?? 0)) * HUGE_PAGE
}

export const kibOf = (name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? 0)

function hardLimit(): number {
  const [, hard] = /^Max locked memory\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
  return hard === 'unlimited' ? Infinity : Number(hard ?? 0)
}

function hasCapability(): boolean {
  const [, effective = '0'] = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? []
  return ((BigInt(`0x${effective}`) >> BigInt(CAP_IPC_LOCK)) & 1n) === 1n
}
