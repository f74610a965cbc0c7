/** What happens to the host and its books as threads begin and end operations. */
import { PAGE_SIZE } from '../units.ts'
import { admit } from './admission.ts'
import { fill, lockPieces } from './areas.ts'
import { disturb } from './lru-lists.ts'
import type { RunRefusal } from './result.ts'
import { isReclaimable, type RunState } from './run-state.ts'
import { addCounters, type RefusedBy, type Segment } from './segment.ts'
import type { TaskGroup } from './task-group.ts'
import { endThreads, type Process, type World } from './threads.ts'

const CONSEQUENCE = {
  fail: 'task ends',
  warn: 'goes on without',
  'skip-group': 'rest of the group left out',
} as const

/** Waits for the lock that are listed; the longest are kept, all of them count. */
const MOST_WAITS = 2_000

export function worldOf(run: RunState, groupOf: (process: Process) => TaskGroup): World {
  return {
    enter(process, action) {
      const group = groupOf(process)
      const denied = admit(run, group, action)
      if (denied !== null) {
        const { admitted, refusal } = denied
        const refused = group.instances - admitted
        noteRefusal(run, group, refused, {
          ...refusal,
          call: action.label,
          consequence: CONSEQUENCE[action.onRefusal],
        })
        if (action.onRefusal !== 'fail') return false
        group.notes.failed += refused
        run.event(group, 'failed', `${action.label}: ${refusal.errno}, ${refusal.rule}`, refused)
        run.end(group, refused, 'failed')
        return group.instances > 0 && admitAgain(run, group, action)
      }
      if (action.entry !== null) addCounters(group.counters, action.entry, 1)
      if (action.lockedPages !== null)
        action.lockedPages.forEach((pages, at) => {
          const area = group.areas[at]
          if (area !== undefined && pages > 0) lockPieces(area)
        })
      return true
    },
    finish(process, segment) {
      progress(run, groupOf(process), segment, 1 - (currentProgress(process, segment) ?? 0))
    },
    refused(thread, action) {
      const group = groupOf(thread.process)
      const { instances } = group
      noteRefusal(run, group, instances, {
        ...numbersOf(action.refusal),
        call: action.label,
        consequence: CONSEQUENCE[action.onRefusal],
      })
      if (action.onRefusal !== 'fail') return 'go-on'
      group.notes.failed += instances
      run.event(group, 'failed', `${action.label}: ${action.refusal.errno}, ${action.refusal.rule}`)
      run.end(group, instances, 'failed')
      return 'ends'
    },
    ready(process) {
      const group = groupOf(process)
      if (group.state !== 'starting') return
      group.state = 'running'
      group.notes.readyAtS = run.nowS
      run.event(group, 'ready', `ready ${(run.nowS - group.startS).toPrecision(4)} s after its start`)
      run.setRates(group)
    },
    waited(wait, sinceNs) {
      const group = run.groups.find(g => g.process?.workload === wait.workload && g.state !== 'waiting')
      if (group !== undefined) group.notes.longestStallNs = Math.max(group.notes.longestStallNs, wait.ns)
      run.waits.push({ ...wait, atS: sinceNs / 1e9 })
      if (run.waits.length > 2 * MOST_WAITS) {
        run.waits.sort((a, b) => b.ns - a.ns)
        run.waits.length = MOST_WAITS
      }
    },
    held(process, _thread, mode, ns) {
      const { notes } = groupOf(process)
      if (mode === 'write') notes.longestWriteHoldNs = Math.max(notes.longestWriteHoldNs, ns)
    },
  }

  /** Those that had room go on: what they ask for is booked now. */
  function admitAgain(state: RunState, group: TaskGroup, action: Parameters<World['enter']>[1]): boolean {
    if (admit(state, group, action) !== null) {
      if (group.process !== null) endThreads(group.process)
      return false
    }
    if (action.entry !== null) addCounters(group.counters, action.entry, 1)
    return true
  }
}

/** How far the segment of a process is that ends now. */
function currentProgress(process: Process, segment: Segment): number | undefined {
  for (const thread of process.threads) {
    const action = thread.plan.actions[thread.at]
    if (action?.do === 'work' && action.segment === segment) return thread.progress
  }
  return undefined
}

/** A part of a segment is done: its memory is there, its counters have moved. */
export function progress(run: RunState, group: TaskGroup, segment: Segment, part: number): void {
  if (part <= 0) return
  if (segment.delta !== null) addCounters(group.counters, segment.delta, part)
  segment.areaPages.forEach((pages, at) => {
    const area = group.areas[at]
    if (area === undefined || pages === 0) return
    const all = pages * part * (area.isShared ? 1 : group.instances)
    if (all < 0) return
    if (isReclaimable(area)) fill(area, all)
  })
  if (group.lists !== null) disturb(group.lists)
  if (run.host.pressured) run.host.lists.isSettled = false
}

function numbersOf(
  refusal: RefusedBy,
): Omit<RunRefusal, 'atS' | 'workload' | 'instance' | 'instances' | 'call' | 'consequence'> {
  const bytes = (pages: number | undefined): number | null => (pages === undefined ? null : pages * PAGE_SIZE)
  return {
    errno: refusal.errno,
    rule: refusal.rule,
    askedBytes: bytes(refusal.asked),
    countedBytes: bytes(refusal.counted),
    limitBytes: bytes(refusal.limit),
  }
}

function noteRefusal(
  run: RunState,
  group: TaskGroup,
  instances: number,
  refusal: Omit<RunRefusal, 'atS' | 'workload' | 'instance' | 'instances'>,
): void {
  const { askedBytes, countedBytes, limitBytes } = refusal
  const numbers =
    askedBytes === null
      ? ''
      : `: asked ${askedBytes} B, counted ${countedBytes ?? 0} B, limit ${limitBytes ?? 0} B`
  run.refusals.push({
    ...refusal,
    atS: run.nowS,
    workload: group.spec.name,
    instance: group.first,
    instances,
  })
  run.event(group, 'refused', `${refusal.call}: ${refusal.errno} by ${refusal.rule}${numbers}`, instances)
}
