/** Where on which page things go: from the top down, with what must not stand alone kept together. */
import type { Doc, Pen } from './pen.ts'

export const MARGIN = { left: 48, right: 48, top: 58, bottom: 54 } as const

type Element = ReturnType<Doc['struct']>

export class Flow {
  readonly pen: Pen
  /** The next free line. */
  y: number = MARGIN.top
  readonly #root: Element
  #section: Element

  constructor(pen: Pen) {
    this.pen = pen
    this.#root = pen.doc.struct('Document')
    pen.doc.addStructure(this.#root)
    this.#section = this.#root
  }

  get left(): number {
    return MARGIN.left
  }

  get width(): number {
    return this.pen.doc.page.width - MARGIN.left - MARGIN.right
  }

  get bottom(): number {
    return this.pen.doc.page.height - MARGIN.bottom
  }

  get room(): number {
    return this.bottom - this.y
  }

  get isAtTop(): boolean {
    return this.y <= MARGIN.top + 0.5
  }

  newPage(): void {
    this.pen.doc.addPage()
    this.y = MARGIN.top
  }

  /** Goes on to the next page if there is less room than that. */
  need(height: number): void {
    if (this.room < height && !this.isAtTop) this.newPage()
  }

  skip(height: number): void {
    if (!this.isAtTop) this.y += height
  }

  beginSection(): void {
    this.#section = this.pen.doc.struct('Sect')
    this.#root.add(this.#section)
  }

  /** Tags what is drawn, as `P`, `H2`, `TD` …, below a parent or the section. */
  tagged(
    tag: string,
    draw: () => void,
    parent: Element = this.#section,
    options: { alt?: string } = {},
  ): void {
    const { doc } = this.pen
    const content = doc.markStructureContent(tag)
    draw()
    doc.endMarkedContent()
    parent.add(doc.struct(tag, options, [content]))
  }

  /** An element that others are put into. */
  element(tag: string, parent: Element = this.#section): Element {
    const made = this.pen.doc.struct(tag)
    parent.add(made)
    return made
  }

  end(): void {
    this.#root.end()
  }
}
