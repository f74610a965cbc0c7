import { bytesParam, ParamReader } from '../params.ts'
import { MIB } from '../quantity.ts'
import type { ParamSpec } from '../scenario.ts'
import { accessOf, accessParams, need, ownArea, ownParam, touchFirst } from './parts.ts'
import type { WorkloadKind } from './workload.ts'

const params: readonly ParamSpec[] = [
  bytesParam('secrets', 4 * MIB, {
    title: 'Secrets',
    help: 'Keys, card data: memory that must never be written to a disk.',
    min: 4096,
    source: 'half of the limit of 8 MiB that Linux sets since 5.16',
  }),
  ownParam(64 * MIB, 'assumed'),
  ...accessParams({
    ratePerS: 100,
    writeShare: 0.1,
    footprintShare: 1,
    popularity: 'uniform',
    of: 'uses of a key',
    source: 'seldom used, so the first to be swapped out if not locked (assumed)',
  }),
]

export const secrets: WorkloadKind = {
  id: 'secrets',
  title: 'Process with secrets',
  help: 'Little memory, seldom used, that must never reach swap. Ends if its lock is refused.',
  params,
  defaultStrategy: 'mlock',
  plan(context) {
    const reader = new ParamReader(params, context.params)
    const own = ownArea('process', reader.number('own'))
    const secretArea = {
      ...ownArea('secrets', reader.number('secrets')),
      role: 'main',
      access: accessOf(reader),
    } as const
    return need({
      areas: [own, secretArea],
      work: [
        ...touchFirst(own, own.bytes, 'write', 'the process starts'),
        ...touchFirst(secretArea, secretArea.bytes, 'write', 'secrets are loaded'),
      ],
      assumptions: ['Copies of secrets in registers, stacks and other buffers are not counted.'],
    })
  },
}
