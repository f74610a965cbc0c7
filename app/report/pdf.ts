/** A report as PDF: A4 or Letter, tagged, with bookmarks; no browser. */
import PDFDocument from 'pdfkit'
import type { Note, ReportDocument, Section } from '../../formats/export/report/document.ts'
import { colophon, madeBy, noteInputs } from '../../formats/export/report/wording.ts'
import { easternFont, FONT_NAMES, fontBytes } from './fonts.ts'
import { drawBlock } from './pdf/blocks.ts'
import { Flow, MARGIN } from './pdf/flow.ts'
import { EASTERN_FACE, Pen, type Doc, type Run } from './pdf/pen.ts'

export const PAPERS = ['a4', 'letter'] as const
export type Paper = (typeof PAPERS)[number]

const FIGURE_HEIGHT = 185

export async function pdfOf(
  report: ReportDocument,
  { paper = 'a4' }: { paper?: Paper } = {},
): Promise<Uint8Array> {
  const doc = newDocument(report, paper)
  const pieces: Buffer[] = []
  doc.on('data', (piece: Buffer) => pieces.push(piece))
  const ended = new Promise<void>((resolve, reject) => doc.on('end', resolve).on('error', reject))
  const eastern = registerFonts(doc)
  const pen = new Pen(doc, eastern)
  const flow = new Flow(pen)
  drawTitle(flow, report)
  report.sections.forEach((section, at) => drawSection(flow, section, at))
  drawNotes(flow, report)
  drawMargins(flow, report)
  flow.end()
  doc.end()
  await ended
  return Buffer.concat(pieces)
}

/** The date is that of the plan's data, so that the same report is the same file. */
function newDocument({ title, meta }: ReportDocument, paper: Paper): Doc {
  const date = new Date(`${meta.date}T00:00:00Z`)
  return new PDFDocument({
    size: paper === 'a4' ? 'A4' : 'LETTER',
    margins: { ...MARGIN, bottom: 0 },
    bufferPages: true,
    pdfVersion: '1.7',
    tagged: true,
    displayTitle: true,
    lang: 'en',
    info: {
      Title: title,
      Subject: colophon(meta),
      Author: 'Holdfast',
      Creator: `Holdfast ${meta.version}`,
      Producer: `Holdfast ${meta.version}, pdfkit`,
      CreationDate: date,
      ModDate: date,
    },
  })
}

/** Whether the machine has a font for what the program's own lack. */
function registerFonts(doc: Doc): boolean {
  for (const name of FONT_NAMES) doc.registerFont(name, fontBytes(name))
  const eastern = easternFont()
  if (eastern !== null) doc.registerFont(EASTERN_FACE, eastern.bytes, eastern.face)
  return eastern !== null
}

function drawTitle(flow: Flow, { title, meta }: ReportDocument): void {
  const { pen } = flow
  const lines = pen.lines([{ text: title, font: 'bold', size: 17, colour: '--text' }], flow.width)
  flow.y = 40
  flow.tagged('H1', () => pen.draw(lines, flow.left, flow.y + 15, 21))
  flow.y += lines.length * 21 + 1
  const said = pen.lines(
    [{ text: colophon(meta), font: 'regular', size: 8.5, colour: '--text-dim' }],
    flow.width,
  )
  flow.tagged('P', () => pen.draw(said, flow.left, flow.y + 8, 12))
  flow.y += said.length * 12 + 8
}

function drawSection(flow: Flow, section: Section, at: number): void {
  flow.beginSection()
  flow.pen.doc.outline.addItem(section.title)
  if (at === 0) {
    drawFirstPage(flow, section)
    return
  }
  if (at === 1) flow.newPage()
  sectionTitle(flow, section.title)
  for (const block of section.blocks) drawBlock(flow, block, { figureHeight: FIGURE_HEIGHT })
}

function sectionTitle(flow: Flow, title: string): void {
  flow.skip(14)
  flow.need(110)
  const top = flow.y
  const lines = flow.pen.lines([{ text: title, font: 'bold', size: 13, colour: '--text' }], flow.width)
  if (!flow.isAtTop) flow.pen.rule(flow.left, top - 7, flow.left + flow.width, top - 7, '--line', 0.7)
  flow.tagged('H2', () => flow.pen.draw(lines, flow.left, top + 13, 17))
  flow.y += lines.length * 17 + 7
}

/** Page one has no heading of its own, and a chart as high as the rest of it leaves room for. */
function drawFirstPage(flow: Flow, section: Section): void {
  const trial = new PDFDocument({ size: [flow.pen.doc.page.width, 20_000], margin: 0, bufferPages: true })
  const measuring = new Flow(new Pen(trial, registerFonts(trial)))
  measuring.y = MARGIN.top + 1
  for (const block of section.blocks) drawBlock(measuring, block, { figureHeight: 0 })
  const others = measuring.y - MARGIN.top - 1
  const figureHeight = Math.min(290, Math.max(120, flow.room - others - 4))
  for (const block of section.blocks) drawBlock(flow, block, { figureHeight })
}

function drawNotes(flow: Flow, { notes, meta }: ReportDocument): void {
  flow.beginSection()
  flow.skip(10)
  flow.need(110)
  flow.pen.doc.outline.addItem('Notes')
  sectionTitle(flow, 'Notes')
  for (const note of notes) drawNote(flow, note)
  flow.y += 8
  const end = flow.pen.lines(
    [{ text: madeBy(meta), font: 'regular', size: 7.5, colour: '--text-dim' }],
    flow.width,
  )
  flow.need(end.length * 10.5)
  flow.tagged('P', () => flow.pen.draw(end, flow.left, flow.y + 8, 10.5))
}

function drawNote(flow: Flow, note: Note): void {
  const { number, figure, formula, rule, trust } = note
  const inputs = noteInputs(note)
  const size = 7.5
  const regular = (text: string, colour = '--text'): Run => ({ text, font: 'regular', size, colour })
  const runs: Run[] = [
    { text: figure, font: 'bold', size, colour: '--text' },
    regular(`: ${formula}.${inputs === '' ? '' : ` Inputs: ${inputs}.`} Rule: ${rule}.`),
    ...(trust === null ? [] : [regular(` ${trust}`, '--text-dim')]),
  ]
  const lines = flow.pen.lines(runs, flow.width - 22)
  const mark = flow.pen.lines([regular(String(number), '--text-dim')], 20)
  flow.need(lines.length * 10.2)
  flow.pen.doc.addNamedDestination(`note-${number}`, 'XYZ', 0, flow.y - 6, null)
  const y = flow.y + 7.8
  flow.tagged('Lbl', () => flow.pen.draw(mark, flow.left, y, 10.2, { width: 14, align: 'right' }))
  flow.tagged('Note', () => flow.pen.draw(lines, flow.left + 22, y, 10.2))
  flow.y += lines.length * 10.2 + 2.5
}

/** Plan, date of its data, kernel, version and number, on every page; the title stands on the first already. */
function drawMargins(flow: Flow, { title, meta }: ReportDocument): void {
  const { pen } = flow
  const { start, count } = pen.doc.bufferedPageRange()
  for (let page = start; page < start + count; page++) {
    pen.doc.switchToPage(page)
    const { width, height } = pen.doc.page
    const small = (text: string): Run[] => [{ text, font: 'regular', size: 7.5, colour: '--text-dim' }]
    const number = pen.lines(small(`${page + 1} of ${count}`), 80)
    const room = width - MARGIN.left - MARGIN.right
    const [foot] = pen.lines(small(colophon(meta)), room - 90)
    pen.doc.markContent('Artifact', { type: 'Pagination' })
    if (page > start) {
      const [head] = pen.lines(small(title), room)
      if (head !== undefined) pen.draw([head], MARGIN.left, 34, 10)
      pen.doc
        .lineWidth(0.5)
        .strokeColor('#dde1e7')
        .moveTo(MARGIN.left, 41)
        .lineTo(width - MARGIN.right, 41)
        .stroke()
    }
    if (foot !== undefined) pen.draw([foot], MARGIN.left, height - 28, 10)
    pen.draw(number, MARGIN.left, height - 28, 10, { width: room, align: 'right' })
    pen.doc.endMarkedContent()
  }
}
