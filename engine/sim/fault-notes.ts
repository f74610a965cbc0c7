/** The faults of a group's accesses: how many there were since the last look, what they cost, and the rates of both. */
import { HPAGE_PMD_NR } from '../units.ts'
import type { AreaState, Members } from './areas.ts'
import type { TaskGroup } from './task-group.ts'

/** Per second, of all instances. */
export interface FaultRates {
  minor: number
  major: number
  minorNs: number
  majorNs: number
  /** Nanoseconds per second by kind of fault cost. */
  readonly byKind: Map<string, number>
}

export const noRates = (): FaultRates => ({ minor: 0, major: 0, minorNs: 0, majorNs: 0, byKind: new Map() })

/** Time that a device takes for one page, queueing included. */
export interface DeviceTimes {
  readonly fileNs: number
  readonly swapNs: number
}

/** Adds what the populations have counted in `seconds` to the group's notes and rates. */
export function noteFaults(group: TaskGroup, seconds: number, device: DeviceTimes): void {
  const rates = noRates()
  for (const area of group.areas) {
    if (area.isBorrowed) continue
    for (const piece of area.pieces)
      for (const member of piece.members) noteMember(rates, area, member, seconds, device)
  }
  group.rates = rates
  const { notes } = group
  notes.minorFaults += rates.minor * seconds
  notes.majorFaults += rates.major * seconds
  notes.minorNs += rates.minorNs * seconds
  notes.majorNs += rates.majorNs * seconds
  notes.faultNs += (rates.minorNs + rates.majorNs) * seconds
}

function noteMember(
  rates: FaultRates,
  area: AreaState,
  member: Members,
  seconds: number,
  device: DeviceTimes,
): void {
  const { population: p, seen } = member
  const minor = (p.minorFaults - seen.minor) / seconds
  const major = (p.majorFaults - seen.major) / seconds
  seen.minor = p.minorFaults
  seen.major = p.majorFaults
  if (minor <= 0 && major <= 0) return
  const { isShared: isFile } = area
  const costs = member.costs ?? area.costs
  const first = p.writeShare * costs.firstWrite.ns + (1 - p.writeShare) * costs.firstRead.ns
  const minorNs = minor * first
  const majorNs = major * (isFile ? costs.firstRead.ns + device.fileNs : costs.swapIn.ns + device.swapNs)
  rates.minor += minor
  rates.major += major
  rates.minorNs += minorNs
  rates.majorNs += majorNs
  const huge = p.folioPages >= HPAGE_PMD_NR
  add(rates.byKind, isFile ? 'page-cache map' : huge ? 'huge' : 'zero-fill', minorNs)
  add(rates.byKind, isFile ? 'file read' : 'swap-in', majorNs)
}

function add(byKind: Map<string, number>, kind: string, ns: number): void {
  if (ns > 0) byKind.set(kind, (byKind.get(kind) ?? 0) + ns)
}
