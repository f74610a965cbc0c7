/** The plan itself, as a file that is read again to the same plan. */
import { writePlan } from '../plan/write-plan.ts'
import type { PlanExporter } from './exporter.ts'

export const planFile: PlanExporter = {
  of: 'plan',
  id: 'plan',
  title: 'Plan file',
  help: 'The plan with all its settings; Holdfast opens it again.',
  extensions: ['json'],
  mediaType: 'application/json',
  parts: [],
  write: plan => writePlan(plan),
}
