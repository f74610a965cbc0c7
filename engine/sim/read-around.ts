/**
 * Read-around: a fault on a page of a file that is not cached reads a window around it, so that one major fault
 * brings in more than it maps. What overlaps with an earlier window is not read again, and so less is gained the more
 * of the file is cached.
 *
 * For uniform random faults on a line of which everything within half a window of a fault is covered, the share that is
 * still uncovered after t touches per folio is exp(-2 Ein(W t / 2)) for windows of W folios (random sequential
 * adsorption, the car parking problem of Renyi, 1958); the share that one more fault covers follows as
 * W (1 - exp(-x)) / x folios with x = W t / 2. A fault brings at least its own folio.
 *
 * Measured on 6.18.44 (ext4, read_ahead_kb 128, random reads of a cold file of 65536 pages, two runs): after 1000
 * touches 24689 and 24064 pages were cached (the formula: 24180), after 5000 55824 and 56221 (55330), by 2077 and 2072
 * major faults. With read_ahead_kb 8192 the window is 2048 pages; after MADV_RANDOM it is one page.
 */
import type { DeviceProfile } from '../data/devices.ts'
import { VM_READAHEAD_PAGES } from '../mm/filemap-readahead.ts'
import { PAGE_SIZE } from '../units.ts'

/** Of a file while random faults cover it, at a row of times. `t`: touches per folio. */
interface Coverage {
  readonly t: readonly number[]
  /** Share that is not covered. */
  readonly uncovered: readonly number[]
  /** Major faults so far per folio. */
  readonly faults: readonly number[]
}

/** What a step of random touches reads of a file, in folios. */
export interface Reads {
  /** Folios that come in. */
  readonly came: number
  /** Of them, those that a fault waited for and mapped. */
  readonly faulted: number
}

const FIRST_STEP = 1e-3
const GROWTH = 1.03
const LEAST = 1e-12

const coverages = new Map<number, Coverage>()

/** Touches of `perFolio` each to all of `nrFolios`, of which `missing` are not cached, with windows of so many folios. */
export function readAround(windowFolios: number, nrFolios: number, missing: number, perFolio: number): Reads {
  if (missing <= 0 || nrFolios <= 0) return { came: 0, faulted: 0 }
  const alone = -missing * Math.expm1(-perFolio)
  if (windowFolios <= 1) return { came: alone, faulted: alone }
  const table = coverageOf(windowFolios)
  const from = timeOf(table, missing / nrFolios)
  const to = from + perFolio
  const came = Math.min(missing, Math.max(0, missing - nrFolios * valueAt(table, table.uncovered, to)))
  const faulted = nrFolios * (valueAt(table, table.faults, to) - valueAt(table, table.faults, from))
  return { came, faulted: Math.max(0, Math.min(came, faulted)) }
}

/** Folios of the window that a fault reads around it. */
export const windowFoliosOf = (folioPages: number, raPages: number = VM_READAHEAD_PAGES): number =>
  Math.max(1, raPages / folioPages)

/** Random reads a second that a disk gets done, each of a whole window: as many as it takes at once, or can transfer. */
export function fileReadsMost(disk: DeviceProfile): number {
  const transfers = disk.bandwidthBytesPerS / (VM_READAHEAD_PAGES * PAGE_SIZE)
  return Math.min((disk.parallelism * 1e9) / disk.latencyNs, transfers)
}

function coverageOf(windowFolios: number): Coverage {
  const known = coverages.get(windowFolios)
  if (known !== undefined) return known
  const t = [0]
  const uncovered = [1]
  const faults = [0]
  let [at, u, m] = [0, 1, 0]
  for (let dt = FIRST_STEP / windowFolios; u > LEAST; dt *= GROWTH) {
    const half = u * Math.exp((-gain(windowFolios, at + dt / 4) * dt) / 2)
    const next = u * Math.exp(-gain(windowFolios, at + dt / 2) * dt)
    m += ((u + 4 * half + next) * dt) / 6
    at += dt
    u = next
    t.push(at)
    uncovered.push(u)
    faults.push(m)
  }
  const coverage = { t, uncovered, faults }
  coverages.set(windowFolios, coverage)
  return coverage
}

/** Folios that a fault covers, as a multiple of the chance that it hits what is uncovered. */
function gain(windowFolios: number, t: number): number {
  const x = (windowFolios * t) / 2
  return Math.max(1, (windowFolios * -Math.expm1(-x)) / x)
}

/** When so much was left uncovered. */
function timeOf({ t, uncovered }: Coverage, share: number): number {
  const i = after(uncovered, value => value < share)
  const [high, low] = [uncovered[i - 1] ?? 1, uncovered[i] ?? LEAST]
  const part = high > low ? Math.log(high / Math.max(share, LEAST)) / Math.log(high / low) : 0
  return (t[i - 1] ?? 0) + ((t[i] ?? 0) - (t[i - 1] ?? 0)) * Math.max(0, part)
}

function valueAt({ t }: Coverage, values: readonly number[], at: number): number {
  const i = after(t, time => time > at)
  if (i >= t.length) return values.at(-1) ?? 0
  const [from, to] = [t[i - 1] ?? 0, t[i] ?? 0]
  const [low, high] = [values[i - 1] ?? 0, values[i] ?? 0]
  return low + ((high - low) * (at - from)) / (to - from)
}

/** Index of the first value for which `isPast` holds, at least 1. */
function after(values: readonly number[], isPast: (value: number) => boolean): number {
  let [low, high] = [1, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (isPast(values[middle] ?? 0)) high = middle
    else low = middle + 1
  }
  return low
}
