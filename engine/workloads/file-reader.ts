import { bytesParam, countParam, ParamReader, shareParam } from '../params.ts'
import { GIB, MIB } from '../quantity.ts'
import type { ParamSpec } from '../scenario.ts'
import { accessOf, accessParams, need, ownArea, ownParam, touchFirst } from './parts.ts'
import type { WorkloadKind } from './workload.ts'

const params: readonly ParamSpec[] = [
  bytesParam('file', 100 * GIB, {
    title: 'File',
    help: 'Size of what is read, mapped as one file.',
    min: 4096,
    source: 'assumed',
  }),
  shareParam('cached', 0, {
    title: 'In the page cache',
    help: 'How much of it is in the page cache before the program starts.',
    source: 'nothing: after a boot',
  }),
  countParam('threads', 4, {
    title: 'Threads',
    help: 'That read at once.',
    min: 1,
    max: 4096,
    source: 'assumed',
  }),
  ownParam(64 * MIB, 'assumed'),
  ...accessParams({
    ratePerS: 100_000,
    writeShare: 0,
    footprintShare: 1,
    popularity: 'cyclic',
    of: 'pages read, one after the other',
    source: 'a backup or a scan, 400 MB a second (assumed)',
  }),
]

export const fileReader: WorkloadKind = {
  id: 'file-reader',
  title: 'File reader',
  help: 'Reads files through the page cache: a backup, a scan, a web server. What fills memory that others want.',
  params,
  defaultStrategy: 'none',
  plan(context) {
    const reader = new ParamReader(params, context.params)
    const own = ownArea('reader', reader.number('own'))
    return need({
      areas: [
        own,
        {
          name: 'data',
          bytes: reader.number('file'),
          backing: 'file',
          sharing: 'shared',
          prot: 'r',
          role: 'main',
          file: { name: 'data.bin', kind: 'file', cachedShare: reader.number('cached') },
          access: accessOf(reader),
        },
      ],
      work: touchFirst(own, own.bytes, 'write', 'the reader starts'),
      workerThreads: reader.number('threads'),
      onLockRefusal: 'warn',
      assumptions: ['The file is mapped; read(2) would copy besides.'],
    })
  },
}
