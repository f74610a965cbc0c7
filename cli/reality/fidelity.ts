/** What `holdfast reality fidelity` prints. */
import { fidelityOf, type Fidelity } from '../../engine/planner/fidelity.ts'
import { runScenario } from '../../engine/planner/run.ts'
import { loadPlan } from '../plans/load-plan.ts'
import type { PlanOptions } from '../plans/options.ts'
import { json } from '../text/json.ts'
import { table, wrapped } from '../text/table.ts'
import { print, standardPaper, type Paper } from '../text/terminal.ts'

export function printFidelity(name: string, options: PlanOptions): void {
  const plan = loadPlan(name, options)
  if (plan === null) return
  const fidelity = fidelityOf(runScenario(plan.scenario), plan.scenario)
  if (options.json === true) {
    console.log(json({ format: 'holdfast-fidelity/1', ...fidelity }))
    return
  }
  const paper = standardPaper()
  print(paper, fidelityText(paper, fidelity))
}

function fidelityText(paper: Paper, { summary, figures, leftOut, pressure }: Fidelity): string {
  const kinds = (['exact', 'expected', 'estimated'] as const).map(trust => {
    const names = figures.filter(figure => figure.trust === trust && figure.kind === 'curve')
    return wrapped(
      `${paper.ink('bold', trust)}: ${names.map(({ figure }) => figure).join(', ')}`,
      paper.width,
    )
  })
  const experiments = table(
    paper,
    [
      { title: 'measured experiment' },
      { title: 'resident' },
      { title: 'swapped' },
      { title: 'major faults' },
    ],
    pressure.experiments.map(({ name, curves }) => [
      name,
      ...[curves.residentPages, curves.swappedPages, curves.majorFaults].map(error =>
        error === undefined ? '' : `${error.meanPercent} / ${error.worstPercent} %`,
      ),
    ]),
  )
  return [
    ...summary.map(sentence => wrapped(sentence, paper.width)),
    ...kinds,
    ...(pressure.bears ? [experiments] : []),
    ...leftOut.map(({ title, because, effect }) =>
      wrapped(`${paper.ink('bold', title)}. ${because} ${effect}`, paper.width),
    ),
  ].join('\n\n')
}
