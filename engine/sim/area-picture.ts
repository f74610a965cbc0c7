/** The picture of one area: a ruler of offsets, the pages as signs between the borders of the VMAs, and their modes. */
import type { AreaWindow } from '../mm/task-mmu.ts'
import type { Kernel } from '../mm/kernel.ts'
import {
  VM_DONTCOPY,
  VM_DROPPABLE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_NOHUGEPAGE,
  VM_PINNED,
  VM_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
  type Vma,
} from '../mm/mm-types.ts'
import { PAGE_SIZE } from '../units.ts'
import { sizeText } from './op-text.ts'
import { signsOf, type Sign, type SignRun } from './page-signs.ts'

/** Areas up to this many pages get one cell per page; longer ones are told as runs, `P×512`. */
const CELLS = 64
/** A ruler in cells has a mark at every border and at every multiple of this many pages. */
const MARK_PAGES = 16
/** Runs this short are spelled out. */
const SPELLED = 3
/** More than this is no picture any more. */
const MOST_LINES = 8
const MOST_MODES = 8

/** A part of the line of pages: the border of a VMA, or pages. */
interface Piece {
  readonly text: string
  /** Page number of its first page, where the ruler may have a mark. */
  readonly page: number
  readonly isBorder: boolean
  /** One cell per page, so that the ruler finds pages inside. */
  readonly cells: boolean
}

export interface AreaPicture {
  readonly lines: readonly string[]
  /** The signs in it, for the legend. */
  readonly signs: ReadonlySet<Sign>
}

/** An area as its VMAs with the signs of their pages. */
interface DrawnVma {
  readonly vma: Vma
  readonly runs: readonly SignRun[]
}

/** Lines of at most about `width` characters: ruler and pages in turn, then the modes of the VMAs. */
export function areaPicture(k: Kernel, vmas: readonly Vma[], window: AreaWindow, width: number): AreaPicture {
  const drawn = vmas.map(vma => ({ vma, runs: signsOf(k, vma) }))
  const signs = new Set(drawn.flatMap(({ runs }) => runs.map(run => run.sign)))
  return { lines: withModes(pageLines(drawn, window.origin, width), vmas.map(modeOf), width), signs }
}

function pageLines(drawn: readonly DrawnVma[], origin: number, width: number): string[] {
  const start = drawn[0]?.vma.start ?? 0
  const end = drawn.at(-1)?.vma.end ?? 0
  const lines = brokenAt(width, piecesOf(drawn, end - start <= CELLS))
  const text = (line: readonly Piece[]): string =>
    line
      .map(piece => piece.text)
      .join('')
      .trimEnd()
  const shown = lines.slice(0, MOST_LINES).flatMap(line => [ruler(line, origin), text(line)])
  const next = lines[MOST_LINES]?.[0]
  if (next === undefined) return shown
  return [...shown, `… and so on from ${offsetText(next.page, origin)} to ${offsetText(end, origin)}`]
}

function piecesOf(drawn: readonly DrawnVma[], cells: boolean): Piece[] {
  const pieces: Piece[] = []
  let position: number | null = null
  const border = (page: number): number => pieces.push({ text: '|', page, isBorder: true, cells: false })
  for (const { vma, runs } of drawn) {
    if (position !== null && position < vma.start) {
      border(position)
      pieces.push(holePiece(position, vma.start, cells))
    }
    border(vma.start)
    pieces.push(...(cells ? runs.map(cellPiece) : runPieces(runs)))
    position = vma.end
  }
  if (position !== null) border(position)
  return pieces
}

const lengthOf = (run: SignRun): number => run.end - run.start

const holePiece = (start: number, end: number, cells: boolean): Piece => ({
  text: cells ? ' '.repeat(end - start) : ` hole×${end - start} `,
  page: start,
  isBorder: false,
  cells,
})

const cellPiece = (run: SignRun): Piece => ({
  text: run.sign.repeat(lengthOf(run)),
  page: run.start,
  isBorder: false,
  cells: true,
})

/** Runs as text; a pair of runs that comes again and again, as strided accesses leave it, is told once. */
function runPieces(runs: readonly SignRun[]): Piece[] {
  const pieces: Piece[] = []
  for (let i = 0; i < runs.length;) {
    const run = runs[i] as SignRun
    const times = repeatsOfPair(runs, i)
    const text = times > 2 ? `(${runText(run)}${runText(runs[i + 1] as SignRun)})×${times}` : runText(run)
    const isLast = i + (times > 2 ? 2 * times : 1) >= runs.length
    pieces.push({ text: isLast ? text : `${text} `, page: run.start, isBorder: false, cells: false })
    i += times > 2 ? 2 * times : 1
  }
  return pieces
}

const runText = (run: SignRun): string =>
  lengthOf(run) <= SPELLED ? run.sign.repeat(lengthOf(run)) : `${run.sign}×${lengthOf(run)}`

/** How often the two runs from `at` on follow each other. */
function repeatsOfPair(runs: readonly SignRun[], at: number): number {
  let next = at
  while (isSame(runs[next], runs[at]) && isSame(runs[next + 1], runs[at + 1])) next += 2
  return (next - at) / 2
}

const isSame = (a: SignRun | undefined, b: SignRun | undefined): boolean =>
  a !== undefined && b !== undefined && a.sign === b.sign && lengthOf(a) === lengthOf(b)

function brokenAt(width: number, pieces: readonly Piece[]): Piece[][] {
  const lines: Piece[][] = []
  let room = 0
  for (const piece of pieces) {
    const isClosing = piece === pieces.at(-1)
    if (lines.length === 0 || (piece.text.length > room && !isClosing)) {
      lines.push([])
      room = width
    }
    lines.at(-1)?.push(piece)
    room -= piece.text.length
  }
  return lines
}

const offsetText = (page: number, origin: number): string => sizeText((page - origin) * PAGE_SIZE)

interface Mark {
  readonly column: number
  readonly page: number
}

/** Offsets above their columns: both ends, then borders, then what else has room. */
function ruler(line: readonly Piece[], origin: number): string {
  const borders: Mark[] = []
  const others: Mark[] = []
  let column = 0
  for (const piece of line) {
    if (piece.isBorder) borders.push({ column, page: piece.page })
    else if (piece.cells) others.push(...marksInside(piece, column, origin))
    else others.push({ column, page: piece.page })
    column += piece.text.length
  }
  const start = line[0]
  const ends = start === undefined ? [] : [{ column: 0, page: start.page }, ...borders.slice(-1)]
  let text = ''
  for (const { column: at, page } of [...ends, ...borders, ...others])
    text = placed(text, at, offsetText(page, origin))
  return text
}

function marksInside(piece: Piece, column: number, origin: number): Mark[] {
  const marks: Mark[] = []
  for (let i = 0; i < piece.text.length; i++) {
    const page = piece.page + i
    if ((page - origin) % MARK_PAGES === 0) marks.push({ column: column + i, page })
  }
  return marks
}

/** `text` with a label at a column, if there is room with a blank on either side. */
function placed(text: string, column: number, label: string): string {
  const around = text.slice(Math.max(0, column - 1), column + label.length + 1)
  if (around.trim() !== '') return text
  return text.slice(0, column).padEnd(column) + label + text.slice(column + label.length)
}

/** One entry per VMA, behind the picture where there is room, else below. */
function withModes(lines: readonly string[], modes: readonly string[], width: number): string[] {
  const text = [
    ...modes.slice(0, MOST_MODES),
    ...(modes.length > MOST_MODES ? [`and ${modes.length - MOST_MODES} more`] : []),
  ].join(' | ')
  const last = lines.at(-1) ?? ''
  if (last.length + 3 + text.length > width) return [...lines, text]
  return [...lines.slice(0, -1), `${last}   ${text}`]
}

const MODE_WORDS: readonly (readonly [number, string])[] = [
  [VM_SHARED, 'shared'],
  [VM_HUGETLB, 'hugetlb'],
  [VM_GROWSDOWN, 'growsdown'],
  [VM_DROPPABLE, 'droppable'],
  [VM_HUGEPAGE, 'hugepage'],
  [VM_NOHUGEPAGE, 'nohugepage'],
  [VM_DONTCOPY, 'dontfork'],
  [VM_WIPEONFORK, 'wipeonfork'],
  [VM_PINNED, 'pinned'],
  [VM_LOCKED, 'locked'],
  [VM_LOCKONFAULT, 'onfault'],
]

/** `rw f+16K shared locked`. Lock on fault is said on kernels too that do not print it. */
function modeOf(vma: Vma): string {
  const letters = [
    vma.flags & VM_READ ? 'r' : '',
    vma.flags & VM_WRITE ? 'w' : '',
    vma.flags & VM_EXEC ? 'x' : '',
  ]
  const words = MODE_WORDS.filter(([bit]) => vma.flags & bit).map(([, word]) => word)
  const file = vma.file === null || vma.file.name === '' ? [] : [fileText(vma.file.name, vma.pgoff)]
  return [letters.join('') || 'none', ...file, ...words].join(' ')
}

const fileText = (name: string, page: number): string =>
  page === 0 ? name : `${name}+${sizeText(page * PAGE_SIZE)}`
