/**
 * Files of /proc that somebody recorded, and outputs of virsh, as one series of samples. When a sample was taken stands
 * in the name of its file (`status-90s.txt`, `smaps_rollup.2026-11-28T16:44:21`, `meminfo.1795884261`), or follows from
 * the order of the files.
 */
import type { MeasuredFacts } from '../../engine/planner/reality/measured.ts'
import type { Snapshot, TaskSnapshot } from '../../engine/sim/result.ts'
import { quoted } from '../safe-text.ts'
import type { Figures, Observed, ObservedProcess } from './importer.ts'
import { importInput } from './index.ts'

export interface RecordedFile {
  readonly name: string
  readonly text: string
}

export interface RecordingOptions {
  /** Of the plan: what the process is called. */
  readonly workload: string
  /** Seconds between samples whose time nobody says. */
  readonly intervalS: number
}

export interface Recording {
  readonly samples: readonly Snapshot[]
  readonly facts: MeasuredFacts
  readonly notes: readonly string[]
  /** What could not be read, with the file that it is in. */
  readonly issues: readonly string[]
}

interface Part {
  readonly atS: number | null
  readonly order: number
  readonly file: string
  readonly memory?: Figures
  readonly processes: readonly (ObservedProcess | GuestSample)[]
}

interface GuestSample {
  readonly source: 'guest'
  readonly figures: Figures
  readonly pid: null
}

const KIB = 1024
/** smaps and its summary have other names for what status shows. */
const RENAMED: Readonly<Record<string, string>> = {
  Rss: 'VmRSS',
  Swap: 'VmSwap',
  rss: 'VmRSS',
  Locked: 'Locked',
}
const MOST_SAMPLES = 20_000

/** Reads files in the order in which they are given. */
export function readRecordings(files: readonly RecordedFile[], options: RecordingOptions): Recording {
  const notes: string[] = []
  const issues: string[] = []
  const facts: { -readonly [K in keyof MeasuredFacts]?: MeasuredFacts[K] } = {}
  const parts = files.flatMap((file, order) => {
    const read = importInput({ text: file.text }, { fileName: file.name })
    if (!read.ok) {
      issues.push(...read.issues.map(({ sentence }) => `${quoted(file.name)}: ${sentence}`))
      return []
    }
    const { observed } = read
    if (observed === undefined) {
      issues.push(`${quoted(file.name)}: there is nothing that was measured in it.`)
      return []
    }
    Object.assign(facts, factsOf(observed, read.kernel?.name, read.host?.thp?.enabled))
    return partsOf(observed, timeOf(file.name), order, file.name)
  })
  const samples = samplesOf(parts, options, notes)
  if (samples.length > 0 && samples.every(({ tasks }) => tasks.length === 0))
    issues.push('There is no process in it: /proc/PID/status, smaps or smaps_rollup is needed.')
  return { samples, facts, notes, issues }
}

function factsOf(observed: Observed, kernel: string | undefined, thp: string | undefined): MeasuredFacts {
  const { memory, processes = [] } = observed
  const caps = processes.find(({ capIpcLock }) => capIpcLock !== undefined)?.capIpcLock
  const total = memory?.bytes['MemTotal']
  const swap = memory?.bytes['SwapTotal']
  return {
    ...(kernel === undefined ? {} : { kernel }),
    ...(thp === undefined ? {} : { thp }),
    ...(total === undefined ? {} : { ramBytes: total }),
    ...(swap === undefined ? {} : { swapBytes: swap }),
    ...(caps === undefined ? {} : { capIpcLock: caps }),
  }
}

/** One part for each moment in a file: several samples of virsh, or of one process again and again, follow each other. */
function partsOf(observed: Observed, atS: number | null, order: number, file: string): Part[] {
  const guests = (observed.guests ?? []).flatMap(({ samples }) => samples)
  if (guests.length > 0)
    return guests.map(figures => ({
      ...{ atS: guests.length === 1 ? atS : null, order, file },
      processes: [{ source: 'guest', figures, pid: null }],
    }))
  const { processes = [], memory } = observed
  const rounds = roundsOf(processes)
  const memoryPart = memory === undefined ? {} : { memory }
  if (rounds.length <= 1) return [{ atS, order, file, processes, ...memoryPart }]
  return rounds.map((round, i) => ({
    ...{ atS: null, order, file, processes: round },
    ...(i === 0 ? memoryPart : {}),
  }))
}

/** A process that comes again begins the next round. */
function roundsOf(processes: readonly ObservedProcess[]): ObservedProcess[][] {
  const rounds: ObservedProcess[][] = []
  let seen = new Set<string>()
  for (const process of processes) {
    const key = `${process.pid ?? process.name} ${process.source}`
    if (rounds.length === 0 || seen.has(key)) {
      rounds.push([])
      seen = new Set()
    }
    seen.add(key)
    rounds.at(-1)?.push(process)
  }
  return rounds
}

/** Parts of one moment become one sample. Moments count from the first one. */
function samplesOf(parts: readonly Part[], options: RecordingOptions, notes: string[]): Snapshot[] {
  const known = parts.filter(({ atS }) => atS !== null)
  const unknown = parts.length - known.length
  if (unknown > 0 && known.length > 0)
    notes.push(`${unknown} parts do not say when they were taken; they are left out.`)
  if (known.length === 0 && parts.length > 1)
    notes.push(
      `No file says when it was taken: samples are taken to be ${options.intervalS} s apart, in the order given.`,
    )
  const timed = known.length > 0 ? known : inOrder(parts, options.intervalS)
  const first = Math.min(...timed.map(({ atS }) => atS ?? 0))
  // Times of day and dates count from the first one; so many seconds count from the start of the plan.
  const base = first > 86_400 ? first : 0
  const moments = Map.groupBy(timed, ({ atS }) => Math.round(((atS ?? 0) - base) * 1000) / 1000)
  return [...moments]
    .toSorted(([a], [b]) => a - b)
    .slice(0, MOST_SAMPLES)
    .map(([atS, all]) => ({ atS, meminfo: meminfoOf(all), tasks: tasksOf(all, options.workload) }))
}

/** Files of other kinds belong to the moment before: a status and its smaps are one sample. */
function inOrder(parts: readonly Part[], intervalS: number): Part[] {
  let moment = -1
  let kinds = new Set<string>()
  return parts.map(part => {
    const kind = [
      part.memory === undefined ? '' : 'meminfo',
      ...part.processes.map(({ pid, source }) => `${source} ${pid ?? ''}`),
    ].join()
    if (moment < 0 || kinds.has(kind)) {
      moment++
      kinds = new Set()
    }
    kinds.add(kind)
    return { ...part, atS: moment * intervalS }
  })
}

function meminfoOf(parts: readonly Part[]): Record<string, number> {
  const entries = parts.flatMap(({ memory }) => Object.entries(memory?.bytes ?? {}))
  return Object.fromEntries(entries.map(([name, bytes]) => [name, bytes / KIB]))
}

/** status, smaps and its summary of one process are one task; what status says counts. */
function tasksOf(parts: readonly Part[], workload: string): TaskSnapshot[] {
  const byProcess = Map.groupBy(
    parts.flatMap(({ processes }) => processes),
    ({ pid }) => pid ?? 'one',
  )
  // Where only one process has a number, files without one are of it.
  const named = [...byProcess.keys()].filter(key => key !== 'one')
  const alone = byProcess.get('one')
  const [only] = named
  if (named.length === 1 && only !== undefined && alone !== undefined) {
    byProcess.set(only, [...alone, ...(byProcess.get(only) ?? [])])
    byProcess.delete('one')
  }
  return [...byProcess.values()].map((processes, instance) => {
    const ordered = processes.toSorted(
      (a, b) => Number(a.source === 'status') - Number(b.source === 'status'),
    )
    const status: Record<string, number> = {}
    for (const { figures, source } of ordered) {
      for (const [name, bytes] of Object.entries(figures.bytes)) {
        const shown = source === 'status' ? name : RENAMED[name]
        if (shown !== undefined) status[shown] = bytes / KIB
      }
      if (source === 'guest') {
        status['minflt'] = figures.counts['minor_fault'] ?? 0
        status['majflt'] = figures.counts['major_fault'] ?? 0
      }
    }
    return { workload, instance, instances: 1, state: 'recorded', status, areas: [] }
  })
}

/** When a file was taken, by its name: seconds of some clock; null where the name does not say. */
export function timeOf(name: string): number | null {
  const [, iso] = /(\d{4}-\d\d-\d\d[T_ ]\d\d[:.-]?\d\d[:.-]?\d\d)/.exec(name) ?? []
  if (iso !== undefined) {
    const [, date = '', h = '', m = '', s = ''] =
      /^(\d{4}-\d\d-\d\d)[T_ ](\d\d)[:.-]?(\d\d)[:.-]?(\d\d)$/.exec(iso) ?? []
    const time = Date.parse(`${date}T${h}:${m}:${s}Z`)
    return Number.isNaN(time) ? null : time / 1000
  }
  const [, epoch] = /(?<!\d)(1\d{9})(?!\d)/.exec(name) ?? []
  if (epoch !== undefined) return Number(epoch)
  const [, h, m, s] = /(?<!\d)(\d\d)[:.](\d\d)[:.](\d\d)(?!\d)/.exec(name) ?? []
  if (h !== undefined) return Number(h) * 3600 + Number(m) * 60 + Number(s)
  const [, amount, unit] = /(?<![\d.])(\d+(?:\.\d+)?)(ms|s|sec|m|min|h)(?![a-z\d])/i.exec(name) ?? []
  if (amount === undefined || unit === undefined) return null
  const seconds = { ms: 0.001, s: 1, sec: 1, m: 60, min: 60, h: 3600 }[unit.toLowerCase()] ?? 1
  return Number(amount) * seconds
}
