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

/** Memory of one workload, all instances together: what is locked, what is not, what is away. */
export function workloadMemory(series: Curves, workload: string): ChartModel {
  const curve = (name: string): readonly number[] =>
    series.series.find(one => one.scope === workload && one.name === name)?.values ?? []
  const [resident, locked, swapped] = [curve('VmRSS'), curve('Locked'), curve('VmSwap')]
  const least = (name: string): number[] => curve(name).map(value => Math.max(0, value))
  const pinned = least('VmPin').map((all, at) =>
    Math.max(0, Math.min(all, (resident[at] ?? 0) - (locked[at] ?? 0))),
  )
  const absent = least('VmLck').map((all, at) => Math.max(0, all - (locked[at] ?? 0)))
  const rest = resident.map((all, at) => Math.max(0, all - (locked[at] ?? 0) - (pinned[at] ?? 0)))
  const parts = [
    { id: 'hugetlb', label: 'hugetlb', colour: '--kind-hugetlb', values: least('HugetlbPages') },
    { id: 'pinned', label: 'pinned', colour: '--kind-pinned', values: pinned },
    { id: 'locked', label: 'locked, resident', colour: '--kind-locked', values: [...locked] },
    { id: 'resident', label: 'resident, not locked', colour: '--kind-resident', values: rest },
    { id: 'swapped', label: 'swapped', colour: '--kind-swapped', values: [...swapped] },
    {
      ...{ id: 'absent', label: 'locked, absent', colour: '--kind-locked', isHatched: true as const },
      values: absent,
    },
  ].filter(({ values }) => largest(values) > 0)
  const unit = byteUnit(peakOf(parts).value)
  const most = largest(resident)
  return {
    ...{ id: 'workload', title: `Memory of ${workload}`, unit: unit.name, timesS: series.timesS, lines: [] },
    layers: parts.map(part => ({ ...part, shape: 'level', values: scaled(part.values, unit.bytes) })),
    summary: `At most ${bytes(most)} resident, ${bytes(largest(locked))} of locked memory, ${bytes(largest(swapped))} in swap.`,
    emptyText: `${workload} has no memory in this run.`,
  }
}
