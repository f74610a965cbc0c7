import { countParam, ParamReader } from '../params.ts'
import type { ParamSpec } from '../scenario.ts'
import { preallocate, touchAll } from './steps.ts'
import type { Strategy } from './strategy.ts'
import { choiceParam } from '../params.ts'

export const threadsParam: ParamSpec = countParam('threads', 0, {
  title: 'Threads',
  help: 'Threads that preallocate; 0 takes as many as there are CPUs. Never more than 16, than pages, or than one for each 64 MiB.',
  max: 4096,
  source: 'QEMU 10.0: get_memset_num_threads(), util/oslib-posix.c',
})

const params: readonly ParamSpec[] = [
  threadsParam,
  choiceParam(
    'method',
    'auto',
    [
      ['auto', 'MADV_POPULATE_WRITE, else touch'],
      ['touch', 'One write to each page'],
    ],
    {
      title: 'Method',
      help: 'QEMU tries MADV_POPULATE_WRITE on the first page and touches the pages where the kernel does not know it (before Linux 5.14).',
      source: 'QEMU 10.0',
    },
  ),
]

export const prealloc: Strategy = {
  id: 'prealloc',
  title: 'Preallocation by threads',
  help: 'Every page is made resident by several threads, bounded by CPUs and by memory bandwidth. Nothing is locked.',
  params,
  mapped: (area, context) => {
    const reader = new ParamReader(params, context.params)
    const threads = reader.number('threads') || context.cpus
    if (reader.text('method') === 'auto') return preallocate(area, context, threads)
    const kernelHas = (): boolean => false
    return area.prot === 'r'
      ? [touchAll(area, 'read')]
      : preallocate(area, { ...context, kernelHas }, threads)
  },
}
