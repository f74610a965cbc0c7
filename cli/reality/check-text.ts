/** A reality check as text: the verdict, the curves side by side, events, what is likeliest behind it. */
import type {
  CurveComparison,
  EventComparison,
  Measurement,
  RealityCheck,
} from '../../engine/planner/reality.ts'
import { clock } from '../../engine/planner/reality.ts'
import { formatBytes } from '../../engine/quantity.ts'
import { exitCodes } from '../exit-codes.ts'
import { harmless } from '../text/harmless.ts'
import { json } from '../text/json.ts'
import { evenly, sparkline } from '../text/sparkline.ts'
import { table, wrapped } from '../text/table.ts'
import { print, standardPaper, type Paper } from '../text/terminal.ts'

export const CHECK_FORMAT = 'holdfast-reality/1'

/** Prints a check and answers 1 where the two sides part, unless the work was interrupted. */
export function tellCheck(
  check: RealityCheck,
  measurement: Measurement,
  options: { readonly json?: true; readonly more?: object },
): void {
  if (options.json === true) console.log(json({ format: CHECK_FORMAT, ...options.more, check, measurement }))
  else {
    const paper = standardPaper()
    print(paper, checkText(paper, check, measurement))
  }
  if (!check.agrees && process.exitCode === undefined) process.exitCode = exitCodes.doesNotHold
}

function checkText(paper: Paper, check: RealityCheck, measurement: Measurement): string {
  const { title, samples, notes } = measurement
  const lastS = samples.at(-1)?.atS ?? 0
  return [
    paper.ink('bold', harmless(`${title}: ${samples.length} samples over ${clock(lastS)}`)),
    wrapped(harmless(check.verdict), paper.width),
    curvesText(paper, check.curves),
    ...(check.events.length === 0 ? [] : [eventsText(paper, check.events)]),
    ...check.causes
      .slice(0, 4)
      .map(({ title: cause, sentence, fix, weight }, i) =>
        wrapped(
          harmless(`${i + 1}. ${cause} (${(weight * 100).toFixed(0)} %): ${sentence} ${fix}`),
          paper.width,
        ),
      ),
    ...notes.map(note => wrapped(paper.ink('dim', harmless(note)), paper.width)),
  ].join('\n\n')
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

function curvesText(paper: Paper, curves: readonly CurveComparison[]): string {
  const columns = [
    { title: 'curve' },
    { title: 'measured' },
    { title: 'predicted' },
    { title: 'at most', right: true },
    { title: 'mean error', right: true },
    { title: 'worst', right: true },
    { title: 'at', right: true },
    { title: 'parts', right: true },
  ]
  const rows = curves.map(curve => {
    const { scope, name, points, peak, meanError, worstError, worstAtS, partsAtS, unit } = curve
    const times = points.map(({ atS }) => atS)
    const line = (of: 'measured' | 'predicted'): string =>
      sparkline(
        evenly(
          times,
          points.map(point => point[of]),
          60,
        ),
        16,
        paper.unicode,
      )
    return [
      harmless(scope === 'host' ? name : `${scope} ${name}`),
      line('measured'),
      line('predicted'),
      unit === 'bytes' ? formatBytes(peak) : String(Math.round(peak)),
      percent(meanError),
      percent(worstError),
      clock(worstAtS),
      partsAtS === null ? 'no' : clock(partsAtS),
    ]
  })
  return table(paper, columns, rows)
}

function eventsText(paper: Paper, events: readonly EventComparison[]): string {
  const value = (amount: number | null, unit: EventComparison['unit']): string =>
    amount === null ? 'never' : unit === 's' ? `${amount.toPrecision(3)} s` : String(amount)
  const columns = [
    { title: 'event' },
    { title: 'measured', right: true },
    { title: 'predicted', right: true },
    { title: 'error', right: true },
  ]
  const rows = events.map(({ what, workload, measured, predicted, unit, error }) => [
    harmless(`${workload} ${what}`),
    value(measured, unit),
    value(predicted, unit),
    error === null ? '' : percent(error),
  ])
  return table(paper, columns, rows)
}
