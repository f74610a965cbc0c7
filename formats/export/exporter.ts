/** What an exporter is: a plan, and what is known of it, as the text of a file. */
import type { Theme } from '../../charts/colours.ts'
import type { Plan } from '../plan/read-plan.ts'
import type { ReportDocument } from './report/document.ts'
import type { ReportInput } from './report/input.ts'

/** What is exported. */
export interface ExportSubject {
  readonly report: ReportDocument
  readonly input: ReportInput
}

export interface ExportOptions {
  /** Which of several: a table, a chart; the first of them if absent. */
  readonly part?: string | undefined
  readonly theme?: Theme | undefined
}

/** A choice of an exporter. */
export interface ExportPart {
  readonly id: string
  readonly title: string
}

export interface ExportHead {
  readonly id: string
  readonly title: string
  readonly help: string
  /** Of files, without a dot; the first is the usual one. */
  readonly extensions: readonly [string, ...string[]]
  readonly mediaType: string
  /** Tables or charts that it may write one of; empty where there is nothing to choose. */
  readonly parts: readonly ExportPart[]
}

/** Of the plan alone: no run is needed. */
export interface PlanExporter extends ExportHead {
  readonly of: 'plan'
  readonly write: (plan: Plan) => string
}

/** Of a run. Null where the subject has no such part. */
export interface RunExporter extends ExportHead {
  readonly of: 'run'
  readonly write: (subject: ExportSubject, options: ExportOptions) => string | null
}

export type TextExporter = PlanExporter | RunExporter
