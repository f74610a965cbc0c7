/** What there is to choose from: kernels and their changes, workloads, strategies, devices, metrics. */
import { DEVICES, type DeviceProfile } from '../engine/data/devices.ts'
import { CHANGES } from '../engine/kernels/changes.ts'
import { KERNELS } from '../engine/kernels/releases.ts'
import { METRICS } from '../engine/planner/metrics.ts'
import { DEFAULT_COSTS } from '../engine/sim/default-costs.ts'
import type { CostTable } from '../engine/sim/costs.ts'
import { STRATEGIES } from '../engine/strategies/index.ts'
import { WORKLOADS } from '../engine/workloads/index.ts'
import manifest from '../package.json' with { type: 'json' }
import type { MetricEntry, Output } from './contract.ts'
import type { Store } from './store.ts'

export function kernels(): Output<'kernels.list'> {
  return KERNELS.map(({ name, title, release, plus = [], minus = [], measured = null }) => ({
    ...{ name, title, release, measured },
    plus: [...plus],
    minus: [...minus],
  }))
}

export function changes(): Output<'kernels.changes'> {
  return CHANGES.map(({ id, since, commit = null, subject = null, effect }) => ({
    ...{ id, since, commit, subject, effect },
  }))
}

export function workloads(): Output<'catalog.workloads'> {
  return WORKLOADS.map(({ id, title, help, params, defaultStrategy }) => ({
    ...{ id, title, help, params, defaultStrategy },
  }))
}

export function strategies(): Output<'catalog.strategies'> {
  return STRATEGIES.map(({ id, title, help, params, needs = [] }) => ({
    ...{ id, title, help, params },
    needs: [...needs],
  }))
}

export const devices = (): readonly DeviceProfile[] => DEVICES

export function metrics(): readonly MetricEntry[] {
  return METRICS.map(({ id, title, help, unit, better }) => ({ id, title, help, unit, better }))
}

/** The engine's own table, then those of the store. */
export const costTables = (store: Store): readonly CostTable[] => [
  DEFAULT_COSTS,
  ...store.costs.list().map(complete),
]

/** A table that an older version measured has no cost for what is counted since then: the program's own stand in. */
function complete(table: CostTable): CostTable {
  const has = new Set(table.units.map(({ kind }) => kind))
  const missing = DEFAULT_COSTS.units.filter(({ kind }) => !has.has(kind))
  return missing.length === 0 ? table : { ...table, units: [...table.units, ...missing] }
}

/** Where each of them comes from. */
export const costRecords = (store: Store): Output<'costs.records'> => [
  {
    ...{ id: DEFAULT_COSTS.id, provenance: 'published', source: DEFAULT_COSTS.source },
    ...{ program: manifest.version, machineId: null, madeAtMs: null },
  },
  ...store.costs.records(),
]
