/** A report as one page of HTML: no script, nothing fetched, light, dark and printed. */
import { sceneOf } from '../../../charts/scene.ts'
import { escaped, svgOf } from '../../../charts/svg.ts'
import type { Block, Note, ReportDocument, Section } from '../report/document.ts'
import { colophon, madeBy, noteInputs, SEVERITY_WORDS } from '../report/wording.ts'
import { barHtml } from './bar.ts'
import { STYLES } from './styles.ts'
import { STYLES_SHA256 } from './styles-hash.ts'
import { tableHtml, wordsHtml } from './text.ts'

/** Nothing may be loaded or run; of styles only this page's own, told by its hash. */
const POLICY = `default-src 'none'; style-src 'sha256-${STYLES_SHA256}'; base-uri 'none'; form-action 'none'`

export function htmlOf(report: ReportDocument): string {
  const { title, meta, sections, notes } = report
  const page = [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${escaped(POLICY)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<meta name="generator" content="Holdfast ${escaped(meta.version)}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLES}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<header><h1>${escaped(title)}</h1><p class="meta">${escaped(colophon(meta))}</p></header>`,
    ...sections.flatMap((section, at) => [
      sectionHtml(section),
      ...(at === 0 ? [contents(sections.slice(1))] : []),
    ]),
    notesHtml(notes),
    `<footer>${escaped(madeBy(meta))}</footer>`,
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n')
  return notes.reduce(withWayBack, page)
}

/** The first reference to a note is where the note leads back to. */
const withWayBack = (page: string, { number }: Note): string =>
  page.replace(`<a href="#note-${number}" class`, () => `<a href="#note-${number}" id="ref-${number}" class`)

const contents = (sections: readonly Section[]): string =>
  `<nav aria-label="Contents"><ol>${[...sections, { id: 'notes', title: 'Notes' }]
    .map(({ id, title }) => `<li><a href="#${id}">${escaped(title)}</a></li>`)
    .join('')}</ol></nav>`

function sectionHtml({ id, title, blocks }: Section): string {
  return [
    `<section id="${id}" aria-labelledby="${id}-title">`,
    `<h2 id="${id}-title">${escaped(title)}</h2>`,
    ...blocks.map(blockHtml),
    '</section>',
  ].join('\n')
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${wordsHtml(block.words)}</p>`
    case 'heading':
      return `<h3>${escaped(block.title)}</h3>`
    case 'list': {
      const tag = block.isOrdered ? 'ol' : 'ul'
      return `<${tag}>${block.items.map(item => `<li>${wordsHtml(item)}</li>`).join('')}</${tag}>`
    }
    case 'facts':
      return `<dl>${block.facts.map(({ name, words }) => `<dt>${escaped(name)}</dt><dd>${wordsHtml(words)}</dd>`).join('')}</dl>`
    case 'verdict':
      return `<p class="verdict ${block.tone}"><strong>${escaped(block.headline)}</strong> ${escaped(block.sentence)}</p>`
    case 'finding':
      return [
        `<div class="finding ${block.severity}"><p><span class="severity">${SEVERITY_WORDS[block.severity]}:</span> <strong>${escaped(block.title)}</strong></p>`,
        `<p>${escaped(block.detail)}</p>`,
        block.fix === null ? '' : `<p>Fix: ${escaped(block.fix)}</p>`,
        '</div>',
      ].join('')
    case 'bar':
      return barHtml(block)
    case 'table':
      return tableHtml(block)
    case 'figure': {
      const scene = sceneOf(block.chart, { width: 960, height: 330, fontSize: 13, marks: block.marks })
      return `<figure>${svgOf(scene, { id: `figure-${block.id}` })}<figcaption>${wordsHtml(block.caption)}</figcaption></figure>`
    }
    case 'file':
      return fileHtml(block)
  }
}

function fileHtml(file: Extract<Block, { readonly kind: 'file' }>): string {
  const { path, title, text, apply, verify, undo, lines } = file
  const codes = (commands: readonly string[]): string =>
    commands.map(command => `<code>${escaped(command)}</code>`).join('<br>')
  const facts: (readonly [string, string])[] = [
    ['apply', codes(apply)],
    [
      'verify',
      verify
        .map(
          ({ command, expect }) => `<code>${escaped(command)}</code> prints <code>${escaped(expect)}</code>`,
        )
        .join('<br>'),
    ],
    ['take back', codes(undo)],
  ]
  const reasons = lines.filter(({ why }) => why !== '')
  return [
    `<div class="file"><h3>${escaped(title)}</h3><p><code>${escaped(path)}</code></p><pre>${escaped(text)}</pre>`,
    reasons.length === 0
      ? ''
      : `<ul class="why">${reasons.map(({ text: line, why }) => `<li><code>${escaped(line.trim())}</code> ${escaped(why)}</li>`).join('')}</ul>`,
    `<dl>${facts.flatMap(([name, html]) => (html === '' ? [] : [`<dt>${name}</dt><dd>${html}</dd>`])).join('')}</dl></div>`,
  ].join('')
}

function notesHtml(notes: readonly Note[]): string {
  const items = notes.map(note => {
    const { number, figure, formula, rule, trust } = note
    const inputs = noteInputs(note)
    return [
      `<li id="note-${number}" value="${number}"><strong>${escaped(figure)}</strong>: ${escaped(formula)}.`,
      inputs === '' ? '' : ` Inputs: ${escaped(inputs)}.`,
      ` Rule: ${escaped(rule)}.`,
      trust === null ? '' : ` <span class="dim">${trust}</span>`,
      ` <a href="#ref-${number}" aria-label="Back to the figure">↩</a></li>`,
    ].join('')
  })
  return `<section id="notes" aria-labelledby="notes-title"><h2 id="notes-title">Notes</h2><ol class="notes">${items.join('\n')}</ol></section>`
}
