/** How fast the segments under way get on: processors, memory bandwidth and the disk are shared among them. */
import { isDirtied, writerShare } from './dirty.ts'
import { smallPagesOf } from './huge-pages.ts'
import { THREADS_EXPONENT, USABLE_BANDWIDTH } from './preallocation.ts'
import { sleepNsPerS, throttleNsPerPage } from './memory-high.ts'
import { chargedPages } from './out-of-memory.ts'
import type { RunState } from './run-state.ts'
import type { Segment } from './segment.ts'
import type { TaskGroup } from './task-group.ts'
import { segmentOf, type Thread } from './threads.ts'
import { PAGE_SIZE } from '../units.ts'

/** A thread at work, with those of all identical instances. */
export interface Worker {
  readonly group: TaskGroup
  readonly thread: Thread
  readonly segment: Segment
  /** Share of the segment per nanosecond. */
  ratePerNs: number
  /** Pages of memory that it still asks for, of all instances. */
  demandPages: number
}

/** All threads that work now, with the speed that the machine leaves them. */
export function workersOf(run: RunState): Worker[] {
  const workers: Worker[] = []
  for (const group of run.groups) {
    if (group.process?.isBusy !== true || group.state === 'waiting') continue
    for (const thread of group.process.threads) {
      const segment = thread.state === 'working' ? segmentOf(thread) : null
      if (segment !== null) workers.push({ group, thread, segment, ratePerNs: 0, demandPages: 0 })
    }
  }
  share(run, workers)
  return workers
}

function share(run: RunState, workers: readonly Worker[]): void {
  const { machine } = run.scenario
  let threads = 0
  let bytesPerNs = 0
  let readers = 0
  for (const { group, segment, thread } of workers) {
    thread.missingBytes ??= missingBytes(group, segment)
    threads += group.instances * segment.threads
    bytesPerNs += (group.instances * segment.memoryBytes) / Math.max(1, aloneNs(segment))
    if (thread.missingBytes > 0) readers += 1
  }
  const cpuShare = threads === 0 ? 1 : Math.min(1, machine.cpus / threads)
  const usable = (machine.memoryBandwidthBytesPerS * USABLE_BANDWIDTH) / 1e9
  const busShare = bytesPerNs * cpuShare <= usable ? 1 : usable / (bytesPerNs * cpuShare)
  const diskPerNs = run.host.memory.disk.bandwidthBytesPerS / 1e9
  for (const worker of workers) {
    const { segment, group } = worker
    const bound = segment.memoryBytes > 0 ? busShare : 1
    const cpuNs = (aloneNs(segment) + smallPagesOf(group, segment).ns) / (cpuShare * bound)
    const diskNs = (worker.thread.missingBytes ?? 0) / (diskPerNs / Math.max(1, readers))
    const demandPages = demandOf(group, segment)
    const sleepNs =
      (throttleNsPerPage(group, () => chargedPages(group)) * demandPages) / Math.max(1, group.instances)
    worker.ratePerNs = 1 / (Math.max(1e-3, cpuNs, diskNs) + sleepNs)
    worker.demandPages = demandPages * (1 - worker.thread.progress)
  }
}

function aloneNs(segment: Segment): number {
  return segment.cpuNs / Math.pow(segment.threads, THREADS_EXPONENT)
}

/** Bytes of files that the page cache does not hold and the whole segment needs. */
function missingBytes(group: TaskGroup, segment: Segment): number {
  let bytes = 0
  for (const { file, pages } of segment.filePages) {
    const area = group.areas.find(a => (a.need.file?.name ?? a.need.name) === file)
    if (area === undefined) continue
    let [absent, all] = [0, 0]
    for (const piece of area.pieces)
      for (const { population: p } of piece.members) {
        absent += (p.absent + p.out) * p.folioPages
        all += p.nrFolios * p.folioPages
      }
    if (all > 0) bytes += pages * (absent / all) * PAGE_SIZE
  }
  return bytes
}

/** Pages of new memory that the whole segment takes, all instances together. */
function demandOf(group: TaskGroup, segment: Segment): number {
  let pages = Math.max(0, segment.delta?.pageTables ?? 0) * group.instances
  segment.areaPages.forEach((n, at) => {
    const area = group.areas[at]
    if (area === undefined || n <= 0 || area.pieces.every(piece => piece.members.length === 0)) return
    pages += n * (area.isShared ? 1 : group.instances)
  })
  return pages
}

/** Accesses of a running group: how much of what it wants it gets done, given what its faults cost. */
export function progressOf(run: RunState, group: TaskGroup, seconds: number): void {
  const wanted = accessesPerS(group)
  if (wanted === 0 || seconds <= 0) return
  if (group.isQuiet && group.lists === null) {
    group.notes.wantedAccesses += wanted * seconds
    group.notes.accesses += wanted * group.progressShare * seconds
    return
  }
  // Accesses that found no room wait until there is some: as if each fault took so much longer.
  const waiting = group.lists === null ? run.host.waitingShare : group.waitingShare
  const faultNsPerS = (group.rates.minorNs + group.rates.majorNs) / (1 - waiting)
  const busyNsPerS = faultNsPerS + sleepNsPerS(group, () => chargedPages(group))
  const can = group.workerThreads * group.instances * 1e9
  const { notes } = group
  notes.wantedAccesses += wanted * seconds
  notes.accesses += wanted * group.progressShare * seconds
  // Busy at the present speed; at full speed it would be busier in proportion. Small changes are left alone.
  const full = busyNsPerS / group.progressShare
  const writes = group.areas.some(isDirtied) ? writerShare(run.host.dirty, group.progressShare) : 1
  const target = Math.min(full <= can ? 1 : can / full, writes)
  if (Math.abs(target - group.progressShare) > 0.02 * group.progressShare) {
    group.progressShare = Math.max(1e-6, (group.progressShare + target) / 2)
    run.setRates(group)
  }
}

function accessesPerS(group: TaskGroup): number {
  let perS = 0
  for (const area of group.areas)
    if (area.need.access !== null && area.pieces.length > 0) perS += area.need.access.ratePerS
  return perS * group.instances
}
