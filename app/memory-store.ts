/** A store that lasts as long as the program: for tests, and where there is nowhere to keep a file. */
import { randomUUID } from 'node:crypto'
import type { SavedKernel, Settings } from './contract.ts'
import type {
  KernelStore,
  MachineStore,
  MeasuredCosts,
  MeasurementStore,
  PlanDraft,
  PlanStore,
  RunStore,
  Store,
  StoredMachine,
  StoredMeasurement,
  StoredPlan,
  StoredRun,
} from './store.ts'

export function memoryStore(now: () => number = Date.now): Store {
  let settings: Settings = {}
  return {
    place: null,
    plans: planStore(now),
    machines: machineStore(now),
    kernels: kernelStore(now),
    runs: runStore(),
    costs: costStore(now),
    measurements: measurementStore(now),
    care: {
      state: () => ({ sizeBytes: null, version: null, backups: [] }),
      fault: () => null,
      backUp: () => {},
      plansOf: () => null,
    },
    settings: {
      get: () => settings,
      set: values => {
        settings = { ...settings, ...values }
      },
    },
    changedElsewhere: () => [],
    problemOf: () => null,
    close: () => {},
  }
}

interface History {
  readonly id: string
  drafts: PlanDraft[]
  /** Index of the draft that counts. */
  at: number
  revision: number
  changedAtMs: number
  deletedAtMs: number | null
}

function planStore(now: () => number): PlanStore {
  const histories = new Map<string, History>()
  const found = (id: string): History => {
    const history = histories.get(id)
    if (history === undefined) throw new Error(`no plan ${id}`)
    return history
  }
  const changed = (history: History, at: number): StoredPlan => {
    Object.assign(history, { at, revision: history.revision + 1, changedAtMs: now() })
    return planOf(history)
  }
  return {
    list: where =>
      [...histories.values()]
        .filter(({ deletedAtMs }) => (deletedAtMs === null) === (where === 'in use'))
        .map(planOf)
        .toSorted((a, b) => b.changedAtMs - a.changedAtMs),
    get: id => {
      const history = histories.get(id)
      return history === undefined ? null : planOf(history)
    },
    create: draft => {
      const history = { drafts: [draft], at: 0, revision: 1, changedAtMs: now(), deletedAtMs: null }
      const id = randomUUID()
      histories.set(id, { id, ...history })
      return planOf(found(id))
    },
    edit: (id, revision, draft) => {
      const history = found(id)
      if (history.revision !== revision) return null
      const { gesture } = history.drafts[history.at] ?? {}
      const isSame = gesture !== undefined && gesture === draft.gesture
      const at = isSame ? history.at : history.at + 1
      history.drafts = [...history.drafts.slice(0, at), draft]
      return changed(history, at)
    },
    undo: id => (found(id).at === 0 ? null : changed(found(id), found(id).at - 1)),
    redo: id => (found(id).at + 1 >= found(id).drafts.length ? null : changed(found(id), found(id).at + 1)),
    setDeleted: (id, deleted) => {
      found(id).deletedAtMs = deleted ? now() : null
    },
  }
}

function planOf({ id, drafts, at, revision, changedAtMs, deletedAtMs }: History): StoredPlan {
  const draft = drafts[at]
  if (draft === undefined) throw new Error(`plan ${id} has no draft ${at}`)
  const { document, name, doc, label } = draft
  const undo = at === 0 ? null : label
  const redo = drafts[at + 1]?.label ?? null
  return { id, document, name, doc, revision, changedAtMs, deletedAtMs, undo, redo }
}

function costStore(now: () => number): Store['costs'] {
  const kept = new Map<string, MeasuredCosts & { readonly madeAtMs: number }>()
  return {
    list: () => [...kept.values()].map(({ table }) => table),
    records: () =>
      [...kept.values()].map(({ table: { id }, source, program, machineId, madeAtMs }) => ({
        ...{ id, source, program, machineId, madeAtMs, provenance: 'measured' },
      })),
    save: measured => void kept.set(measured.table.id, { ...measured, madeAtMs: now() }),
    delete: id => void kept.delete(id),
  }
}

function machineStore(now: () => number): MachineStore {
  const machines = new Map<string, StoredMachine>()
  return {
    list: () => [...machines.values()],
    get: id => machines.get(id) ?? null,
    save: (id, draft) => {
      const saved = { id: id ?? randomUUID(), ...draft, changedAtMs: now() }
      machines.set(saved.id, saved)
      return saved
    },
    delete: id => void machines.delete(id),
  }
}

function kernelStore(now: () => number): KernelStore {
  const kernels = new Map<string, SavedKernel>()
  return {
    list: () => [...kernels.values()],
    save: (id, draft) => {
      const saved = { id: id ?? randomUUID(), ...draft, changedAtMs: now() }
      kernels.set(saved.id, saved)
      return saved
    },
    delete: id => void kernels.delete(id),
  }
}

/** Runs that are kept of one plan. */
const KEPT = 3

function runStore(): RunStore {
  let runs: StoredRun[] = []
  const list = (planId: string): StoredRun[] => runs.filter(run => run.planId === planId)
  return {
    save: run => {
      const old = new Set(list(run.planId).slice(KEPT - 1))
      const id = randomUUID()
      runs = [{ id, ...run }, ...runs.filter(one => !old.has(one))]
      return id
    },
    get: id => runs.find(run => run.id === id) ?? null,
    list,
  }
}

function measurementStore(now: () => number): MeasurementStore {
  let all: readonly StoredMeasurement[] = []
  return {
    list: planId =>
      all
        .filter(each => each.planId === planId)
        .map(each => ({ ...each, measurement: { ...each.measurement, samples: [] } })),
    get: id => all.find(each => each.id === id) ?? null,
    add: draft => {
      const stored = { id: randomUUID(), madeAtMs: now(), ...draft }
      all = [stored, ...all]
      return stored
    },
    change: (id, changed) => {
      all = all.map(each =>
        each.id === id ? { ...each, measurement: { ...changed, samples: each.measurement.samples } } : each,
      )
    },
    delete: id => {
      all = all.filter(each => each.id !== id)
    },
  }
}
