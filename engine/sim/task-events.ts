/** What a task does later in its life: balloon, plug and unplug, discard, populate again. */
import type { Op } from '../op.ts'
import { PAGE_SIZE } from '../units.ts'
import { fill, type AreaState } from './areas.ts'
import { discard } from './population.ts'
import type { RunState } from './run-state.ts'
import { addCounters } from './segment.ts'
import type { TaskGroup } from './task-group.ts'

/** Carries out the events of a group that are due. Their own time is short beside the run's and is left out. */
export function applyEvent(run: RunState, group: TaskGroup): boolean {
  let applied = false
  for (;;) {
    const event = group.events[group.nextEvent]
    if (event === undefined || group.state !== 'running' || group.startS + event.atS > run.nowS)
      return applied
    group.nextEvent++
    applied = true
    for (const op of event.ops) applyLater(run, group, op, event.label)
    run.event(group, 'plug', event.label)
    run.setRates(group)
  }
}

function applyLater(run: RunState, group: TaskGroup, op: Op, label: string): void {
  for (const action of group.exemplar.apply(op, label, 'warn', 1)) {
    if (action.do === 'refused')
      run.event(group, 'refused', `${label}: ${action.refusal.errno} by ${action.refusal.rule}`)
    if (action.do !== 'work') continue
    if (action.entry !== null) addCounters(group.counters, action.entry, 1)
    if (action.segment.delta !== null) addCounters(group.counters, action.segment.delta, 1)
    action.segment.areaPages.forEach((pages, at) => {
      const area = group.areas[at]
      if (area !== undefined && pages > 0) fill(area, pages * (area.isShared ? 1 : group.instances))
    })
  }
  dropRange(group, op)
}

const DROPPING = ['dontneed', 'dontneed_locked', 'remove', 'free']

/** Discards the part of each population that lies in the range: whatever state its pages are in, they are gone. */
function dropRange(group: TaskGroup, op: Op): void {
  const drops =
    op.op === 'munmap' ||
    (op.op === 'madvise' && DROPPING.includes(op.advice)) ||
    (op.op === 'fallocate' && op.mode?.includes('punch_hole') === true)
  if (!drops) return
  const name = op.op === 'fallocate' ? op.file : op.on
  const area = group.areas.find(a => a.need.name === name || a.need.file?.name === name)
  if (area === undefined) return
  const start = Number(op.offset ?? 0) / PAGE_SIZE
  const end = start + Number(op.length) / PAGE_SIZE
  discardRange(area, start, end)
}

function discardRange(area: AreaState, start: number, end: number): void {
  for (const piece of area.pieces) {
    const inside = Math.min(end, piece.end) - Math.max(start, piece.start)
    if (inside <= 0) continue
    const share = inside / (piece.end - piece.start)
    for (const { population } of piece.members) discard(population, share)
  }
}
