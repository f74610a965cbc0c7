/** Writes on pages: text in lines of mixed styles, rules, colours, and the tags that tell a reader what is what. */
import type PDFDocument from 'pdfkit'
import { colourOf } from '../../../charts/colours.ts'
import type { Span } from '../../../formats/export/report/document.ts'
import { hasLacking, isLacking, type FontName } from '../fonts.ts'

export type Doc = InstanceType<typeof PDFDocument>

/** Text in one style. */
export interface Run {
  readonly text: string
  readonly font: FontName
  readonly size: number
  readonly colour: string
  /** Raised by so many points. */
  readonly rise?: number
  /** A place in the document that a click leads to. */
  readonly goTo?: string
}

interface Piece extends Run {
  readonly face: string
  x: number
  width: number
}

/** A line that fits its width. */
export interface Line {
  readonly pieces: readonly Piece[]
  readonly width: number
}

/** The name under which the machine's own font is registered. */
export const EASTERN_FACE = 'eastern'

export class Pen {
  readonly doc: Doc
  readonly #hasEastern: boolean
  /** Width of a word at size 1000, by face. */
  readonly #widths = new Map<string, number>()

  constructor(doc: Doc, hasEastern: boolean) {
    this.doc = doc
    this.#hasEastern = hasEastern
  }

  width(text: string, font: string, size: number): number {
    const key = `${font}\0${text}`
    const known = this.#widths.get(key)
    const width = known ?? this.doc.font(font).fontSize(1000).widthOfString(text)
    if (known === undefined) this.#widths.set(key, width)
    return (width * size) / 1000
  }

  /** The widest single word: a column narrower than this breaks it. */
  widestWord(runs: readonly Run[]): number {
    return Math.max(0, ...runs.flatMap(run => this.#words(run).map(({ width }) => width)))
  }

  widthOf(runs: readonly Run[]): number {
    return runs.reduce((sum, run) => sum + this.#words(run).reduce((all, { width }) => all + width, 0), 0)
  }

  /** Lines no wider than that; a word that is wider is broken. */
  lines(runs: readonly Run[], width: number): Line[] {
    const lines: { pieces: Piece[]; width: number }[] = [{ pieces: [], width: 0 }]
    let line = lines[0] ?? { pieces: [], width: 0 }
    const next = (): void => {
      line = { pieces: [], width: 0 }
      lines.push(line)
    }
    for (const word of runs.flatMap(run => this.#words(run))) {
      if (word.text === '\n') {
        next()
        continue
      }
      const isBlank = word.text.trim() === ''
      if (line.width + word.width > width + 0.01 && !isBlank && line.pieces.length > 0) next()
      if (isBlank && line.pieces.length === 0) continue
      for (const part of this.#fitting(word, width)) {
        if (line.width + part.width > width + 0.01 && line.pieces.length > 0 && !isBlank) next()
        line.pieces.push({ ...part, x: line.width })
        line.width += part.width
      }
    }
    return lines.map(({ pieces }) => joined(pieces))
  }

  /** Words, blanks, and each sign of scripts that break anywhere. */
  #words(run: Run): Piece[] {
    const parts = run.text.match(/\n|[^\S\n]+|[^\s]+/g) ?? []
    return parts.flatMap(part =>
      this.#faces(part, run.font).map(({ text, face }) => ({
        ...run,
        text,
        face,
        x: 0,
        width: text === '\n' ? 0 : this.width(text, face, run.size),
      })),
    )
  }

  /** Signs that the program's fonts lack are set in the machine's, and as their numbers where it has none. */
  #faces(text: string, font: FontName): { text: string; face: string }[] {
    if (!hasLacking(text)) return [{ text, face: font }]
    const parts: { text: string; face: string }[] = []
    for (const sign of Array.from(text)) {
      const lacks = isLacking(sign)
      const face = lacks && this.#hasEastern ? EASTERN_FACE : font
      const shown =
        lacks && !this.#hasEastern ? `[${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}]` : sign
      const last = parts.at(-1)
      if (
        last !== undefined &&
        !lacks &&
        last.face === font &&
        !hasLacking(last.text) &&
        !last.text.endsWith(']')
      )
        last.text += shown
      else parts.push({ text: shown, face })
    }
    return parts
  }

  /** The word, or parts of it that each fit. */
  #fitting(word: Piece, width: number): Piece[] {
    if (word.width <= width) return [word]
    const parts: Piece[] = []
    let text = ''
    for (const sign of Array.from(word.text)) {
      if (text !== '' && this.width(text + sign, word.face, word.size) > width) {
        parts.push({ ...word, text, width: this.width(text, word.face, word.size) })
        text = ''
      }
      text += sign
    }
    parts.push({ ...word, text, width: this.width(text, word.face, word.size) })
    return parts
  }

  /** Draws lines from the baseline of the first. */
  draw(
    lines: readonly Line[],
    x: number,
    firstBaseline: number,
    lineHeight: number,
    place: Place = {},
  ): void {
    const { width = 0, align = 'left' } = place
    lines.forEach((line, at) => {
      const left =
        align === 'right' ? x + width - line.width : align === 'center' ? x + (width - line.width) / 2 : x
      const baseline = firstBaseline + at * lineHeight
      for (const piece of line.pieces) {
        const y = baseline - (piece.rise ?? 0)
        this.doc
          .font(piece.face)
          .fontSize(piece.size)
          .fillColor(colourOf(piece.colour))
          .text(piece.text, left + piece.x, y, { lineBreak: false, baseline: 'alphabetic' })
        if (piece.goTo !== undefined)
          this.doc.goTo(left + piece.x - 1, y - piece.size, piece.width + 2, piece.size * 1.3, piece.goTo)
      }
    })
  }

  rule(x1: number, y1: number, x2: number, y2: number, colour = '--line', width = 0.5): void {
    this.artifact(() => {
      this.doc.lineWidth(width).strokeColor(colourOf(colour)).moveTo(x1, y1).lineTo(x2, y2).stroke()
    })
  }

  box(x: number, y: number, width: number, height: number, colour: string): void {
    this.artifact(() => {
      this.doc.rect(x, y, width, height).fillColor(colourOf(colour)).fill()
    })
  }

  /** What is drawn there is no part of what is said. */
  artifact(draw: () => void): void {
    this.doc.markContent('Artifact', { type: 'Layout' })
    draw()
    this.doc.endMarkedContent()
  }
}

export interface Place {
  readonly width?: number
  readonly align?: 'left' | 'right' | 'center'
}

/** Neighbours in one style become one piece; blanks at the end fall away. */
function joined(pieces: readonly Piece[]): Line {
  const kept = [...pieces]
  while (kept.at(-1)?.text.trim() === '') kept.pop()
  const all: Piece[] = []
  for (const piece of kept) {
    const last = all.at(-1)
    const isSame =
      last !== undefined &&
      last.face === piece.face &&
      last.size === piece.size &&
      last.colour === piece.colour &&
      last.rise === piece.rise &&
      last.goTo === piece.goTo
    if (isSame)
      all[all.length - 1] = { ...last, text: last.text + piece.text, width: last.width + piece.width }
    else all.push(piece)
  }
  const end = all.at(-1)
  return { pieces: all, width: end === undefined ? 0 : end.x + end.width }
}

/** Spans of a report in a size and a colour; references stand raised and lead to their note. */
export function runsOf(spans: readonly Span[], size: number, colour = '--text'): Run[] {
  return spans.flatMap(({ text, style, note }) => {
    const font = style === 'strong' ? 'bold' : style === 'code' ? 'mono' : 'regular'
    const run: Run = {
      ...{ text, font },
      size: style === 'code' ? size * 0.88 : size,
      colour: style === 'dim' ? '--text-dim' : colour,
    }
    return note === undefined ? [run] : [run, reference(note, size)]
  })
}

export const reference = (note: number, size: number): Run => ({
  ...{ text: String(note), font: 'regular', size: size * 0.68, colour: '--accent' },
  ...{ rise: size * 0.34, goTo: `note-${note}` },
})
