import type { Op } from '../op.ts'
import type { AreaNeed, SetupStep } from '../scenario.ts'
import { lock, mappedBytesOf } from './steps.ts'
import type { Strategy, StrategyContext } from './strategy.ts'

/** A process has one registered buffer: the largest area of main memory that can be written. */
function registered(areas: readonly AreaNeed[], context: StrategyContext): SetupStep[] {
  const candidates = areas.filter(area => area.role === 'main' && area.prot === 'rw')
  const [first] = candidates.sort((a, b) => mappedBytesOf(b) - mappedBytesOf(a))
  if (first === undefined) return []
  const op: Op = { op: 'pin', on: first.name, length: mappedBytesOf(first) }
  return [{ do: 'op', op, label: `pin ${first.name}`, onRefusal: context.onLockRefusal }]
}

export const pin: Strategy = {
  id: 'pin',
  title: 'Long-term pin',
  help: 'The largest area is registered with a device (io_uring, VFIO, RDMA): all of it is faulted in for writing and its pages can neither be reclaimed nor moved. Counts as VmPin, checked against the limit on its own.',
  params: [],
  after: registered,
}

export const pinMlock: Strategy = {
  id: 'pin-mlock',
  title: 'Long-term pin and mlock',
  help: 'The same memory pinned and locked: counted once as VmLck and once as VmPin, each compared with the whole limit, so that a process may hold twice the limit.',
  params: [],
  mapped: (area, context) => lock(area, context),
  after: registered,
}
