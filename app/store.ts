/**
 * What the application needs to have kept. Times are milliseconds since 1970. Every change is on disk when its function
 * comes back, or nothing of it is and the function throws.
 */
import type { KernelChoice, MachineProfile, Scenario } from '../engine/scenario.ts'
import type { CostTable } from '../engine/sim/costs.ts'
import type { RunResult } from '../engine/sim/result.ts'
import type { Measurement } from '../engine/planner/reality.ts'
import type { ScaledRun } from '../engine/planner/reality/scaled-run.ts'
import type { MACHINE_ORIGINS } from './contract-shapes.ts'
import type { Output, PlanDocument, PlanEntry, SavedKernel, Settings } from './contract.ts'

/** A plan at the revision where undo and redo have left it. */
export interface StoredPlan extends PlanEntry {
  readonly document: PlanDocument
  /** What the last edit was called, and the next one; null where there is none. */
  readonly undo: string | null
  readonly redo: string | null
}

/** A document with what lists show of it, and what its edit is called. */
export interface PlanDraft {
  readonly document: PlanDocument
  readonly name: string
  readonly doc: string
  readonly label: string
  /** Edits of one gesture are one step of undo: each takes the place of the one before it. */
  readonly gesture?: string | undefined
}

export interface PlanStore {
  list: (where: 'in use' | 'in the trash') => readonly PlanEntry[]
  get: (id: string) => StoredPlan | null
  create: (draft: PlanDraft) => StoredPlan
  /** Null where the newest revision is another one. What could be redone is forgotten. */
  edit: (id: string, revision: number, draft: PlanDraft) => StoredPlan | null
  /** Null where there is nothing to take back. A number of a revision is never given to another text. */
  undo: (id: string) => StoredPlan | null
  redo: (id: string) => StoredPlan | null
  setDeleted: (id: string, deleted: boolean) => void
}

export interface MachineDraft {
  readonly machine: MachineProfile
  /** The kernel that plans on it start with; null leaves it to the plan. */
  readonly kernel: KernelChoice | null
  readonly origin: MachineOrigin
  readonly note: string
}
export type MachineOrigin = (typeof MACHINE_ORIGINS)[number]

export interface StoredMachine extends MachineDraft {
  readonly id: string
  readonly changedAtMs: number
}

export interface MachineStore {
  list: () => readonly StoredMachine[]
  get: (id: string) => StoredMachine | null
  /** A new one where no id is given. */
  save: (id: string | null, machine: MachineDraft) => StoredMachine
  delete: (id: string) => void
}

export interface KernelDraft {
  readonly title: string
  readonly choice: KernelChoice
  readonly note: string
}

/** Kernels that a person put together. */
export interface KernelStore {
  list: () => readonly SavedKernel[]
  /** A new one where no id is given. */
  save: (id: string | null, kernel: KernelDraft) => SavedKernel
  delete: (id: string) => void
}

/** The file itself: how large it is, whether it is whole, and copies of it. */
export interface StoreCare {
  /** Null where nothing is on disk. */
  state: () => Pick<Output<'store.get'>, 'sizeBytes' | 'version' | 'backups'>
  /** Null where it is whole, else what is wrong. */
  fault: () => string | null
  /** Makes a backup beside the store. */
  backUp: () => void
  /** Plans in use of a backup with their documents, oldest change last; null where there is no such backup. */
  plansOf: (backup: string) => readonly StoredPlan[] | null
}

/** A finished run, to be kept. */
export interface RunDraft {
  readonly planId: string
  readonly revision: number
  readonly startedAtMs: number
  readonly tookMs: number
  readonly scenario: Scenario
  readonly result: RunResult
}

/** What a list shows of a run. How long it took may not have been kept. */
export interface RunHead {
  readonly id: string
  readonly planId: string | null
  readonly revision: number | null
  readonly startedAtMs: number
  readonly tookMs: number | null
}

/** With everything that can be asked of it. */
export interface StoredRun extends RunHead {
  readonly scenario: Scenario
  readonly result: RunResult
}

export interface RunStore {
  /** Keeps a run, under the id that comes back; older ones of the same plan may go. */
  save: (run: RunDraft) => string
  get: (id: string) => StoredRun | null
  /** Of a plan, the newest first. */
  list: (planId: string) => readonly RunHead[]
}

/** A measurement of a plan and how its prediction is made again. */
export interface MeasurementDraft {
  readonly planId: string
  readonly measurement: Measurement
  /** The scaled plan that was run; null where the plan itself is compared. */
  readonly scaled: ScaledRun | null
}

export interface StoredMeasurement extends MeasurementDraft {
  readonly id: string
  readonly madeAtMs: number
}

export interface MeasurementStore {
  /** Of a plan, the newest first, without their samples. */
  list: (planId: string) => readonly StoredMeasurement[]
  get: (id: string) => StoredMeasurement | null
  add: (measurement: MeasurementDraft) => StoredMeasurement
  /** Other times, notes or title; samples stay. */
  change: (id: string, measurement: Omit<Measurement, 'samples'>) => void
  delete: (id: string) => void
}

export const KEPT_THINGS = [
  'plans',
  'machines',
  'kernels',
  'costs',
  'runs',
  'measurements',
  'settings',
  'everything',
] as const

/** A cost table that was measured, with its history. */
export interface MeasuredCosts {
  readonly table: CostTable
  readonly source: string
  /** Version of the program. */
  readonly program: string
  /** The saved machine that it was measured on. */
  readonly machineId: string | null
}

export interface Store {
  /** The file; null where it is only in memory. */
  readonly place: string | null
  readonly plans: PlanStore
  readonly machines: MachineStore
  readonly runs: RunStore
  readonly measurements: MeasurementStore
  readonly kernels: KernelStore
  readonly costs: {
    list: () => readonly CostTable[]
    records: () => Output<'costs.records'>
    /** One that was measured, in the place of one with the same id. */
    save: (measured: MeasuredCosts) => void
    delete: (id: string) => void
  }
  readonly care: StoreCare
  readonly settings: {
    get: () => Settings
    set: (values: Settings) => void
  }
  /** What another process has changed since this was asked last. */
  changedElsewhere: () => readonly (typeof KEPT_THINGS)[number][]
  /** What an error of the store means and what can be done about it; null for errors of the program. */
  problemOf: (error: unknown) => string | null
  close: () => void
}
