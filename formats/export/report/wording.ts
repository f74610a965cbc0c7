/** Words that every writer of a report uses. */
import type { Note, ReportMeta } from './document.ts'

export const SEVERITY_WORDS = { error: 'Error', warning: 'Warning', note: 'Note' } as const

/** What stands under the title, and on every page: plan data, kernel, version of the model. */
export const colophon = ({ date, kernel, machine, version }: ReportMeta): string =>
  `${kernel} on ${machine} · plan data of ${date} · Holdfast model ${version}`

export const noteInputs = ({ inputs }: Note): string =>
  inputs.map(({ name, text, source }) => `${name} ${text} (${source})`).join('; ')

/** The last line: what made it. */
export const madeBy = ({ version }: ReportMeta): string =>
  `Made by Holdfast ${version} from a simulation; the same plan, seed and version give the same report.`
