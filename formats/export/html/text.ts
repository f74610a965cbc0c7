/** Words and tables as HTML. Everything that a plan named is escaped here. */
import { escaped } from '../../../charts/svg.ts'
import type { Cell, Column, Span, Table, Words } from '../report/document.ts'

/** A reference; the note leads back to the first of them. */
const noteHtml = (note: number | undefined): string =>
  note === undefined ? '' : `<sup><a href="#note-${note}" class="ref">${note}</a></sup>`

export const wordsHtml = (words: Words): string => words.map(spanHtml).join('')

function spanHtml({ text, style, note }: Span): string {
  const shown = escaped(text)
  const html =
    style === 'strong'
      ? `<strong>${shown}</strong>`
      : style === 'code'
        ? `<code>${shown}</code>`
        : style === 'dim'
          ? `<span class="dim">${shown}</span>`
          : shown
  return `${html}${noteHtml(note)}`
}

export function tableHtml({ id, title, columns, rows }: Table): string {
  const head = columns.map(
    ({ title: name, isNumber, note }) =>
      `<th scope="col"${isNumber === true ? ' class="n"' : ''}>${escaped(name)}${noteHtml(note)}</th>`,
  )
  const body = rows.map(row => `<tr>${row.map((cell, at) => cellHtml(cell, columns[at])).join('')}</tr>`)
  return [
    `<div class="wide" role="region" tabindex="0" aria-label="${escaped(title)}"><table id="table-${id}"><caption>${escaped(title)}</caption>`,
    `<thead><tr>${head.join('')}</tr></thead>`,
    `<tbody>${body.join('\n')}</tbody></table></div>`,
  ].join('\n')
}

function cellHtml({ text, tone, style, note }: Cell, column: Column | undefined): string {
  const names = [column?.isNumber === true ? 'n' : '', tone ?? '', style === 'strong' ? 's' : ''].filter(
    name => name !== '',
  )
  const kind = names.length === 0 ? '' : ` class="${names.join(' ')}"`
  const shown = style === 'code' ? `<code>${escaped(text)}</code>` : escaped(text)
  return `<td${kind}>${shown}${noteHtml(note)}</td>`
}
