import type { MLOCKALL_FLAGS } from '../op.ts'
import { choiceParam, flagParam, ParamReader } from '../params.ts'
import type { ParamSpec, SetupStep } from '../scenario.ts'
import type { Strategy, StrategyContext } from './strategy.ts'

const params: readonly ParamSpec[] = [
  choiceParam(
    'scope',
    'current-future',
    [
      ['current', 'What is mapped now (MCL_CURRENT)'],
      ['current-future', 'What is and what will be mapped'],
      ['future', 'What will be mapped (MCL_FUTURE), called first'],
    ],
    {
      title: 'Scope',
      help: 'Which mappings are locked. The limit is compared with all of the address space, not with main memory alone.',
      source: 'QEMU: MCL_CURRENT and MCL_FUTURE, after the machine is built',
    },
  ),
  flagParam('onfault', false, {
    title: 'On fault',
    help: 'MCL_ONFAULT: pages are locked when they come, nothing is populated. Linux 4.4, QEMU 10.0.',
    source: 'QEMU: off unless mem-lock=on-fault',
  }),
]

type Flag = (typeof MLOCKALL_FLAGS)[number]

function call(context: StrategyContext, moment: 'before' | 'after'): SetupStep[] {
  const reader = new ParamReader(params, context.params)
  const scope = reader.text('scope')
  if ((scope === 'future') !== (moment === 'before')) return []
  const flags: Flag[] = [
    ...(scope === 'future' ? [] : (['current'] as const)),
    ...(scope === 'current' ? [] : (['future'] as const)),
    ...(reader.flag('onfault') ? (['onfault'] as const) : []),
  ]
  const label = `mlockall ${flags.join(' and ')}`
  return [{ do: 'op', op: { op: 'mlockall', flags }, label, onRefusal: context.onLockRefusal }]
}

export const mlockall: Strategy = {
  id: 'mlockall',
  title: 'mlockall',
  help: 'Locks the whole process, its own memory included, once everything is mapped; with MCL_FUTURE also what comes later. One thread populates.',
  params,
  before: context => call(context, 'before'),
  after: (_, context) => call(context, 'after'),
}
