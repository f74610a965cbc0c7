/** A report as Markdown (GitHub's, with tables and footnotes): for a ticket, a wiki, a repository. */
import type { Block, Cell, Column, Note, ReportDocument, Span, Table, Words } from './report/document.ts'
import { colophon, noteInputs, SEVERITY_WORDS } from './report/wording.ts'

export function markdownOf(report: ReportDocument): string {
  const { title, sections, notes } = report
  const parts = [
    `# ${escaped(title)}`,
    escaped(colophon(report.meta)),
    ...sections.flatMap(section => [`## ${escaped(section.title)}`, ...section.blocks.map(blockText)]),
    '## Notes',
    ...notes.map(noteText),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

/** Signs that Markdown or HTML within it would act on. */
export function escaped(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>#|~]/g, sign => `\\${sign}`)
    .replace(/^(\s*)([-+]|\d+[.)])(?=\s)/, '$1\\$2')
}

function spanText({ text, style, note }: Span): string {
  const shown =
    text.trim() === ''
      ? text
      : style === 'strong'
        ? wrapped(escaped(text), '**')
        : style === 'code'
          ? codeText(text)
          : style === 'dim'
            ? wrapped(escaped(text), '*')
            : escaped(text)
  return note === undefined ? shown : `${shown}[^${note}]`
}

/** Emphasis must not begin or end with a blank. */
function wrapped(text: string, mark: string): string {
  const [, before = '', inner = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? []
  return `${before}${mark}${inner}${mark}${after}`
}

/** As many backticks as the text needs around it. */
function codeText(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(run => run.length))
  const fence = '`'.repeat(longest + 1)
  const pad = text.startsWith('`') || text.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${text}${pad}${fence}`
}

const line = (words: Words): string => words.map(spanText).join('')

function blockText(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return line(block.words)
    case 'heading':
      return `### ${escaped(block.title)}`
    case 'list':
      return block.items.map((item, at) => `${block.isOrdered ? `${at + 1}.` : '-'} ${line(item)}`).join('\n')
    case 'facts':
      return block.facts.map(({ name, words }) => `- ${escaped(name)}: ${line(words)}`).join('\n')
    case 'verdict':
      return `> **${escaped(block.headline)}.** ${escaped(block.sentence)}`
    case 'finding':
      return [
        `**${SEVERITY_WORDS[block.severity]}: ${escaped(block.title)}**  `,
        `${escaped(block.detail)}${block.fix === null ? '' : '  '}`,
        ...(block.fix === null ? [] : [`Fix: ${escaped(block.fix)}`]),
      ].join('\n')
    case 'bar':
      return [
        `**${escaped(block.title)}**`,
        rowsText(
          [{ title: 'part' }, { title: 'amount', isNumber: true }],
          block.parts.map(({ label, text }) => [{ text: label }, { text }]),
        ),
        line(block.words),
      ].join('\n\n')
    case 'table':
      return tableText(block)
    case 'figure':
      return `*Figure.* ${line(block.caption)}`
    case 'file':
      return [
        `**${escaped(block.title)}:** ${codeText(block.path)}`,
        fenced(block.text),
        ...commands('Apply', block.apply),
        ...(block.verify.length === 0
          ? []
          : [
              block.verify
                .map(({ command, expect }) => `- Verify: ${codeText(command)} prints ${codeText(expect)}`)
                .join('\n'),
            ]),
        ...commands('Take back', block.undo),
        block.lines
          .filter(({ why }) => why !== '')
          .map(({ text, why }) => `- ${codeText(text.trim())}: ${escaped(why)}`)
          .join('\n'),
      ]
        .filter(part => part !== '')
        .join('\n\n')
  }
}

const commands = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`${title}:`, fenced(lines.join('\n'))]

function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(run => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}text\n${text.replace(/\n$/, '')}\n${fence}`
}

const tableText = (table: Table): string =>
  `**${escaped(table.title)}**\n\n${rowsText(table.columns, table.rows)}`

function rowsText(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const head = columns.map(({ title, note }) =>
    spanText({ text: title, ...(note === undefined ? {} : { note }) }),
  )
  const rule = columns.map(({ isNumber }) => (isNumber === true ? '---:' : '---'))
  const body = rows.map(row => row.map(cellText))
  return [head, rule, ...body].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function cellText({ text, style, note }: Cell): string {
  // A bar within code ends the cell all the same, unless it is escaped.
  const shown = style === 'code' && text !== '' ? codeText(text.replaceAll('|', '\\|')) : spanText({ text })
  const loud = style === 'strong' && text !== '' ? `**${shown}**` : shown
  return `${loud.replaceAll('\n', ' ')}${note === undefined ? '' : `[^${note}]`}`
}

function noteText(note: Note): string {
  const { number, figure, formula, rule, trust } = note
  const inputs = noteInputs(note)
  const parts = [
    `**${escaped(figure)}**: ${escaped(formula)}.`,
    inputs === '' ? '' : `Inputs: ${escaped(inputs)}.`,
    `Rule: ${escaped(rule)}.`,
    trust === null ? '' : `Trust: ${trust}.`,
  ]
  return `[^${number}]: ${parts.filter(part => part !== '').join(' ')}`
}
