/** What to apply, where, why each line is there, and the command that verifies it. */
import type { Block, ConfigFile, Section } from '../document.ts'
import type { ReportFacts } from '../facts.ts'
import type { TargetConfiguration } from '../input.ts'
import { clean, sentence, words } from '../words.ts'

export function configurationSection({ configuration }: ReportFacts): Section {
  const nothing = words('The plan asks for no setting that differs from what a fresh system has.')
  return {
    id: 'configuration',
    title: 'Configuration',
    blocks:
      configuration.length === 0
        ? [{ kind: 'paragraph', words: nothing }]
        : configuration.flatMap(target => targetBlocks(target)),
  }
}

/** What a target comes to; the window shows one at a time. */
export function targetBlocks({ id, title, help, files, traps }: TargetConfiguration): Block[] {
  return [
    { kind: 'heading', title: clean(title) },
    { kind: 'paragraph', words: words(help) },
    ...traps.map(trapBlock),
    ...files.map((file, at) => fileBlock(file, `configuration-${id}-${at + 1}`)),
  ]
}

const SEVERITIES = { refused: 'error', warning: 'warning', note: 'note' } as const

function trapBlock({
  kind,
  workload,
  sentence: said,
  fix,
  source,
}: TargetConfiguration['traps'][number]): Block {
  return {
    kind: 'finding',
    severity: SEVERITIES[kind],
    title: clean(workload === null ? said : `${workload}: ${said}`),
    detail: clean(`Source: ${source}.`),
    fix: fix === '' ? null : clean(sentence(fix)),
  }
}

function fileBlock(file: TargetConfiguration['files'][number], id: string): ConfigFile {
  const { path, title, workload, lines, text, apply, verify, undo } = file
  return {
    ...{ kind: 'file', id, path: clean(path), text: clean(text) },
    title: clean(workload === null ? title : `${title}, for ${workload}`),
    lines: lines.map(({ text: line, why = '', source = '' }) => ({
      text: clean(line),
      why: clean(source === '' ? why : `${sentence(why)} ${source}`),
    })),
    apply: apply.map(clean),
    verify: verify.map(({ command, expect }) => ({ command: clean(command), expect: clean(expect) })),
    undo: undo.map(clean),
  }
}
