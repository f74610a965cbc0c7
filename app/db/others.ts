/** Machines, kernels, cost tables and runs as rows. */
import type { RunInfo } from '../../db/runs.ts'
import type { Store as Db } from '../../db/store.ts'
import { checkScenario } from '../../formats/plan/read-plan.ts'
import type { Output, SavedKernel } from '../contract.ts'
import type { KernelStore, MachineStore, MeasuredCosts, RunHead, RunStore, StoredMachine } from '../store.ts'
import { knownRow, rowOf } from './ids.ts'

export function machineStore({ machines }: Db): MachineStore {
  const machineOf = ({ id, profile, changedMs, ...row }: ReturnType<typeof machines.add>): StoredMachine => ({
    ...{ id: String(id), machine: profile, changedAtMs: changedMs },
    ...{ kernel: row.kernel, origin: row.origin, note: row.note },
  })
  return {
    list: () => machines.list().map(machineOf),
    get: id => {
      const row = rowOf(id)
      const machine = row === null ? null : machines.get(row)
      return machine === null ? null : machineOf(machine)
    },
    save: (id, { machine: profile, ...rest }) => {
      const draft = { profile, ...rest }
      return machineOf((id === null ? null : machines.change(knownRow(id), draft)) ?? machines.add(draft))
    },
    delete: id => void machines.remove(knownRow(id)),
  }
}

export function kernelStore({ kernels }: Db): KernelStore {
  const kernelOf = ({ id, changedMs, ...draft }: ReturnType<typeof kernels.add>): SavedKernel => ({
    ...{ id: String(id), ...draft, changedAtMs: changedMs },
  })
  return {
    list: () => kernels.list().map(kernelOf),
    save: (id, draft) => {
      const row = id === null ? null : rowOf(id)
      return kernelOf((row === null ? null : kernels.change(row, draft)) ?? kernels.add(draft))
    },
    delete: id => {
      const row = rowOf(id)
      if (row !== null) kernels.remove(row)
    },
  }
}

export function saveCosts({ costTables }: Db, { table, source, program, machineId }: MeasuredCosts): void {
  const row = machineId === null ? null : knownRow(machineId)
  costTables.save({ table, source, program, provenance: 'measured', machineId: row })
}

export const costRecords = ({ costTables }: Db): Output<'costs.records'> =>
  costTables.list().map(({ table, provenance, source, program, machineId, madeMs }) => ({
    ...{ id: table.id, provenance, source, program, madeAtMs: madeMs },
    machineId: machineId === null ? null : String(machineId),
  }))

export function runStore({ runs }: Db): RunStore {
  const headOf = ({ id, planId, revision, madeMs }: RunInfo): RunHead => ({
    ...{ id: String(id), planId: planId === null ? null : String(planId), revision },
    ...{ startedAtMs: madeMs, tookMs: null },
  })
  return {
    save: ({ planId, revision, scenario, result }) => {
      const draft = { planId: knownRow(planId), revision, title: scenario.name, result }
      return String(runs.save({ ...draft, scenario: JSON.stringify(scenario) }).id)
    },
    get: id => {
      const row = rowOf(id)
      const info = row === null ? undefined : runs.list().find(run => run.id === row)
      const [text, result] = row === null ? [null, null] : [runs.scenario(row), runs.load(row)]
      if (info === undefined || text === null || result === null) return null
      // A scenario of an older version that can no longer be made: its curves would still be those of the run.
      const read = checkScenario(JSON.parse(text))
      return read.ok ? { ...headOf(info), scenario: read.scenario, result } : null
    },
    list: planId => {
      const row = rowOf(planId)
      return row === null ? [] : runs.list(row).map(headOf)
    },
  }
}
