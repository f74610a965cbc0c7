/** Reports for tests: made as every shell makes them, on this thread. */
import { gatherReport } from '../../app/report/gather.ts'
import { inProcess } from '../../engine/planner/executor.ts'
import { processLimits } from '../../engine/planner/process-limits.ts'
import { runScenario } from '../../engine/planner/run.ts'
import { DEFAULT_COSTS } from '../../engine/sim/default-costs.ts'
import type { ExportSubject } from '../../formats/export/exporter.ts'
import { buildReport } from '../../formats/export/report/build.ts'
import { readPlan } from '../../formats/plan/read-plan.ts'
import { templateNamed } from '../../formats/plan/templates.ts'

export const DATE = '2026-11-28'

/** What is exported of a plan, given as its document. */
export async function subjectOf(document: object, axis?: string): Promise<ExportSubject> {
  const read = readPlan(JSON.stringify(document))
  if (!read.ok) throw new Error(read.issues.map(({ sentence }) => sentence).join(' '))
  const executor = inProcess(runScenario)
  const gathered = await gatherReport(
    {
      executor,
      result: scenario => executor.result(scenario),
      limits: scenario => Promise.resolve(processLimits(scenario)),
    },
    { plan: read.plan, document: { ...document }, axis, date: DATE, costs: DEFAULT_COSTS },
  )
  if (!gathered.ok) throw new Error(gathered.sentence)
  return { input: gathered.input, report: buildReport(gathered.input) }
}

export function templateDocument(id: string): object {
  const template = templateNamed(id)
  if (template === undefined) throw new Error(`no template ${id}`)
  return template.document
}

/** Names that a page, a terminal, Markdown or a spreadsheet could act on. */
export const HOSTILE = {
  format: 'holdfast-plan/1',
  name: 'Хост <img src=x onerror=alert(1)> 計画 & שלום \u202eevil\u202c',
  doc: '[link](javascript:alert(1)) | `code` **bold**',
  machine: { preset: 'edge-64' },
  workloads: [
    { name: '<script>alert(1)</script>', kind: 'cache', strategy: 'mlock', limits: { memlock: 'unlimited' } },
    { name: '=cmd()|a*b_c`d', kind: 'secrets' },
    { name: '推論サーバー', kind: 'secrets', limits: { memlock: '64 KiB' } },
  ],
  horizon: '60 s',
}
