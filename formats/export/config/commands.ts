/** Command lines of programs that have options for what a plan says. Read back by `formats/import/llama-command.ts`. */
import { ParamReader } from '../../../engine/params.ts'
import { MIB } from '../../../engine/quantity.ts'
import { workloadNamed } from '../../../engine/workloads/index.ts'
import type { ConfigFacts, ConfigProcess } from './facts.ts'
import { labelsOf, shellWord } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigTarget } from './target.ts'

/** Words of the command of a workload; none where its program is not known. */
export function commandOf({ spec }: ConfigProcess): string[] {
  const reader = new ParamReader(workloadNamed(spec.kind)?.params ?? [], spec.params)
  if (spec.kind === 'llm') return llamaWords(spec.strategy, reader)
  if (spec.kind === 'jvm')
    return [
      'java',
      `-Xms${Math.ceil(reader.number('startHeap') / MIB)}m`,
      `-Xmx${Math.ceil(reader.number('maxHeap') / MIB)}m`,
      ...(reader.flag('preTouch') ? ['-XX:+AlwaysPreTouch'] : []),
      ...(spec.strategy.startsWith('hugetlb') ? ['-XX:+UseLargePages'] : []),
      ...(spec.strategy === 'thp-madvise' ? ['-XX:+UseTransparentHugePages'] : []),
    ]
  return []
}

function llamaWords(strategy: string, reader: ParamReader): string[] {
  const cacheType = reader.text('cacheType')
  return [
    'llama-server',
    ...['-m', `${reader.text('model')}-${reader.text('type')}.gguf`],
    ...['-c', String(reader.number('context'))],
    ...['-np', String(reader.number('slots'))],
    ...['-t', String(reader.number('threads'))],
    ...(cacheType === 'f16' ? [] : ['-ctk', cacheType, '-ctv', cacheType]),
    ...(strategy === 'mlock' ? ['--mlock'] : []),
    ...(reader.text('load') === 'read' ? ['--no-mmap'] : []),
    ...(reader.flag('warmUp') ? [] : ['--no-warmup']),
    ...(reader.flag('prefetch') ? [] : ['--numa', 'distribute']),
  ]
}

const WHY: Readonly<Record<string, string>> = {
  llm: 'Weights, context and locking as planned; --mlock covers weights alone. Newer releases write --load-mode',
  jvm: 'Heap as planned',
}

export const commands: ConfigTarget = {
  id: 'commands',
  title: 'Command lines',
  help: 'Programs with options for what the plan says: llama.cpp, Java.',
  appliesTo: (facts: ConfigFacts) => facts.processes.some(process => commandOf(process).length > 0),
  write: facts => {
    const traps = new Traps()
    const own = facts.processes.filter(process => commandOf(process).length > 0)
    const labels = labelsOf(own.map(({ name }) => name))
    const files = own.map((process, i) => {
      const { name, spec } = process
      const words = commandOf(process)
      if (spec.kind === 'llm' && !['none', 'mlock'].includes(spec.strategy))
        traps.warn(
          name,
          'strategy-of-no-option',
          `No option of llama.cpp is the strategy "${spec.strategy}".`,
          'Use --mlock, or a wrapper that locks.',
          'llama.cpp, llama-server --help',
        )
      if (spec.kind === 'llm' && Number(spec.params['fileBytes'] ?? 0) > 0)
        traps.note(
          name,
          'size-is-of-the-file',
          'The size of the weights is that of the file, not an option.',
          'Put in the path of the file.',
          'plan: params.fileBytes',
        )
      return fileOf({
        path: `${labels.get(name) ?? `command-${i + 1}`}-command.sh`,
        title: `Command of ${name}`,
        workload: name,
        lines: [
          plain('#!/bin/sh'),
          line(
            words.map(shellWord).join(' '),
            WHY[spec.kind] ?? '',
            spec.kind === 'llm' ? 'llama.cpp, llama-server --help' : 'java(1)',
          ),
        ],
        verify: [
          {
            command: `grep -E 'VmLck|VmRSS' /proc/$(pgrep -n ${words[0] ?? ''})/status`,
            expect: spec.strategy === 'mlock' ? 'VmLck as large as the weights' : 'VmLck: 0 kB',
          },
        ],
        undo: ['# end the program; nothing else was changed'],
      })
    })
    return { files, traps: traps.list() }
  },
}
