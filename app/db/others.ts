/** Machines and runs as rows. */
import type { RunInfo } from '../../db/runs.ts'
import type { Store as Db } from '../../db/store.ts'
import { checkScenario } from '../../formats/plan/read-plan.ts'
import type { MachineStore, RunHead, RunStore, StoredMachine } from '../store.ts'
import { knownRow, rowOf } from './ids.ts'

export function machineStore({ machines }: Db): MachineStore {
  const machineOf = ({ id, profile, kernel, origin }: ReturnType<typeof machines.add>): StoredMachine => ({
    ...{ id: String(id), machine: profile, kernel, probed: origin === 'probed' },
  })
  return {
    list: () => machines.list().map(machineOf),
    get: id => {
      const row = rowOf(id)
      const machine = row === null ? null : machines.get(row)
      return machine === null ? null : machineOf(machine)
    },
    save: (id, profile, { kernel, probed } = {}) => {
      const before = id === null ? null : machines.get(knownRow(id))
      const draft = {
        ...{ profile, kernel: kernel === undefined ? (before?.kernel ?? null) : kernel },
        origin: probed === true ? 'probed' : (before?.origin ?? 'typed'),
        note: before?.note ?? '',
      } as const
      return machineOf((id === null ? null : machines.change(knownRow(id), draft)) ?? machines.add(draft))
    },
    delete: id => void machines.remove(knownRow(id)),
  }
}

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
