/** What the kernel reports about a program's processes, in the form of the replay format. */
import type { ObservedStep, ProcNumber, VmaNumber } from '../engine/program.ts'
import { PROC_NUMBERS, VMA_NUMBERS } from '../engine/program.ts'
import type { Areas } from './areas.ts'
import { drainAllBatches } from './lru-batches.ts'
import type { PageFrames } from './page-frames.ts'
import { countPages, type PageCounts } from './pagemap.ts'
import { numberOf } from './proc-file.ts'
import type { LiveProcess } from './process.ts'
import { CannotRun } from './refusal.ts'
import { parseSmaps, type SmapsEntry } from './smaps.ts'

type StatusNumbers = Record<ProcNumber, number>

/** `null` stands where a number cannot be observed without privileges; the format accepts any value there. */
export type LiveVma = { start: number; end: number; flags: string } & Partial<
  Record<VmaNumber, number | null>
>
export type LiveProcessReport = StatusNumbers & { areas: Record<string, LiveVma[]> }
export type LiveStep = Omit<ObservedStep, 'result' | 'sys' | 'procs'> & {
  /** 0, an errno or a signal as in the model's documents; also errnos that the model never gives. */
  result: 0 | string
  sys: { Mlocked: number | null; Unevictable: number | null }
  procs: Record<string, LiveProcessReport>
}

const KIB_PER_PAGE = 4

/** Linux 6.16 made the counters of /proc/PID/status exact ("mm: fix the inaccurate memory statistics issue for users"). */
export const countersLag = (release: string): boolean => {
  const [major = 0, minor = 0] = release.split('.').map(Number)
  return major < 6 || (major === 6 && minor < 16)
}

export class Observer {
  readonly #areas: Areas
  readonly #frames: PageFrames | null
  readonly #lag: boolean

  /** `frames` is null where page frames cannot be seen; `lag`: see {@link countersLag}. */
  constructor(areas: Areas, frames: PageFrames | null, lag: boolean) {
    this.#areas = areas
    this.#frames = frames
    this.#lag = lag
  }

  /** Everything about the processes that are alive. */
  observe(processes: ReadonlyMap<string, LiveProcess>): Pick<LiveStep, 'sys' | 'procs'> {
    drainAllBatches()
    this.#frames?.reset()
    const alive = [...processes].filter(([, process]) => process.isAlive())
    const procs = Object.fromEntries(alive.map(([name, process]) => [name, this.#report(name, process)]))
    const frames = this.#frames
    const sys = {
      Mlocked: frames === null ? null : frames.mlockedPages * KIB_PER_PAGE,
      Unevictable: frames === null ? null : frames.unevictablePages * KIB_PER_PAGE,
    }
    return { sys, procs }
  }

  #report(name: string, process: LiveProcess): LiveProcessReport {
    const status = process.status.text()
    const entries = parseSmaps(process.smaps.text())
    const pages = entries.map(({ start, end }) => countPages(process.pagemap, start, end, this.#frames))
    const numbers = Object.fromEntries(PROC_NUMBERS.map(key => [key, numberOf(status, key)])) as StatusNumbers
    const exact = this.#lag ? residentSizes(entries, pages) : {}
    const areas: Record<string, LiveVma[]> = {}
    let placed = 0
    for (const { name: area, origin, low, high } of this.#areas.list) {
      const inside = entries.flatMap((entry, i) =>
        entry.start >= low && entry.end <= high ? [vma(entry, pages[i], origin)] : [],
      )
      if (inside.length > 0) areas[area] = inside
      placed += inside.length
    }
    if (placed !== entries.length)
      throw new CannotRun('system', `Process ${name} has mappings outside all areas.`)
    return { ...numbers, ...exact, areas }
  }
}

function vma(entry: SmapsEntry, pages: PageCounts | undefined, origin: number): LiveVma {
  const report: LiveVma = { start: entry.start - origin, end: entry.end - origin, flags: entry.flags }
  const numbers: Partial<Record<VmaNumber, number | null>> = {
    ...entry.sizes,
    fileOffset: entry.fileOffset,
    ...pages,
  }
  for (const key of VMA_NUMBERS) {
    const number = numbers[key]
    if (number !== undefined && number !== 0) report[key] = number
  }
  return report
}

/** RssAnon and its kin summed over the page tables, in KiB: for kernels whose own counters lag behind. */
function residentSizes(entries: readonly SmapsEntry[], pages: readonly PageCounts[]): Partial<StatusNumbers> {
  const sum = { RssAnon: 0, RssFile: 0, RssShmem: 0, VmSwap: 0 }
  entries.forEach(({ sizes, isShmem }, i) => {
    const anonymous = sizes.Anonymous ?? 0
    sum.RssAnon += anonymous
    sum[isShmem ? 'RssShmem' : 'RssFile'] += (sizes.Rss ?? 0) - anonymous
    sum.VmSwap += (pages[i]?.pgSwapped ?? 0) * KIB_PER_PAGE
  })
  return sum
}
