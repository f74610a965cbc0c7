/**
 * A report as data: what is said, in order, with nothing about how it looks. Every text is written here once, so that
 * a page, a printed sheet, Markdown and the window say the same to the last digit.
 */
import type { BudgetPart } from '../../../engine/planner/budget.ts'
import type { Trust } from '../../../engine/sim/result.ts'
import type { ChartModel, Mark } from '../../../charts/model.ts'

export const REPORT_FORMAT = 'holdfast-report/1'

export type Tone = 'good' | 'warn' | 'bad' | 'dim'

/** A piece of running text. `note` is the number of a footnote that it ends with. */
export interface Span {
  readonly text: string
  readonly style?: 'strong' | 'code' | 'dim'
  readonly note?: number
}
export type Words = readonly Span[]

/** A cell: as people read it, and the figure itself in the unit of its column, for programs. */
export interface Cell {
  readonly text: string
  readonly value?: number | string | boolean | null
  readonly tone?: Tone
  readonly style?: 'strong' | 'code'
  readonly note?: number
}

export interface Column {
  readonly title: string
  /** Unit of `Cell.value`: bytes, s, ns; absent for text and counts. */
  readonly unit?: string
  readonly isNumber?: true
  readonly note?: number
  readonly trust?: Trust
}

export interface Table {
  readonly kind: 'table'
  /** Stable: files and anchors are named by it. */
  readonly id: string
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
}

/** One part of the bar of memory. */
export interface BarPart {
  readonly part: BudgetPart
  readonly label: string
  /** A token of the colours. */
  readonly colour: string
  readonly bytes: number
  readonly text: string
}

export type Block =
  | { readonly kind: 'paragraph'; readonly words: Words }
  | { readonly kind: 'heading'; readonly title: string }
  | { readonly kind: 'list'; readonly items: readonly Words[]; readonly isOrdered: boolean }
  | { readonly kind: 'facts'; readonly facts: readonly { readonly name: string; readonly words: Words }[] }
  | {
      readonly kind: 'verdict'
      readonly tone: 'good' | 'warn' | 'bad'
      readonly headline: string
      readonly sentence: string
    }
  | {
      readonly kind: 'bar'
      readonly title: string
      readonly totalBytes: number
      readonly parts: readonly BarPart[]
      readonly words: Words
    }
  | {
      readonly kind: 'finding'
      readonly severity: 'error' | 'warning' | 'note'
      readonly title: string
      readonly detail: string
      readonly fix: string | null
    }
  | Table
  | {
      readonly kind: 'figure'
      readonly id: string
      readonly chart: ChartModel
      readonly marks: readonly Mark[]
      readonly caption: Words
    }
  | ConfigFile

/** A file to put somewhere, each line with its reason; how to put it into force, see that it is, and take it back. */
export interface ConfigFile {
  readonly kind: 'file'
  readonly id: string
  readonly path: string
  readonly title: string
  readonly lines: readonly { readonly text: string; readonly why: string }[]
  readonly text: string
  readonly apply: readonly string[]
  readonly verify: readonly { readonly command: string; readonly expect: string }[]
  readonly undo: readonly string[]
}

export interface Section {
  readonly id: string
  readonly title: string
  readonly blocks: readonly Block[]
}

/** What a figure rests on. */
export interface Note {
  readonly number: number
  readonly figure: string
  readonly formula: string
  readonly inputs: readonly { readonly name: string; readonly text: string; readonly source: string }[]
  readonly rule: string
  readonly trust: Trust | null
}

export interface ReportMeta {
  readonly plan: string
  /** Of the plan's data, as YYYY-MM-DD. */
  readonly date: string
  readonly kernel: string
  readonly machine: string
  /** Version of Holdfast, which is that of its model. */
  readonly version: string
  readonly holds: boolean
}

export interface ReportDocument {
  readonly format: typeof REPORT_FORMAT
  readonly title: string
  readonly meta: ReportMeta
  /** The first stands alone on a page. */
  readonly sections: readonly Section[]
  readonly notes: readonly Note[]
}

/** All tables, in order. */
export const tablesOf = ({ sections }: ReportDocument): Table[] =>
  sections.flatMap(({ blocks }) => blocks.flatMap(block => (block.kind === 'table' ? [block] : [])))

export type Figure = Extract<Block, { readonly kind: 'figure' }>

/** Charts by their id; one that stands in two places once. */
export function figuresOf({ sections }: ReportDocument): Figure[] {
  const all = sections.flatMap(({ blocks }) =>
    blocks.flatMap(block => (block.kind === 'figure' ? [block] : [])),
  )
  return all.filter((one, at) => all.findIndex(({ chart }) => chart.id === one.chart.id) === at)
}
