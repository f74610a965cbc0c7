/** What `holdfast capacity` does. */
import { capacity, smallestHost, type Capacity, type SmallestHost } from '../../engine/planner/capacity.ts'
import { headroom, type Headroom } from '../../engine/planner/headroom.ts'
import { formatBytes, formatDuration } from '../../engine/quantity.ts'
import { longWork, tellPartial } from '../long-work.ts'
import { didYouMean } from '../suggest.ts'
import { csv } from '../text/csv.ts'
import { harmless } from '../text/harmless.ts'
import { json } from '../text/json.ts'
import { scenarioLines } from '../text/results.ts'
import { table, wrapped } from '../text/table.ts'
import { print, standardPaper, type Paper } from '../text/terminal.ts'
import { CATALOG } from './catalog.ts'
import { chosenWorkload } from './compare-plan.ts'
import { answer, loadPlan } from './load-plan.ts'
import type { PlanOptions } from './options.ts'
import { workersOf } from './run-plan.ts'

export interface CapacityOptions extends PlanOptions {
  readonly of?: string
  readonly strategies?: string
  readonly most?: number
  readonly smallestHost?: true
  readonly hosts?: number
  readonly lost?: number
}

interface Found {
  readonly capacities: readonly Capacity[]
  readonly smallest: SmallestHost | null
  readonly headroom: Headroom | null
}

export async function capacityOfPlan(
  name: string,
  options: CapacityOptions,
  usage: (sentence: string) => never,
): Promise<void> {
  if (options.json === true && options.csv === true) usage('--json and --csv exclude each other')
  const { hosts, lost = 1, most } = options
  if (hosts !== undefined && lost >= hosts)
    usage('at least one host has to be left: --lost is less than --hosts')
  const strategies = chosenStrategies(options.strategies, usage)
  const plan = loadPlan(name, options)
  if (plan === null) return
  const { scenario } = plan
  const of = chosenWorkload(scenario, options.of, usage)
  const workload = of === null ? 0 : scenario.workloads.findIndex(each => each.name === of)
  if (scenario.workloads.length === 0) usage('the plan has no workload to count')
  const bound = most === undefined ? {} : { most }
  const found = await longWork(workersOf(options), async (executor, more): Promise<Found> => {
    const question = { scenario, workload, ...bound, ...(strategies === undefined ? {} : { strategies }) }
    return {
      capacities: await capacity(executor, question, CATALOG, more),
      smallest: options.smallestHost === true ? await smallestHost(executor, scenario, CATALOG, more) : null,
      headroom:
        hosts === undefined
          ? null
          : await headroom(executor, { scenario, workload, hosts, lost, ...bound }, more),
    }
  })
  const complete = process.exitCode === undefined
  if (!complete) tellPartial(found.capacities.reduce((sum, { curve }) => sum + curve.length, 0))
  if (options.json === true) console.log(json({ format: 'holdfast-capacity/1', ...found, complete }))
  else if (options.csv === true) console.log(curveCsv(found.capacities))
  else {
    const paper = standardPaper()
    const kernel = [scenario.kernel.name, ...scenario.kernel.plus.map(id => `+${id}`)].join(' ')
    print(paper, [scenarioLines(paper, scenario, kernel), ...partsOf(paper, found)].join('\n\n'))
  }
  const planned = scenario.workloads[workload]?.count ?? 0
  answer(found.capacities.some(({ fits }) => fits >= Math.min(planned, most ?? planned)))
}

function chosenStrategies(
  text: string | undefined,
  usage: (sentence: string) => never,
): string[] | undefined {
  if (text === undefined) return undefined
  const known = CATALOG.strategies.map(({ id }) => id)
  const names = text
    .split(',')
    .map(name => name.trim())
    .filter(Boolean)
  const unknown = names.find(name => !known.includes(name))
  if (unknown === undefined) return names
  return usage(
    `there is no strategy ${JSON.stringify(unknown)}.${didYouMean(unknown, known)} Strategies are ${known.join(', ')}.`,
  )
}

function partsOf(paper: Paper, { capacities, smallest, headroom: spare }: Found): string[] {
  const rows = capacities.map(({ strategy, fits, bounded, reason, monotone, complete }) => [
    strategy,
    `${fits}${bounded ? ' or more' : ''}${complete ? '' : ' so far'}`,
    harmless(`${reason?.sentence ?? ''}${monotone ? '' : ' (Larger counts hold again.)'}`),
  ])
  const [first] = capacities
  const columns = [
    { title: 'strategy' },
    { title: `${harmless(first?.workload ?? '')} fit`, right: true },
    { title: 'the next one' },
  ]
  return [
    table(paper, columns, rows),
    ...capacities.map(each => curveTable(paper, each)),
    ...(smallest === null ? [] : [smallestText(paper, smallest)]),
    ...(spare === null ? [] : [headroomText(paper, spare)]),
  ]
}

function curveTable(paper: Paper, { strategy, curve }: Capacity): string {
  const right = (title: string): { title: string; right: true } => ({ title, right: true })
  const rows = curve.map(({ count, holds, minFreeBytes, peakMlockedBytes, lastReadyS }) => [
    String(count),
    holds ? 'yes' : paper.ink('red', 'no'),
    formatBytes(minFreeBytes),
    peakMlockedBytes === 0 ? '0' : formatBytes(peakMlockedBytes),
    lastReadyS === null ? 'never' : formatDuration(lastReadyS * 1e9),
  ])
  return table(
    paper,
    [right(strategy), right('holds'), right('least free'), right('Mlocked'), right('last ready')],
    rows,
  )
}

function smallestText(paper: Paper, { ramBytes, reason }: SmallestHost): string {
  const size =
    ramBytes === null ? 'No host is large enough.' : `Smallest host: ${formatBytes(ramBytes)} of RAM.`
  const why = reason === null ? '' : ` With less: ${reason.sentence}`
  return wrapped(harmless(size + why), paper.width, '  ')
}

function headroomText(paper: Paper, { hosts, lost, total, perHost, perHostAfter, reason }: Headroom): string {
  const fit = `${hosts} hosts of which ${lost} may fail: ${total} fit, ${perHost} on a host, ${perHostAfter} after the failure.`
  const why = reason === null ? '' : ` One more on a surviving host: ${reason.sentence}`
  return wrapped(harmless(fit + why), paper.width, '  ')
}

const curveCsv = (capacities: readonly Capacity[]): string =>
  csv(
    ['strategy', 'count', 'holds', 'least free [bytes]', 'Mlocked [bytes]', 'last ready [s]'],
    capacities.flatMap(({ strategy, curve }) =>
      curve.map(point => [
        strategy,
        point.count,
        point.holds,
        point.minFreeBytes,
        point.peakMlockedBytes,
        point.lastReadyS,
      ]),
    ),
  )
