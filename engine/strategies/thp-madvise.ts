import { flagParam, ParamReader } from '../params.ts'
import type { ParamSpec } from '../scenario.ts'
import { populate } from './steps.ts'
import type { Strategy } from './strategy.ts'

const params: readonly ParamSpec[] = [
  flagParam('populate', false, {
    title: 'Populate',
    help: 'MADV_POPULATE_WRITE after the advice, so that huge pages come at once rather than with the first access.',
    source: 'off: the advice alone',
  }),
]

export const thpMadvise: Strategy = {
  id: 'thp-madvise',
  title: 'Transparent huge pages by advice',
  help: 'MADV_HUGEPAGE on main memory: one fault for each 2 MiB where a huge page is free. Works where THP is set to madvise or always. That THP is always on is a setting of the machine.',
  params,
  mapped: (area, context) => [
    {
      do: 'op',
      op: { op: 'madvise', on: area.name, length: area.bytes, advice: 'hugepage' },
      label: `madvise hugepage ${area.name}`,
      onRefusal: 'warn',
    },
    ...(new ParamReader(params, context.params).flag('populate') ? populate(area, 'write') : []),
  ],
}
