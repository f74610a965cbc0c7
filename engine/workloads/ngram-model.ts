import { bytesParam, ParamReader, shareParam } from '../params.ts'
import { MIB } from '../quantity.ts'
import type { ParamSpec } from '../scenario.ts'
import { accessOf, accessParams, need, ownArea, ownParam, touchFirst } from './parts.ts'
import type { WorkloadKind } from './workload.ts'

const params: readonly ParamSpec[] = [
  bytesParam('file', 350e9, {
    title: 'Model file',
    help: 'Size of the file that holds the model’s tables; it is mapped, not read.',
    min: 4096,
    source: 'a large n-gram model (assumed)',
  }),
  shareParam('cached', 0, {
    title: 'In the page cache',
    help: 'How much of the file is in the page cache before the program starts.',
    source: 'nothing: after a boot',
  }),
  ownParam(512 * MIB, 'a decoder’s own memory (assumed)'),
  ...accessParams({
    ratePerS: 200_000,
    writeShare: 0,
    footprintShare: 0.08,
    popularity: 'uniform',
    zipfExponent: 0.8,
    of: 'lookups of n-grams, each in one page',
    source: '8 % of the file is used by one text domain (assumed)',
  }),
]

export const ngramModel: WorkloadKind = {
  id: 'ngram-model',
  title: 'Statistical language model',
  help: 'A huge mapped file of which a small part is looked up at random: the case that locking on fault was proposed for.',
  params,
  defaultStrategy: 'mlock-onfault',
  plan(context) {
    const reader = new ParamReader(params, context.params)
    const own = ownArea('decoder', reader.number('own'))
    return need({
      areas: [
        own,
        {
          name: 'model',
          bytes: reader.number('file'),
          backing: 'file',
          sharing: 'shared',
          prot: 'r',
          role: 'main',
          file: { name: 'model.bin', kind: 'file', cachedShare: reader.number('cached') },
          access: accessOf(reader),
        },
      ],
      work: touchFirst(own, own.bytes, 'write', 'the decoder starts'),
      onLockRefusal: 'warn',
      assumptions: [
        'Each lookup reads one page; what is used lies at the beginning of the file.',
        'The program goes on if the lock is refused.',
      ],
    })
  },
}
