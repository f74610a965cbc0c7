/** A report of a plan: what is said of a run, its limits, its comparison and its configuration, in order. */
import { kernelNamed } from '../../../engine/kernels/releases.ts'
import { REPORT_FORMAT, type ReportDocument, type Section } from './document.ts'
import { factsOf, type ReportFacts } from './facts.ts'
import type { ReportInput } from './input.ts'
import { comparisonSection } from './sections/comparison.ts'
import { configurationSection } from './sections/configuration.ts'
import { fidelitySection } from './sections/fidelity.ts'
import { inputsSection } from './sections/inputs.ts'
import { limitsSection } from './sections/limits.ts'
import { memorySection } from './sections/memory.ts'
import { risksSection } from './sections/risks.ts'
import { startsSection } from './sections/starts.ts'
import { summarySection } from './sections/summary.ts'
import { clean } from './words.ts'

/** In the order of the report. The first is page one; a section is a file and a line. */
export const SECTIONS: readonly ((facts: ReportFacts) => Section)[] = [
  summarySection,
  inputsSection,
  memorySection,
  limitsSection,
  startsSection,
  comparisonSection,
  risksSection,
  configurationSection,
  fidelitySection,
]

/** Pure: the same input gives the same report, to the last digit. */
export function buildReport(input: ReportInput): ReportDocument {
  const facts = factsOf(input)
  const { plan, result, date, version } = input
  const { scenario } = plan
  const changes = [
    ...scenario.kernel.plus.map(id => ` +${id}`),
    ...scenario.kernel.minus.map(id => ` −${id}`),
  ]
  const sections = SECTIONS.map(section => section(facts))
  return {
    format: REPORT_FORMAT,
    title: clean(scenario.name),
    meta: {
      plan: clean(scenario.name),
      date,
      kernel: `${kernelNamed(scenario.kernel.name)?.title ?? result.kernel}${changes.join('')}`,
      machine: clean(scenario.machine.name),
      version,
      holds: result.verdict.holds,
    },
    sections,
    notes: facts.notes.list(),
  }
}
