/** Tables and curves as CSV. */
import { budgetOf } from '../../engine/planner/budget.ts'
import { csvOfBudget, csvOfCurves, csvOfTable } from './csv.ts'
import type { RunExporter } from './exporter.ts'
import { tablesOf } from './report/document.ts'

/** Tables that every report has, or may have. Those of one plan alone go by their id as well. */
const TABLES = [
  { id: 'workloads', title: 'Memory of the workloads' },
  { id: 'starts', title: 'Until ready' },
  { id: 'after-ready', title: 'After ready' },
  { id: 'host', title: 'Figures of the host' },
  { id: 'budget', title: 'Parts of the budget' },
  { id: 'limits', title: 'RLIMIT_MEMLOCK' },
  { id: 'comparison', title: 'Comparison' },
  { id: 'margins', title: 'Margins' },
  { id: 'events', title: 'Events' },
  { id: 'refusals', title: 'Refused calls' },
  { id: 'inputs-machine', title: 'Machine' },
  { id: 'costs', title: 'Unit costs' },
] as const

export const csv: RunExporter = {
  of: 'run',
  id: 'csv',
  title: 'Table, CSV',
  help: 'One table, or all curves over time; RFC 4180, the unit in each title.',
  extensions: ['csv'],
  mediaType: 'text/csv',
  parts: [
    ...TABLES,
    { id: 'curves', title: 'All curves over time' },
    { id: 'budget-curves', title: 'Budget of the host over time' },
  ],
  write: ({ report, input }, { part = TABLES[0].id }) => {
    if (part === 'curves') return csvOfCurves(input.result)
    if (part === 'budget-curves') return csvOfBudget(budgetOf(input.result, input.plan.scenario))
    const table = tablesOf(report).find(({ id }) => id === part)
    return table === undefined ? null : csvOfTable(table)
  },
}
