/** Memory over time: all of the host by kind, and what is locked by workload. */
import type { BudgetCurves, Curves } from './curves.ts'
import { byteUnit, bytes, clock } from './format.ts'
import { KINDS, tint } from './kinds.ts'
import { largest, peakOf, type ChartModel, type Layer } from './model.ts'

const scaled = (values: readonly number[], unit: number): number[] => values.map(value => value / unit)

export function hostMemory(budget: BudgetCurves): ChartModel {
  const unit = byteUnit(budget.memTotalBytes)
  const layers = KINDS.filter(({ part }) => part !== 'free' && largest(budget.parts[part]) > 0).map(
    ({ part, label, colour }): Layer => ({
      ...{ id: part, label, colour, shape: 'level' },
      values: scaled(budget.parts[part], unit.bytes),
    }),
  )
  const peak = peakOf(layers)
  const atS = budget.timesS[peak.at] ?? 0
  return {
    ...{ id: 'host-memory', title: 'Host memory', unit: unit.name, timesS: budget.timesS, layers },
    lines: [{ label: `MemTotal ${bytes(budget.memTotalBytes)}`, value: budget.memTotalBytes / unit.bytes }],
    summary: `At most ${bytes(peak.value * unit.bytes)} of ${bytes(budget.memTotalBytes)} in use, at ${clock(atS)}.`,
    emptyText: 'Nothing runs on this host.',
  }
}

/** Locked and resident by workload, with what is locked and absent hatched on top. */
export function lockedMemory(series: Curves, workloads: readonly string[]): ChartModel {
  const curve = (scope: string, name: string): readonly number[] =>
    series.series.find(one => one.scope === scope && one.name === name)?.values ?? []
  const parts = workloads.flatMap((scope, at) => {
    const resident = curve(scope, 'Locked')
    const absent = curve(scope, 'VmLck').map((all, point) => Math.max(0, all - (resident[point] ?? 0)))
    return [
      { id: `${scope}:resident`, label: scope, colour: tint(at), values: resident },
      {
        id: `${scope}:absent`,
        label: `${scope}, absent`,
        colour: tint(at),
        isHatched: true as const,
        values: absent,
      },
    ]
  })
  const used = parts.filter(({ values }) => largest(values) > 0)
  const order = [...used.filter(part => !('isHatched' in part)), ...used.filter(part => 'isHatched' in part)]
  const peak = peakOf(order)
  const unit = byteUnit(peak.value)
  const residentPeak = peakOf(order.filter(part => !('isHatched' in part))).value
  return {
    ...{ id: 'locked', title: 'Locked memory', unit: unit.name, timesS: series.timesS, lines: [] },
    layers: order.map(part => ({ ...part, shape: 'level', values: scaled(part.values, unit.bytes) })),
    summary: `At most ${bytes(peak.value)} of address space locked, ${bytes(residentPeak)} of it resident.`,
    emptyText: 'Nothing is locked. Give a workload a strategy such as mlock or mlock2, on fault.',
  }
}
