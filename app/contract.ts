/**
 * Everything that can be asked of the application, and everything it tells on its own accord: one table, which every
 * shell carries and no shell knows in detail. To add a method, add an entry; the compiler names what is missing.
 */
import { z } from 'zod'
import type { BreakEven } from '../engine/planner/compare/break-even.ts'
import type { Capacity, SmallestHost } from '../engine/planner/capacity.ts'
import type { PlanChange } from '../engine/planner/compatibility/changes.ts'
import type { Choice } from '../engine/planner/compare/choices.ts'
import type { Comparison } from '../engine/planner/compare.ts'
import type { Headroom } from '../engine/planner/headroom.ts'
import type { GuestFacts } from '../engine/planner/limits/guest.ts'
import type { LimitAnswer, LimitSetting } from '../engine/planner/limits/rule.ts'
import type { MonteCarlo } from '../engine/planner/monte-carlo.ts'
import type { ProcessLimit } from '../engine/planner/process-limits.ts'
import type { Sensitivity } from '../engine/planner/sensitivity.ts'
import type { Sweep } from '../engine/planner/sweep.ts'
import type { CostTable } from '../engine/sim/costs.ts'
import type { ReportDocument } from '../formats/export/report/document.ts'
import type { DeviceProfile } from '../engine/data/devices.ts'
import type { Explanation, Finding, Snapshot } from '../engine/sim/result.ts'
import type { Fidelity } from '../engine/planner/fidelity.ts'
import type { LiveMachine, Measurement, RealityCheck } from '../engine/planner/reality.ts'
import { MEASURED_SOURCES } from '../engine/planner/reality/measured.ts'
import type { ScaledRun } from '../engine/planner/reality/scaled-run.ts'
import type { TargetConfiguration } from '../formats/export/config/target.ts'
import * as shape from './contract-shapes.ts'
import { RESCUE_WAYS } from './rescue-ways.ts'
import { KEPT_THINGS } from './store.ts'

export type * from './contract-shapes.ts'
export type * from '../formats/export/report/document.ts'
export type { TargetConfiguration } from '../formats/export/config/target.ts'

/** A method: what it takes, what it gives, and whether it may say how far it is. */
export interface MethodSpec {
  readonly input: z.ZodType
  readonly output: z.ZodType
  readonly progress?: true
}

const none = z.strictObject({})
const plan = z.strictObject({ id: shape.id })
const run = z.strictObject({ runId: shape.id })
const about = z.strictObject({ subject: shape.subject })
const done = z.object({})
const { data } = shape

/** Locked memory of one variant, thinned: the most of each of equal parts of the time. */
export interface VariantCurves {
  readonly name: string
  readonly timesS: readonly number[]
  /** Bytes in locked areas that are there, and locked address space in all. */
  readonly lockedResident: readonly number[]
  readonly locked: readonly number[]
}

export interface ComparisonAnswer {
  /** Of each variant, what it sets in the plan, as the plan has it; null where that cannot be written. */
  readonly sets: readonly (Readonly<Record<string, unknown>> | null)[]
  readonly curves: readonly VariantCurves[] | null
  readonly comparison: Comparison
  readonly breakEven: BreakEven | null
}

export interface CapacityAnswer {
  readonly capacities: readonly Capacity[]
  readonly smallest: SmallestHost | null
  readonly headroom: Headroom | null
  readonly complete: boolean
}

export interface MetricEntry {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly unit: 's' | 'ns' | 'bytes' | 'count' | 'share'
  readonly better: 'less' | 'more' | null
}

/** A combination that does not go together, with the edits of the plan that would mend it. */
export interface CompatibilityAnswer extends Finding {
  readonly source: string
  readonly changes: readonly PlanChange[]
}

/** What other systems set for a guest, and what they can be told to do otherwise. */
export interface SystemsAnswer {
  /** With every default filled in. */
  readonly guest: GuestFacts
  readonly systems: readonly LimitAnswer[]
  readonly settings: readonly { readonly system: string; readonly settings: readonly LimitSetting[] }[]
}

/** A field that an axis, a sweep or a draw may move. */
export interface FieldEntry {
  readonly path: string
  /** The same place in the plan's file. */
  readonly written: string
  readonly title: string
  readonly kind: string
  /** Its present value as a person would type it. */
  readonly shown: string
}

/** What can be measured where the application runs. */
export interface RealityPlace {
  /** Whether plans can be run and processes followed; recordings can be read anywhere. */
  readonly canMeasure: boolean
  /** Why not, or what is missing for all of it. */
  readonly sentence: string
  readonly machine: LiveMachine | null
}

/** A process that can be followed. */
export interface ProcessEntry {
  readonly pid: number
  readonly name: string
  readonly rssBytes: number
  readonly lockedBytes: number
  readonly pinnedBytes: number
  readonly swapBytes: number
  readonly threads: number
  /** Whether smaps_rollup may be read: only then is it known how much of the locked memory is resident. */
  readonly isReadable: boolean
}

/** A measurement without its samples. */
export type MeasurementHead = Omit<Measurement, 'samples'> & {
  readonly id: string
  readonly planId: string
  readonly madeAtMs: number
  /** How the plan was made smaller; null where a process was followed or recorded. */
  readonly scaled: Pick<ScaledRun, 'by' | 'limitBytes' | 'leftOut'> | null
}

export interface RealityView {
  readonly head: MeasurementHead
  readonly check: RealityCheck
}

export const METHODS = {
  'about.get': {
    input: none,
    output: z.object({
      name: z.string(),
      version: z.string(),
      planFormat: z.string(),
      runtime: z.string(),
      platform: z.string(),
      /** Where plans are kept; null where they are kept only while the program runs. */
      store: z.string().nullable(),
      processors: z.number(),
      /** What figures depend on besides the version. */
      model: z.object({
        result: z.string(),
        kernels: z.number(),
        newestKernel: z.string(),
        costs: z.string(),
      }),
    }),
  },

  /** Why the store does not open, and what can be done about it; null where it is open. */
  'rescue.get': { input: none, output: shape.rescue },
  /** Does it, and opens the store. A backup is chosen by its name; the newest if none is. */
  'rescue.carryOut': {
    input: z.strictObject({ way: z.enum(RESCUE_WAYS), backup: z.string().min(1).max(300).optional() }),
    output: z.object({ sentence: z.string() }),
  },

  'plans.list': {
    input: z.strictObject({ search: z.string().max(200).optional(), trash: z.boolean().optional() }),
    output: z.array(shape.planEntry),
  },
  'plans.get': { input: plan, output: shape.planView },
  'plans.create': {
    input: z.strictObject({ name: shape.name.optional(), origin: shape.origin }),
    output: shape.planView,
  },
  /** A new revision. `revision` is the one that was edited; where that is no longer the newest, nothing is changed. */
  'plans.edit': {
    input: z.strictObject({
      id: shape.id,
      revision: z.int().min(0),
      document: shape.document,
      label: z.string().max(200).optional(),
      /** Edits of one gesture, such as dragging a slider, are one step of undo. */
      gesture: z.string().min(1).max(100).optional(),
    }),
    output: shape.planView,
  },
  'plans.undo': { input: plan, output: shape.planView },
  'plans.redo': { input: plan, output: shape.planView },
  'plans.duplicate': {
    input: z.strictObject({ id: shape.id, name: shape.name.optional() }),
    output: shape.planView,
  },
  'plans.rename': { input: z.strictObject({ id: shape.id, name: shape.name }), output: shape.planView },
  /** Puts it into the trash. */
  'plans.delete': { input: plan, output: done },
  'plans.restore': { input: plan, output: shape.planView },
  /** What is wrong with a plan that is not stored. */
  'plans.check': { input: z.strictObject({ document: shape.document }), output: shape.checked },
  'plans.templates': { input: none, output: z.array(shape.template) },

  /** Starts a run and gives its id at once. A newer run of the same plan takes the place of one that still waits. */
  'runs.start': { input: about, output: shape.runView },
  'runs.cancel': { input: run, output: shape.runView },
  'runs.get': { input: run, output: shape.runView },
  /** Of a plan, the newest first, without their reports. */
  'runs.list': { input: z.strictObject({ planId: shape.id }), output: z.array(shape.runView) },
  'runs.series': { input: shape.seriesQuestion, output: shape.thinned },
  'runs.budget': {
    input: shape.seriesQuestion.omit({ curves: true }),
    output: data<shape.RunBudget>(),
  },
  /**
   * Starts a run, waits for it, and gives what the window draws of it: an edit comes back in one answer. Giving up the
   * call ends the run. Where a newer run took its place there is no report, and the state says so.
   */
  'runs.follow': { input: shape.followQuestion, output: data<shape.RunPicture>(), progress: true },
  /** The same of a run that has finished: another part of its time, another workload. */
  'runs.picture': { input: shape.pictureQuestion, output: data<shape.RunPicture>() },
  /** Why a figure is what it is; null for one that says nothing about itself. */
  'runs.explain': { input: shape.figureQuestion, output: data<Explanation | null>() },
  /** Host and areas at one moment, as /proc would show them. */
  'runs.snapshot': {
    input: z.strictObject({ runId: shape.id, atS: z.number().min(0) }),
    output: data<Snapshot>(),
  },

  /** What is worth comparing: strategies, kernels, huge pages, hosts, and each kernel proposal without and with it. */
  'questions.choices': { input: shape.choicesQuestion, output: data<readonly Choice[]>() },
  /** Ends a question that was asked with a ticket; it answers with what is there, and says that it is partial. */
  'questions.stop': {
    input: z.strictObject({ ticket: z.string().min(1).max(100) }),
    output: z.object({ stopped: z.boolean() }),
  },
  'questions.compare': { input: shape.compareQuestion, output: data<ComparisonAnswer>(), progress: true },
  'questions.capacity': { input: shape.capacityQuestion, output: data<CapacityAnswer>(), progress: true },
  'questions.sweep': { input: shape.sweepQuestion, output: data<Sweep>(), progress: true },
  'questions.sensitivity': { input: shape.sensitivityQuestion, output: data<Sensitivity>(), progress: true },
  'questions.monteCarlo': { input: shape.monteCarloQuestion, output: data<MonteCarlo>(), progress: true },
  'questions.limits': { input: about, output: data<readonly ProcessLimit[]>() },
  'questions.compatibility': { input: about, output: data<readonly CompatibilityAnswer[]>() },
  /** What libvirt, QEMU, KubeVirt and others would set for a guest that need not be in any plan. */
  'questions.systems': { input: shape.systemsQuestion, output: data<SystemsAnswer>() },
  'questions.metrics': { input: none, output: data<readonly MetricEntry[]>() },
  'questions.fields': { input: about, output: data<readonly FieldEntry[]>() },

  /** Presets first, then those that were saved. */
  'machines.list': { input: none, output: z.array(shape.machineEntry) },
  'machines.get': { input: plan, output: shape.machineView },
  /** Saves a machine as a plan writes it: a new one, or under the id of one that was saved before. */
  'machines.save': {
    input: z.strictObject({
      id: shape.id.optional(),
      document: shape.document,
      /** As a plan writes it; null leaves it to the plan, absent leaves it as it was. */
      kernel: shape.kernelWritten.nullable().optional(),
      origin: z.enum(shape.MACHINE_ORIGINS).optional(),
      note: z.string().max(10_000).optional(),
    }),
    output: shape.machineView,
  },
  'machines.delete': { input: plan, output: done },
  /** Reads the host that the program runs on: under 2 s, without privileges, changing nothing. */
  'machines.probe': { input: none, output: shape.probedMachine },
  /**
   * Times the kernel on this host and keeps its unit costs as a table of the store. Takes as long as is allowed;
   * progress is in milliseconds. A saved machine that is named has these costs afterwards.
   */
  'machines.calibrate': { input: shape.calibrationAsked, output: shape.calibration, progress: true },
  /** What is wrong with a machine that is not saved, and what follows from its settings. */
  'machines.check': { input: shape.machineDraft, output: shape.machineChecked },
  /** Plans in use that are on this machine. */
  'machines.uses': { input: plan, output: z.array(shape.machineUse) },
  /** Reads what other programs printed of a host, several texts as one machine; nothing is stored. */
  'machines.import': {
    input: z.strictObject({
      texts: z
        .array(
          z.strictObject({ name: z.string().max(300).optional(), text: z.string().max(shape.MOST_TEXT) }),
        )
        .min(1)
        .max(20),
    }),
    output: shape.machineImported,
  },
  /** A machine with its kernel as a file of its own, which `machines.import` reads. */
  'machines.export': { input: plan, output: shape.exported },

  'kernels.list': { input: none, output: z.array(shape.kernelEntry) },
  'kernels.changes': { input: none, output: z.array(shape.kernelChange) },
  /** Kernels that a person put together. */
  'kernels.saved': { input: none, output: z.array(shape.savedKernel) },
  'kernels.save': {
    input: shape.kernelDraft.extend({ id: shape.id.optional() }),
    output: shape.savedKernel,
  },
  'kernels.delete': { input: plan, output: done },
  /** Each change, and whether a choice has it. */
  'kernels.describe': {
    input: shape.kernelDraft.pick({ base: true, plus: true, minus: true }),
    output: z.array(shape.kernelHas),
  },
  'costs.list': { input: none, output: data<readonly CostTable[]>() },
  /** Where each cost table comes from. */
  /** One that was measured. */
  'costs.delete': { input: plan, output: done },
  'costs.records': { input: none, output: z.array(shape.costRecord) },
  'catalog.workloads': { input: none, output: z.array(shape.workloadEntry) },
  'catalog.strategies': { input: none, output: z.array(shape.strategyEntry) },
  'catalog.devices': { input: none, output: data<readonly DeviceProfile[]>() },

  'quantities.parse': { input: shape.quantityText, output: shape.quantityRead },
  'quantities.format': { input: shape.quantityValue, output: z.object({ text: z.string() }) },

  /** What can be measured on this machine. */
  'reality.place': { input: none, output: data<RealityPlace>() },
  /** Processes that can be followed, most locked first. */
  'reality.processes': { input: none, output: data<readonly ProcessEntry[]>() },
  /** Measurements of a plan, the newest first. */
  'reality.list': {
    input: z.strictObject({ planId: shape.id }),
    output: data<readonly MeasurementHead[]>(),
  },
  /** A measurement laid over the prediction: of the plan as it is now, or of the scaled plan that was run. */
  'reality.check': { input: plan, output: data<RealityView>() },
  /** Runs a plan for real, made small enough. Cancelled, it leaves nothing. */
  'reality.run': { input: shape.realityRun, output: data<RealityView>(), progress: true },
  /** Follows a process. Cancelled, it keeps what was seen until then; `reality.list` has it. */
  'reality.follow': { input: shape.realityFollow, output: data<RealityView>(), progress: true },
  /** Recorded files of /proc and of virsh as a measurement. */
  'reality.load': { input: shape.realityLoad, output: data<RealityView>() },
  /** Moves a measurement in time: seconds that are added to its own. */
  'reality.align': {
    input: z.strictObject({ id: shape.id, offsetS: z.number().min(-1e9).max(1e9) }),
    output: data<RealityView>(),
  },
  'reality.delete': { input: plan, output: done },
  /** What the prediction of a plan rests on. */
  'reality.fidelity': { input: about, output: data<Fidelity>() },

  'settings.get': { input: none, output: shape.settings },
  /** Sets what is given, leaves the rest, and gives all of them. */
  'settings.set': { input: shape.settings, output: shape.settings },

  /** Where plans are kept, how large that is, and which backups there are. */
  'store.get': { input: none, output: shape.storeState },
  /** Reads all of the store and says whether it is whole. */
  'store.check': { input: none, output: shape.storeChecked },
  /** Makes a backup now, beside the store. */
  'store.backUp': { input: none, output: shape.storeState },
  /** The plans in a backup, compared with those of the store. */
  'store.plansOf': {
    input: z.strictObject({ backup: shape.fileName }),
    output: z.array(shape.planInBackup),
  },
  /** Plans of a backup as new plans; those of the store stay as they are. */
  'store.bringBack': {
    input: z.strictObject({ backup: shape.fileName, plans: z.array(shape.id).min(1).max(1000) }),
    output: z.array(shape.planEntry),
  },
  /** Every plan in use as one text. */
  'store.export': { input: none, output: shape.exported },

  /** Reads a text that somebody dropped or pasted; nothing is stored. */
  'imports.read': {
    input: z.strictObject({ name: z.string().max(300).optional(), text: z.string().max(shape.MOST_TEXT) }),
    output: shape.imported,
  },
  /** Several files as one plan, with what was taken, assumed, ignored and not understood; nothing is stored. */
  'imports.plan': { input: shape.importFiles, output: shape.planImported },
  /** Shell text that prints what a host says of itself, in a form that the two above read; it changes nothing there. */
  'imports.snippet': { input: none, output: z.object({ fileName: z.string(), text: z.string() }) },
  /** A plan's report as data: what every format of it says. */
  'reports.get': {
    input: z.strictObject({ subject: shape.subject, compare: shape.axis.optional() }),
    output: data<ReportDocument>(),
    progress: true,
  },
  'exports.list': { input: none, output: z.array(shape.exportEntry) },
  /** Files and commands that set up a plan in each place that it has anything for; `targets` are ids of places. */
  'exports.configuration': {
    input: z.strictObject({ subject: shape.subject, targets: z.array(shape.id).max(100).optional() }),
    output: data<readonly TargetConfiguration[]>(),
  },
  /** A file with a report, a chart, a table, everything, or the plan; from the same runs as the report before it. */
  'exports.write': {
    input: shape.exportQuestion,
    output: shape.written,
    progress: true,
  },
} as const satisfies Readonly<Record<string, MethodSpec>>

export type Method = keyof typeof METHODS
export type Input<M extends Method> = z.input<(typeof METHODS)[M]['input']>
export type Output<M extends Method> = z.output<(typeof METHODS)[M]['output']>

/** How far a long question is; `of` is null where nobody knows how many runs it takes. */
export interface Progress {
  readonly done: number
  readonly of: number | null
}

const ofRun = { runId: shape.id, planId: shape.id.nullable() }

/** What the application tells without being asked. */
export const EVENTS = {
  'plan.changed': z.object({ planId: shape.id, revision: z.number() }),
  'run.progress': z.object({ ...ofRun, share: z.number() }),
  'run.finished': z.object({ ...ofRun, holds: z.boolean() }),
  /** It failed, was cancelled, or a newer one took its place: the code says which. */
  'run.failed': z.object({ ...ofRun, error: shape.failure }),
  /** A measurement under way, laid over its prediction so far; `ofS` is how long it is to last. */
  'reality.live': z.object({
    planId: shape.id,
    source: z.enum(MEASURED_SOURCES),
    atS: z.number(),
    ofS: z.number(),
    check: data<RealityCheck>(),
  }),
  /** Something in the store is not what it was, here or by another process. */
  'store.changed': z.object({ what: z.enum(KEPT_THINGS) }),
  /** The menu of a shell asks one window for a command of its palette. */
  'command.asked': z.object({ command: z.string() }),
  /** Files that a person opened with the program, for one window to read as if they had been dropped on it. */
  'files.given': z.object({ files: z.array(shape.givenFile) }),
} as const

export type EventName = keyof typeof EVENTS
export type AppEvent = {
  readonly [E in EventName]: { readonly event: E } & Readonly<z.output<(typeof EVENTS)[E]>>
}[EventName]

/** Every call comes to one of these; nothing is thrown across a border. */
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: shape.Failure }

export interface CallOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/** What a shell gives to whoever wears it. */
export interface Api {
  call: <M extends Method>(method: M, input: Input<M>, options?: CallOptions) => Promise<Answer<Output<M>>>
  /** Hears every event until the function that it gives is called. */
  subscribe: (listen: (event: AppEvent) => void) => () => void
}

export const isMethod = (name: string): name is Method => Object.hasOwn(METHODS, name)
