/** The lists of the engine, as questions ask for them. */
import { DEVICES } from '../engine/data/devices.ts'
import { machineNamed } from '../engine/machines.ts'
import type { Catalog } from '../engine/planner/catalog.ts'
import { STRATEGIES } from '../engine/strategies/index.ts'
import { WORKLOADS } from '../engine/workloads/index.ts'

export const CATALOG: Catalog = {
  workloads: WORKLOADS,
  strategies: STRATEGIES,
  devices: DEVICES.map(({ id }) => id),
  machine: machineNamed,
}
