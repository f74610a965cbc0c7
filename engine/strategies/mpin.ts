import type { Strategy } from './strategy.ts'
import { lock, mappedBytesOf, preallocate } from './steps.ts'
import { flagParam, ParamReader } from '../params.ts'
import type { ParamSpec } from '../scenario.ts'

const params: readonly ParamSpec[] = [
  flagParam('mlock', false, {
    title: 'Also mlock',
    help: 'Locks the same memory besides: with VM_PINNED each page still counts once.',
    source: 'off: pinned memory needs no lock',
  }),
]

export const mpin: Strategy = {
  id: 'mpin',
  title: 'mm_mpin (VM_PINNED, what if)',
  help: 'The proposal of 2014 that was never merged: pinned areas are marked, and pinned and locked pages together are compared with the limit, each counted once.',
  params,
  needs: ['vm-pinned'],
  mapped: (area, context) => [
    {
      do: 'op',
      op: { op: 'mpin', on: area.name, length: mappedBytesOf(area) },
      label: `mpin ${area.name}`,
      onRefusal: context.onLockRefusal,
    },
    // mm_mpin() marks and counts; whoever pins then faults the pages in.
    ...preallocate(area, context, 1),
    ...(new ParamReader(params, context.params).flag('mlock') ? lock(area, context) : []),
  ],
}
