/** Everything that is known of a plan, as JSON: the plan, its run with all curves, limits, comparison, report. */
import { writePlan } from '../../plan/write-plan.ts'
import type { ExportSubject, RunExporter } from '../exporter.ts'
import { EXPORT_FORMAT } from './shape.ts'

/** The same as plain data; `docs/formats.md` and `schemas/` say what is where. */
export function exportOf({ report, input }: ExportSubject): object {
  const { plan, result, limits, comparison, compatibility, configuration, date, version } = input
  return {
    format: EXPORT_FORMAT,
    version,
    date,
    plan: JSON.parse(writePlan(plan)) as unknown,
    ...{ result, limits, comparison, compatibility, configuration, report },
  }
}

/** Packed numbers as lists; what is no number is null. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, (_, item: unknown) => (item instanceof Float64Array ? Array.from(item) : item))}\n`
}

export const json: RunExporter = {
  of: 'run',
  id: 'json',
  title: 'Everything, JSON',
  help: 'Plan, run with all curves, limits, comparison and report; its form is published as a JSON Schema.',
  extensions: ['json'],
  mediaType: 'application/json',
  parts: [],
  write: subject => jsonText(exportOf(subject)),
}
