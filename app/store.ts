/**
 * What the application needs to have kept. Times are milliseconds since 1970. Every change is on disk, or refused with a
 * `StoreProblem`, when its function comes back.
 */
import type { MachineProfile, Scenario } from '../engine/scenario.ts'
import type { CostTable } from '../engine/sim/costs.ts'
import type { RunResult } from '../engine/sim/result.ts'
import type { PlanDocument, PlanEntry, Settings } from './contract.ts'

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
  /** Null where there is nothing to take back. The revision grows all the same: it counts changes. */
  undo: (id: string) => StoredPlan | null
  redo: (id: string) => StoredPlan | null
  setDeleted: (id: string, deleted: boolean) => void
}

export interface StoredMachine {
  readonly id: string
  readonly machine: MachineProfile
}

export interface MachineStore {
  list: () => readonly StoredMachine[]
  get: (id: string) => StoredMachine | null
  /** A new one where no id is given. */
  save: (id: string | null, machine: MachineProfile) => StoredMachine
  delete: (id: string) => void
}

/** A finished run with everything that can be asked of it. */
export interface StoredRun {
  readonly id: string
  readonly planId: string
  readonly revision: number
  readonly startedAtMs: number
  readonly tookMs: number
  readonly scenario: Scenario
  readonly result: RunResult
}

export interface RunStore {
  /** Keeps a run; older ones of the same plan may go. */
  save: (run: StoredRun) => void
  get: (id: string) => StoredRun | null
  /** Of a plan, the newest first. */
  list: (planId: string) => readonly StoredRun[]
}

export interface Store {
  /** The file; null where it is only in memory. */
  readonly place: string | null
  readonly plans: PlanStore
  readonly machines: MachineStore
  readonly runs: RunStore
  readonly costs: { list: () => readonly CostTable[] }
  readonly settings: {
    get: () => Settings
    set: (values: Settings) => void
  }
  /** Whether another process has changed something since this was asked last. */
  changedElsewhere: () => boolean
  close: () => void
}

/** What a store may have to refuse: the disk is full, the file is locked or read-only. Nothing was changed. */
export class StoreProblem extends Error {
  override readonly name = 'StoreProblem'
}
