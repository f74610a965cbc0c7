/** Every kind of block on a page. */
import { sceneOf } from '../../../charts/scene.ts'
import { colourOf } from '../../../charts/colours.ts'
import type { Block, Words } from '../../../formats/export/report/document.ts'
import { SEVERITY_WORDS } from '../../../formats/export/report/wording.ts'
import { barPlaces } from '../../../charts/bar.ts'
import type { Flow } from './flow.ts'
import { runsOf, type Line, type Run } from './pen.ts'
import { drawScene } from './scene.ts'
import { drawTable } from './table.ts'

const SIZE = 9
const LINE = 13
const BLOCK_GAP = 7

type Of<K extends Block['kind']> = Extract<Block, { readonly kind: K }>

export interface BlockSettings {
  /** Height of a chart, in points. */
  readonly figureHeight: number
}

export function drawBlock(flow: Flow, block: Block, settings: BlockSettings): void {
  switch (block.kind) {
    case 'paragraph':
      text(flow, 'P', runsOf(block.words, SIZE))
      return
    case 'heading':
      heading(flow, block.title)
      return
    case 'list':
      list(flow, block)
      return
    case 'facts':
      for (const { name, words } of block.facts) fact(flow, name, words)
      flow.y += BLOCK_GAP
      return
    case 'verdict':
      verdict(flow, block)
      return
    case 'finding':
      finding(flow, block)
      return
    case 'bar':
      bar(flow, block)
      return
    case 'table':
      drawTable(flow, block)
      return
    case 'figure':
      figure(flow, block, settings.figureHeight)
      return
    case 'file':
      file(flow, block)
  }
}

/** Lines of text, broken over pages where they have to be, with something to their left if wanted. */
function text(flow: Flow, tag: string, runs: readonly Run[], more: TextPlace = {}): void {
  const { indent = 0, gap = BLOCK_GAP, lineHeight = LINE } = more
  let lines: readonly Line[] = flow.pen.lines(runs, flow.width - indent)
  if (lines.length > 3) flow.need(lineHeight * 2)
  else flow.need(lineHeight * lines.length)
  while (lines.length > 0) {
    const fits = Math.max(1, Math.floor(flow.room / lineHeight))
    const here = lines.slice(0, fits)
    const top = flow.y
    flow.tagged(tag, () => flow.pen.draw(here, flow.left + indent, top + lineHeight * 0.74, lineHeight))
    flow.y += here.length * lineHeight
    lines = lines.slice(fits)
    if (lines.length > 0) flow.newPage()
  }
  flow.y += gap
}

interface TextPlace {
  readonly indent?: number
  readonly gap?: number
  readonly lineHeight?: number
}

function heading(flow: Flow, title: string): void {
  flow.skip(5)
  flow.need(60)
  text(flow, 'H3', [{ text: title, font: 'bold', size: 10, colour: '--text' }], { gap: 3 })
}

function list(flow: Flow, { items, isOrdered }: Of<'list'>): void {
  items.forEach((item, at) => {
    flow.need(LINE)
    const top = flow.y
    const sign = isOrdered ? `${at + 1}.` : '•'
    const mark = flow.pen.lines([{ text: sign, font: 'regular', size: SIZE, colour: '--text-dim' }], 20)
    flow.pen.artifact(() => flow.pen.draw(mark, flow.left + 2, top + LINE * 0.74, LINE))
    text(flow, 'LI', runsOf(item, SIZE), { indent: 16, gap: 2 })
  })
  flow.y += BLOCK_GAP - 2
}

function fact(flow: Flow, name: string, words: Words): void {
  flow.need(LINE)
  const top = flow.y
  const said = flow.pen.lines([{ text: name, font: 'regular', size: 8, colour: '--text-dim' }], 60)
  flow.tagged('P', () => flow.pen.draw(said, flow.left, top + 8.5, 11.5))
  text(flow, 'P', runsOf(words, 8), { indent: 62, gap: 1, lineHeight: 11.5 })
}

const TONE = { good: '--good', warn: '--warn', bad: '--bad' } as const

function verdict(flow: Flow, { tone, headline, sentence }: Of<'verdict'>): void {
  const inner = flow.width - 24
  const said = flow.pen.lines([{ text: sentence, font: 'regular', size: 10, colour: '--text' }], inner)
  const head = flow.pen.lines([{ text: headline, font: 'bold', size: 14, colour: TONE[tone] }], inner)
  const height = 14 + head.length * 18 + said.length * 14
  flow.need(height)
  flow.pen.box(flow.left, flow.y, flow.width, height, '--surface')
  flow.pen.box(flow.left, flow.y, 4, height, TONE[tone])
  flow.tagged('P', () => flow.pen.draw(head, flow.left + 14, flow.y + 20, 18))
  flow.tagged('P', () => flow.pen.draw(said, flow.left + 14, flow.y + 17 + head.length * 18, 14))
  flow.y += height + 9
}

const SEVERITY = { error: '--bad', warning: '--warn', note: '--line-strong' } as const

function finding(flow: Flow, { severity, title, detail, fix }: Of<'finding'>): void {
  const colour = SEVERITY[severity]
  const width = flow.width - 12
  const word = {
    text: `${SEVERITY_WORDS[severity]}: `,
    font: 'bold',
    size: SIZE,
    colour: severity === 'note' ? '--text-dim' : colour,
  } as const
  const said = [
    flow.pen.lines([word, { text: title, font: 'bold', size: SIZE, colour: '--text' }], width),
    flow.pen.lines([{ text: detail, font: 'regular', size: 8.3, colour: '--text' }], width),
    ...(fix === null
      ? []
      : [
          flow.pen.lines(
            [
              { text: 'Fix: ', font: 'bold', size: 8.3, colour: '--text-dim' },
              { text: fix, font: 'regular', size: 8.3, colour: '--text' },
            ],
            width,
          ),
        ]),
  ]
  const height = said.reduce((sum, lines) => sum + lines.length * 11.6, 0)
  flow.need(Math.min(height, 300))
  for (const lines of said)
    for (const line of lines) {
      if (flow.room < 11.6) flow.newPage()
      flow.pen.box(flow.left, flow.y, 2.2, 11.6, colour)
      flow.tagged('P', () => flow.pen.draw([line], flow.left + 11, flow.y + 8.6, 11.6))
      flow.y += 11.6
    }
  flow.y += BLOCK_GAP
}

function bar(flow: Flow, { title, parts, totalBytes, words }: Of<'bar'>): void {
  const { pen } = flow
  const entries = parts.map(part => ({
    part,
    lines: pen.lines(
      [
        { text: `${part.label} `, font: 'regular', size: 8, colour: '--text' },
        { text: part.text, font: 'bold', size: 8, colour: '--text' },
      ],
      flow.width,
    ),
  }))
  flow.need(75)
  text(flow, 'P', [{ text: title, font: 'bold', size: SIZE, colour: '--text' }], { gap: 3 })
  const top = flow.y
  for (const { x, width, colour } of barPlaces(parts, totalBytes, flow.width))
    pen.box(flow.left + x, top, Math.max(0, width - 0.6), 17, colour)
  pen.artifact(() =>
    pen.doc
      .rect(flow.left, top, flow.width, 17)
      .lineWidth(0.5)
      .strokeColor(colourOf('--line-strong'))
      .stroke(),
  )
  flow.y += 23
  let x = 0
  for (const { part, lines } of entries) {
    const wide = 12 + (lines[0]?.width ?? 0) + 14
    if (x > 0 && x + wide > flow.width + 14) {
      x = 0
      flow.y += 12
    }
    const [left, y] = [flow.left + x, flow.y]
    pen.box(left, y + 1, 7, 7, part.colour)
    pen.artifact(() =>
      pen.doc
        .rect(left, y + 1, 7, 7)
        .lineWidth(0.4)
        .strokeColor(colourOf('--line-strong'))
        .stroke(),
    )
    flow.tagged('P', () => pen.draw(lines, left + 11, y + 7.6, 12))
    x += wide
  }
  flow.y += 15
  text(flow, 'P', runsOf(words, SIZE))
}

function figure(flow: Flow, { chart, marks, caption }: Of<'figure'>, height: number): void {
  const { pen } = flow
  const lines = pen.lines(runsOf(caption, 8, '--text-dim'), flow.width)
  flow.need(height + lines.length * 11 + 8)
  const measure = (said: string, size: number): number =>
    pen.widthOf([{ text: said, font: 'regular', size, colour: '--text' }])
  const scene = sceneOf(chart, { width: flow.width, height, fontSize: 7.5, marks, measure })
  const top = flow.y
  flow.tagged('Figure', () => drawScene(pen, scene, flow.left, top), undefined, {
    alt: `${scene.title}. ${scene.summary}`,
  })
  flow.y += height + 3
  flow.tagged('Caption', () => pen.draw(lines, flow.left, flow.y + 8, 11))
  flow.y += lines.length * 11 + 9
}

function file(flow: Flow, { path, title, lines, apply, verify, undo }: Of<'file'>): void {
  flow.skip(3)
  flow.need(58)
  text(flow, 'H4', [{ text: title, font: 'bold', size: SIZE, colour: '--text' }], { gap: 1 })
  text(flow, 'P', [{ text: path, font: 'mono', size: 8, colour: '--accent' }], { gap: 2 })
  for (const { text: line, why } of lines) {
    const code = flow.pen.lines(
      [{ text: line === '' ? ' ' : nonBreaking(line), font: 'mono', size: 7.3, colour: '--text' }],
      flow.width - 14,
    )
    const reason =
      why === ''
        ? []
        : flow.pen.lines([{ text: why, font: 'regular', size: 7, colour: '--text-dim' }], flow.width - 34)
    const height = code.length * 10 + reason.length * 9.2
    flow.need(height)
    flow.pen.box(flow.left, flow.y, flow.width, height + 1, '--surface')
    flow.tagged('Code', () => flow.pen.draw(code, flow.left + 8, flow.y + 7.6, 10))
    if (reason.length > 0)
      flow.tagged('P', () => flow.pen.draw(reason, flow.left + 26, flow.y + code.length * 10 + 6.4, 9.2))
    flow.y += height
  }
  flow.y += 5
  const commands: (readonly [string, Words])[] = [
    ...apply.map(command => ['apply', [{ text: command, style: 'code' }]] as const),
    ...verify.map(
      ({ command, expect }) =>
        [
          'verify',
          [{ text: command, style: 'code' }, { text: '  prints ' }, { text: expect, style: 'code' }],
        ] as const,
    ),
    ...undo.map(command => ['take back', [{ text: command, style: 'code' }]] as const),
  ]
  for (const [name, words] of commands) fact(flow, name, words)
  flow.y += BLOCK_GAP
}

/** Indentation is kept: blanks at the beginning of a line would fall away. */
const nonBreaking = (line: string): string => line.replace(/^\s+/, blanks => '\u00a0'.repeat(blanks.length))
