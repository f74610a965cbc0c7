/** Configuration for people: each file as it is, why its lines are there, and what goes with it. */
import type { ConfigFile, ConfigTrap, TargetConfiguration } from '../../formats/export/config/target.ts'
import { harmless } from './harmless.ts'
import { wrapped } from './table.ts'
import type { Ink, Paper } from './terminal.ts'

export function configText(paper: Paper, targets: readonly TargetConfiguration[]): string {
  if (targets.length === 0) return 'The plan has nothing to set up there.'
  return targets
    .map(({ id, title, help, files, traps }) =>
      [
        `${paper.ink('bold', title)} (${id})`,
        wrapped(help, paper.width),
        ...files.map(file => fileText(paper, file)),
        ...(traps.length === 0 ? [] : [traps.map(trap => trapText(paper, trap)).join('\n')]),
      ].join('\n\n'),
    )
    .join('\n\n\n')
}

function fileText(paper: Paper, file: ConfigFile): string {
  const reasons = file.lines.flatMap(({ why, source = '' }, i) =>
    why === undefined ? [] : [hanging(paper, `line ${i + 1}`, `${why} [${source}]`)],
  )
  const commands = (title: string, list: readonly string[]): string[] =>
    list.length === 0 ? [] : [paper.ink('dim', title), ...list.map(command => `  ${harmless(command)}`)]
  return [
    paper.ink('cyan', harmless(file.path)),
    ...file.lines.map(({ text }) => `  ${harmless(text)}`),
    ...(reasons.length === 0 ? [] : [paper.ink('dim', 'why'), ...reasons]),
    ...commands('put it into force', file.apply),
    ...commands(
      'verify',
      file.verify.map(({ command, expect }) => `${command}   # ${expect}`),
    ),
    ...commands('take it back', file.undo),
  ].join('\n')
}

const INK: Readonly<Record<ConfigTrap['kind'], Ink>> = { refused: 'red', warning: 'yellow', note: 'dim' }

function trapText(paper: Paper, { kind, workload, sentence, fix, source }: ConfigTrap): string {
  const of = workload === null ? '' : `${harmless(workload)}: `
  const text = hanging(paper, kind, `${of}${harmless(sentence)} ${harmless(fix)} [${source}]`, 9)
  return text.replace(kind, paper.ink(INK[kind], kind))
}

const hanging = (paper: Paper, head: string, text: string, wide = 8): string =>
  `  ${head.padEnd(wide)}${wrapped(text, paper.width - wide - 2, ' '.repeat(wide + 2))}`
