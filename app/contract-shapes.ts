/**
 * The shapes that methods take and give. What a person or another process sends is checked in full; what the engine
 * made is typed by the engine and only checked to be there. Everything is JSON: no typed arrays, no NaN, no Infinity.
 */
import { z } from 'zod'
import type { BudgetPart } from '../engine/planner/budget.ts'
import { ARCHES, BACKINGS, GUEST_LOCKS } from '../engine/planner/limits/guest.ts'
import type { MachineFigures } from '../engine/planner/machine-figures.ts'
import type { KernelChoice, MachineProfile, ParamSpec, Scenario } from '../engine/scenario.ts'
import type { CalibratedRow, HeldOutErrors } from '../engine/sim/calibration/fit.ts'
import type { CostTable } from '../engine/sim/costs.ts'
import type { RunResult, SeriesUnit, Trust } from '../engine/sim/result.ts'
import { isShallow, MOST_DEPTH } from './plain.ts'
import { RESCUE_WAYS } from './rescue-ways.ts'
import { PROBE_NOTE_KINDS } from './probe/note-kinds.ts'

/** Plain data of a type that is defined elsewhere. */
export const data = <T>(): z.ZodType<T, T> => z.custom<T>(value => value !== undefined)

export const MOST_TEXT = 4 * 1024 * 1024
export const id = z.string().min(1).max(100)
export const name = z.string().trim().min(1).max(200)
const path = z.string().min(1).max(300)
const seconds = z.number().min(0)
const limitBytes = z.union([z.number(), z.literal('unlimited')])

/** A plan as its file has it (`docs/plan-format.md`): quantities as typed. It may have mistakes: those are issues. */
export const document = z
  .record(z.string(), z.unknown())
  .refine(isShallow, `objects and lists within each other at most ${MOST_DEPTH} deep`)
export type PlanDocument = z.infer<typeof document>

/** What a question is about: a plan of the store at its newest revision, or a plan that is handed over. */
export const subject = z.union([z.strictObject({ planId: id }), z.strictObject({ document })])
export type Subject = z.infer<typeof subject>

export const issue = z.object({
  path: z.string(),
  found: z.string(),
  allowed: z.string(),
  sentence: z.string(),
})

export type Issue = z.infer<typeof issue>

/** What reading a plan comes to. The scenario is null where there are issues. */
export const checked = z.object({
  scenario: data<Scenario | null>(),
  issues: z.array(issue),
  notes: z.array(z.string()),
})
export type Checked = z.infer<typeof checked>

const timeMs = z.number()

export const planEntry = z.object({
  id,
  name: z.string(),
  doc: z.string(),
  revision: z.number(),
  /** Milliseconds since 1970. */
  changedAtMs: timeMs,
  /** When it went to the trash; null for a plan in use. */
  deletedAtMs: timeMs.nullable(),
})
export type PlanEntry = z.infer<typeof planEntry>

export const planView = planEntry.extend({
  document,
  checked,
  /** What undo would take back, and redo bring again; null where there is nothing. */
  undo: z.string().nullable(),
  redo: z.string().nullable(),
})
export type PlanView = z.infer<typeof planView>

export const template = z.object({
  id,
  title: z.string(),
  doc: z.string(),
  claim: z.object({ seed: z.string(), sentence: z.string(), figure: z.string() }).nullable(),
})

/** Where a new plan comes from. */
export const origin = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('template'), template: id }),
  z.strictObject({ from: z.literal('document'), document }),
  z.strictObject({ from: z.literal('machine'), machine: id }),
])

export const RUN_STATES = ['queued', 'running', 'finished', 'failed', 'cancelled', 'superseded'] as const

export const failure = z.object({
  code: z.string(),
  sentence: z.string(),
  issues: z.array(issue).optional(),
})
export type Failure = z.infer<typeof failure>

/** A curve without its points. */
export interface SeriesHead {
  readonly scope: string
  readonly name: string
  readonly unit: SeriesUnit
  readonly trust: Trust
  readonly shape: 'level' | 'rate'
}

/** A result without its curves, and which curves there are. */
export type RunReport = Omit<RunResult, 'timesS' | 'series'> & {
  readonly points: number
  readonly series: readonly SeriesHead[]
}

export const runView = z.object({
  id,
  planId: id.nullable(),
  revision: z.number().nullable(),
  state: z.enum(RUN_STATES),
  /** Share of the horizon that is done. */
  share: z.number(),
  startedAtMs: timeMs,
  /** How long it took on the worker; null until it has ended. */
  tookMs: z.number().nullable(),
  report: data<RunReport | null>(),
  error: failure.nullable(),
})
export type RunView = z.infer<typeof runView>

export const seriesQuestion = z.strictObject({
  runId: id,
  /** Which curves; all if absent. */
  curves: z
    .array(z.strictObject({ scope: z.string().max(300), name: z.string().max(100) }))
    .max(2000)
    .optional(),
  fromS: seconds.optional(),
  toS: seconds.optional(),
  /** Of the chart, in pixels: at most two points come back for each. */
  width: z.int().min(1).max(10_000),
})

export interface RunBudget {
  readonly timesS: readonly number[]
  /** Bytes that add up to MemTotal at every point. */
  readonly parts: Readonly<Record<BudgetPart, readonly number[]>>
  readonly lockedAbsent: readonly number[]
  readonly poolFree: readonly number[]
  readonly memTotalBytes: number
}

/** Curves on one axis of times. Where points were left out, each pixel keeps its smallest and its largest value. */
export const thinned = z.object({
  timesS: z.array(z.number()),
  series: z.array(data<SeriesHead & { readonly values: readonly number[] }>()),
  /** Points in the range before thinning. */
  points: z.number(),
})
export type ThinnedSeries = z.infer<typeof thinned>

const chartWidth = z.int().min(1).max(10_000)

/** Which part of a run the window shows, how wide, and the workload whose memory it shows by itself. */
const pictureView = {
  workload: z.string().max(300).optional(),
  fromS: seconds.optional(),
  toS: seconds.optional(),
  width: chartWidth,
}
export const followQuestion = z.strictObject({ subject, ...pictureView })
export const pictureQuestion = z.strictObject({ runId: id, ...pictureView })
export type PictureView = Omit<z.infer<typeof pictureQuestion>, 'runId'>

/** A report without what is asked for one by one: explanations, waits, the list of curves. */
export type BriefReport = Omit<RunReport, 'explanations' | 'waits' | 'series'> & {
  /** Of the run; the list may hold fewer. */
  readonly eventCount: number
}

/** All that the window draws of a run. */
export interface RunPicture {
  /** Its report is the brief one below. */
  readonly run: RunView
  /** Null where the run came to nothing: `run` says why. */
  readonly report: BriefReport | null
  readonly timesS: readonly number[]
  readonly series: readonly {
    readonly scope: string
    readonly name: string
    readonly values: readonly number[]
  }[]
  readonly budget: RunBudget
  /** Scopes of the locked memory that is drawn, the rest of many workloads as one. */
  readonly locked: readonly string[]
  /** Points in the range before thinning. */
  readonly points: number
}

/** A figure of a run: `host.minFreeBytes`, `guest.populateS`, `host/MemFree`. */
export const figureQuestion = z.strictObject({ runId: id, figure: z.string().min(1).max(500) })

const workloadName = z.string().min(1).max(200).nullable().optional()
const metric = z.string().min(1).max(50)

/** Under this name `questions.stop` ends the question with what is there so far. */
const ticket = z.string().min(1).max(100).optional()

/** Fields of a plan by path, with values as its file has them. */
const fieldSet = z
  .record(z.string().max(300), z.unknown())
  .refine(isShallow, `objects and lists within each other at most ${MOST_DEPTH} deep`)

export const compareQuestion = z.strictObject({
  subject,
  /** `path=values`, as in `workloads[0].strategy=mlock,mlock-onfault`; absent: what the plan compares. */
  axis: z.string().min(1).max(10_000).optional(),
  /** Instead of an axis: variants that each set some fields of the plan. */
  variants: z
    .array(z.strictObject({ name, set: fieldSet }))
    .min(1)
    .max(100)
    .optional(),
  /** Locked memory over time of each variant, of at most 16. */
  curves: z.boolean().optional(),
  ticket,
  /** Figures of this workload; absent or null: of all together. */
  of: workloadName,
  /** `path=from..to`: where the first two variants are worth the same. */
  breakEven: z.string().min(1).max(1000).optional(),
  metric: metric.optional(),
})

export const choicesQuestion = z.strictObject({ subject, of: workloadName })

export const capacityQuestion = z.strictObject({
  subject,
  ticket,
  of: workloadName,
  strategies: z.array(id).min(1).max(50).optional(),
  most: z.int().min(1).max(10_000).optional(),
  smallestHost: z.boolean().optional(),
  /** Hosts of which some may fail. */
  headroom: z
    .strictObject({ hosts: z.int().min(2).max(10_000), lost: z.int().min(1).max(10_000) })
    .refine(({ hosts, lost }) => lost < hosts, 'at least one host has to be left')
    .optional(),
})

export const sweepQuestion = z.strictObject({
  subject,
  ticket,
  axes: z.array(z.string().min(1).max(10_000)).min(1).max(8),
  of: workloadName,
})

export const sensitivityQuestion = z.strictObject({
  subject,
  ticket,
  metric,
  /** How far each input moves: 0.1 is 10 %. */
  share: z.number().gt(0).max(0.9),
  paths: z.array(path).max(10_000).optional(),
  of: workloadName,
})

export const monteCarloQuestion = z.strictObject({
  subject,
  ticket,
  /** `path=distribution`, as in `machine.ram=normal(512GiB,16GiB)`. */
  vary: z.array(z.string().min(1).max(1000)).max(200),
  runs: z.int().min(1).max(100_000),
  seed: z.int().min(0).max(4_294_967_295).optional(),
  of: workloadName,
})

/** A kernel as a plan writes it; its names are checked where it is read. */
export const kernelWritten = z.union([
  z.string().min(1).max(100),
  z.strictObject({
    name: z.string().min(1).max(100),
    plus: z.array(z.string().max(100)).max(200).readonly().optional(),
    minus: z.array(z.string().max(100)).max(200).readonly().optional(),
  }),
])
export const MACHINE_ORIGINS = ['typed', 'probed', 'imported', 'template'] as const

export const machineEntry = z.object({
  id,
  source: z.enum(['preset', 'saved']),
  name: z.string(),
  ramBytes: z.number(),
  cpus: z.number(),
  nodes: z.number(),
  /** Where a saved one comes from; null for presets. */
  origin: z.enum(MACHINE_ORIGINS).nullable(),
  /** The kernel that plans on it start with; null leaves it to the plan. */
  kernel: data<KernelChoice | null>(),
  note: z.string(),
  changedAtMs: timeMs.nullable(),
})
export type MachineEntry = z.infer<typeof machineEntry>

export const machineView = machineEntry.extend({
  machine: data<MachineProfile>(),
  /** The same as a plan writes it. */
  document,
})
export type MachineView = z.infer<typeof machineView>

/** The running host as a machine, with where each part of it is from. Nothing is stored. */
export const probedMachine = z.object({
  machine: data<MachineProfile>(),
  /** The same as a plan writes it. */
  document,
  kernel: data<KernelChoice>(),
  /** As `uname -r` prints it, and what it is taken for. */
  release: z.string(),
  kernelTitle: z.string(),
  /** Changes that were tried by calls. */
  features: z.array(
    z.object({
      change: z.string(),
      state: z.enum(['present', 'absent', 'untold']),
      by: z.string(),
      why: z.string(),
    }),
  ),
  /** Of whoever runs the program: bytes, `unlimited`, or null where it is not known. */
  limits: z.object({
    memlockSoftBytes: limitBytes.nullable(),
    memlockHardBytes: limitBytes.nullable(),
    capIpcLock: z.boolean().nullable(),
    memoryMaxBytes: z.number().nullable(),
  }),
  /** Pools of huge pages by size and node; node -1 is all of them. */
  pools: z.array(
    z.object({
      pageKib: z.number(),
      node: z.number(),
      pages: z.number(),
      freePages: z.number().optional(),
    }),
  ),
  notes: z.array(z.object({ kind: z.enum(PROBE_NOTE_KINDS), field: z.string(), sentence: z.string() })),
  tookMs: z.number(),
})
export type ProbedMachineView = z.infer<typeof probedMachine>
/** A machine under the pen: both as a plan writes them. */
export const machineDraft = z.strictObject({ document, kernel: z.unknown().optional() })

/** What reading a machine comes to; mistakes are at `$.machine...` and `$.kernel...`. */
export const machineChecked = z.object({
  machine: data<MachineProfile | null>(),
  kernel: data<KernelChoice | null>(),
  issues: z.array(issue),
  figures: data<MachineFigures | null>(),
})
export type MachineChecked = z.infer<typeof machineChecked>

export const machineUse = z.object({
  planId: id,
  name: z.string(),
  /** The plan has settings of its own besides. */
  changed: z.boolean(),
})

export const noteRead = z.object({
  kind: z.enum(['taken', 'assumed', 'ignored', 'not understood']),
  path: z.string(),
  line: z.number().nullable(),
  sentence: z.string(),
  /** Which of the texts, by its number. */
  text: z.number(),
})

/** A machine of what other programs printed. Null where no text tells of one. */
export const machineImported = z.object({
  document: document.nullable(),
  kernel: data<KernelChoice | null>(),
  /** Of each text, which reader knew it. */
  formats: z.array(z.string().nullable()),
  issues: z.array(issue.extend({ text: z.number() })),
  notes: z.array(noteRead),
})
export type MachineImported = z.infer<typeof machineImported>

const changeIds = z.array(id).max(1000)
export const kernelDraft = z.strictObject({
  title: name,
  /** The name of a kernel on offer. */
  base: id,
  plus: changeIds,
  minus: changeIds,
  note: z.string().max(10_000).optional(),
})
export const savedKernel = z.object({
  id,
  title: z.string(),
  choice: data<KernelChoice>(),
  note: z.string(),
  changedAtMs: timeMs,
})
export type SavedKernel = z.infer<typeof savedKernel>

/** A change of the kernel as one choice has it, and why it does or does not. */
export const kernelHas = z.object({
  id,
  has: z.boolean(),
  because: z.enum(['release', 'later', 'kernel', 'plus', 'minus', 'by name only']),
})

/** A cost table's own history. */
export const costRecord = z.object({
  id,
  provenance: z.string(),
  source: z.string(),
  /** Version of the program that made it. */
  program: z.string(),
  machineId: id.nullable(),
  /** Null for the table of the program. */
  madeAtMs: timeMs.nullable(),
})

const amount = z
  .number()
  .min(0)
  .max(2 ** 53)
const few = z.int().min(0).max(10_000)
/** A guest as other systems see it; what is left out has QEMU's defaults. */
export const guestDraft = z.strictObject({
  name: name.optional(),
  arch: z.enum(ARCHES).optional(),
  kvm: z.boolean().optional(),
  ramBytes: amount,
  maxRamBytes: amount.optional(),
  vcpus: z.int().min(1).max(65536),
  backing: z.enum(BACKINGS).optional(),
  hugePageBytes: amount.optional(),
  lock: z.enum(GUEST_LOCKS).optional(),
  prealloc: z.boolean().optional(),
  preallocThreads: few.optional(),
  reserve: z.boolean().optional(),
  hardLimitBytes: amount.optional(),
  memoryDevices: z
    .array(
      z.strictObject({
        model: z.enum(['dimm', 'nvdimm', 'virtio-mem']),
        sizeBytes: amount,
        requestedBytes: amount.optional(),
        memdevPrealloc: z.boolean().optional(),
        reserve: z.boolean().optional(),
        prealloc: z.boolean().optional(),
      }),
    )
    .max(256)
    .optional(),
  devices: z
    .strictObject({
      pciHostdevs: few,
      mdevHostdevs: few,
      gpus: few,
      nvmeDisks: few,
      vdpa: few,
      viommu: z.boolean(),
      iommufd: z.boolean(),
      phbs: few,
      nvlink2: z.boolean(),
      videoRamBytes: amount,
      ioThreads: few,
      graphics: z.boolean(),
      tpm: z.boolean(),
      sev: z.boolean(),
      downwardMetrics: z.boolean(),
      balloon: z.boolean(),
    })
    .partial()
    .optional(),
  dedicatedCpus: z.boolean().optional(),
  guaranteed: z.boolean().optional(),
  realtime: z.boolean().optional(),
  execProbes: few.optional(),
  addedOverheadBytes: amount.optional(),
  memLockRequired: z.boolean().optional(),
  guaranteedBytes: amount.optional(),
})
export const systemsQuestion = z.strictObject({
  guest: guestDraft,
  /** By system, then by setting. */
  settings: z
    .record(id, z.record(id, z.union([z.string().max(100), z.number()])))
    .refine(all => Object.keys(all).length <= 100, 'at most 100 systems')
    .optional(),
})

export const fileName = z
  .string()
  .min(1)
  .max(300)
  .refine(text => !/[/\\]/.test(text), 'the name of a file, without a folder')

export const backupEntry = z.object({
  /** Name of its file. */
  name: z.string(),
  reason: z.enum(['upgrade', 'daily', 'asked']),
  /** Version of the store in it. */
  version: z.number(),
  madeAtMs: timeMs,
  bytes: z.number(),
})
export const storeState = z.object({
  /** The file; null where it is only in memory. */
  place: z.string().nullable(),
  sizeBytes: z.number().nullable(),
  version: z.number().nullable(),
  /** Newest first. */
  backups: z.array(backupEntry),
  /** What is kept, by noun. */
  counts: z.object({
    plans: z.number(),
    trash: z.number(),
    machines: z.number(),
    kernels: z.number(),
    costs: z.number(),
  }),
})
export const storeChecked = z.object({
  sound: z.boolean(),
  /** What was looked at and found, as a sentence. */
  sentence: z.string(),
  tookMs: z.number(),
})
/** A plan as a backup has it, beside the one of the store. */
export const planInBackup = z.object({
  id,
  name: z.string(),
  changedAtMs: timeMs,
  state: z.enum(['same', 'different', 'missing']),
})

export const calibrationAsked = z.strictObject({
  machineId: id.optional(),
  /** How long it may take; 120 if absent. */
  timeS: z.number().min(1).max(3600).optional(),
  /** Most of the free memory that is used at once; 0.25 if absent. */
  share: z.number().gt(0).max(0.9).optional(),
  title: name.optional(),
})

/** What a calibration found. Times are nanoseconds, errors are shares of the measured time. */
export const calibration = z.object({
  table: data<CostTable>(),
  machine: z.string(),
  release: z.string(),
  kernel: data<KernelChoice>(),
  atMs: timeMs,
  tookMs: z.number(),
  rounds: z.number(),
  sizes: z.array(z.number()),
  memoryBytes: z.number(),
  clockNs: z.number(),
  /** How much longer the first touch of fresh memory took than the second. */
  freshFactor: z.number(),
  /** By how much this machine is slower than that of the table that comes with the program. */
  slowness: z.number(),
  /** Of programs that the fit had not seen; null where there were too few to hold any out. */
  heldOut: data<HeldOutErrors>().nullable(),
  fittedOn: data<HeldOutErrors>(),
  rows: data<readonly CalibratedRow[]>(),
  /** Kinds of work that were not measured. */
  unmeasured: z.array(z.string()),
  skipped: z.array(z.object({ what: z.array(z.string()), why: z.string() })),
  disturbances: z.array(z.string()),
})
export type Calibration = z.infer<typeof calibration>

export const kernelEntry = z.object({
  name: z.string(),
  title: z.string(),
  release: z.string(),
  plus: z.array(z.string()),
  minus: z.array(z.string()),
  /** Version of the running kernel that it was compared with; null where it was not. */
  measured: z.string().nullable(),
})

export const kernelChange = z.object({
  id,
  since: z.string().nullable(),
  commit: z.string().nullable(),
  subject: z.string().nullable(),
  effect: z.string(),
})

/** A kind of workload or a strategy: the form follows from its parameters. */
export const kindEntry = z.object({
  id,
  title: z.string(),
  help: z.string(),
  params: data<readonly ParamSpec[]>(),
})
export const workloadEntry = kindEntry.extend({ defaultStrategy: z.string() })
export const strategyEntry = kindEntry.extend({ needs: z.array(z.string()) })

export const QUANTITIES = ['bytes', 'limit', 'duration', 'count', 'share'] as const
export const quantityText = z.strictObject({
  kind: z.enum(QUANTITIES),
  text: z.string().max(1000),
  /** What a percentage is of, in bytes. */
  baseBytes: z.number().positive().optional(),
  dialect: z.string().max(50).optional(),
})
/** Bytes, nanoseconds, counts or shares of 1, and the same as it is written. */
export const quantityRead = z.union([
  z.object({ ok: z.literal(true), value: z.union([z.number(), z.literal('unlimited')]), shown: z.string() }),
  z.object({ ok: z.literal(false), sentence: z.string() }),
])
export const quantityValue = z.strictObject({
  kind: z.enum(QUANTITIES),
  value: z.union([z.number(), z.literal('unlimited')]),
  dialect: z.string().max(50).optional(),
})

/** What the window remembers. */
export const settings = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']).optional(),
  units: z.enum(['binary', 'decimal']).optional(),
  fontScale: z.number().min(0.5).max(3).optional(),
  reducedMotion: z.enum(['system', 'on', 'off']).optional(),
  /** Threads for questions of many runs, from the next start on; as many as there are processors if absent. */
  workers: z.int().min(1).max(256).optional(),
  lastPlanId: id.nullable().optional(),
  firstStartDone: z.boolean().optional(),
  /** Sizes of panels and the like, by name. */
  panels: z
    .record(z.string().max(100), z.union([z.number(), z.string().max(1000), z.boolean()]))
    .refine(panels => Object.keys(panels).length <= 1000, 'at most 1000 entries')
    .optional(),
})
export type Settings = z.infer<typeof settings>

export const rescue = z.object({
  problem: z
    .object({
      kind: z.string(),
      /** The fact, and the advice. */
      sentence: z.string(),
      wayOut: z.string(),
      place: z.string(),
      /** What can be carried out, best first. */
      ways: z.array(z.enum(RESCUE_WAYS)),
      /** Newest first. */
      backups: z.array(z.object({ name: z.string(), madeAtMs: timeMs, bytes: z.number() })),
    })
    .nullable(),
})
export type Rescue = z.infer<typeof rescue>

export const givenFile = z.object({
  name: z.string(),
  /** Of all of it; the bytes may be only its beginning. */
  sizeBytes: z.number(),
  base64: z.string(),
  /** Why it could not be read; null if it could. */
  trouble: z.string().nullable(),
})
export type GivenFile = z.infer<typeof givenFile>

const givenName = z.string().max(300)
const fileBytes = z.number().min(0).optional()
/** Files of one import: texts, or the beginning of a binary file. All of them together fit into one call. */
export const importFiles = z.strictObject({
  files: z
    .array(
      z.union([
        z.strictObject({ name: givenName, text: z.string().max(MOST_TEXT), fileBytes }),
        z.strictObject({ name: givenName, base64: z.base64().max(2 * MOST_TEXT), fileBytes }),
      ]),
    )
    .min(1)
    .max(50),
  /** Of the plan, where no file says one. */
  name: name.optional(),
})
/** `file` is the place in the list of files; -1 is what they came to together. */
export const planImported = z.object({
  document: document.nullable(),
  /** Of each file, which reader knew it. */
  formats: z.array(z.string().nullable()),
  issues: z.array(issue.extend({ file: z.number(), line: z.number().nullable() })),
  notes: z.array(
    z.object({
      kind: z.enum(['taken', 'assumed', 'ignored', 'not understood']),
      path: z.string(),
      line: z.number().nullable(),
      sentence: z.string(),
      file: z.number(),
    }),
  ),
  /** Notes that are left out of the list. */
  moreNotes: z.number(),
})
export type PlanImported = z.infer<typeof planImported>

export const imported = z.object({
  /** Which reader knew the text; null where none did. */
  format: z.string().nullable(),
  document: document.nullable(),
  issues: z.array(issue),
  notes: z.array(z.string()),
})
export type Imported = z.infer<typeof imported>

export const exported = z.object({ fileName: z.string(), mediaType: z.string(), text: z.string() })

/** `path=values` of what a report compares; absent: what the plan compares, or the usual ways to lock. */
export const axis = z.string().min(1).max(10_000)

export const exportQuestion = z.strictObject({
  subject,
  /** An id of `exports.list`. */
  format: z.string().min(1).max(50),
  /** Which table or chart; the first if absent. */
  part: z.string().min(1).max(100).optional(),
  compare: axis.optional(),
  paper: z.enum(['a4', 'letter']).optional(),
  theme: z.enum(['light', 'dark']).optional(),
})

export const exportEntry = z.object({
  id,
  title: z.string(),
  help: z.string(),
  extension: z.string(),
  mediaType: z.string(),
  parts: z.array(z.object({ id, title: z.string() })),
})
export type ExportEntry = z.infer<typeof exportEntry>

/** A file; one that is no text comes as base64. */
export const written = exported.extend({ encoding: z.enum(['utf-8', 'base64']) })
export const realityRun = z.strictObject({
  planId: id,
  /** How long it may take. */
  seconds: z.number().min(1).max(3600).optional(),
  /** Share of the memory that is available which it may take. */
  memoryShare: z.number().min(0.001).max(0.8).optional(),
  /** Sizes are divided by at least this. */
  leastFactor: z.number().min(1).max(1e9).optional(),
  /** Cost table of the prediction; by default the one that was measured here last, else that of the plan. */
  costs: id.optional(),
})

export const realityFollow = z.strictObject({
  planId: id,
  pid: z.int().min(1).max(4_194_304),
  workload: name,
  seconds: z
    .number()
    .min(0.2)
    .max(30 * 86_400)
    .optional(),
  intervalS: z.number().min(0.05).max(86_400).optional(),
  /** Its children, too, as further instances. */
  children: z.boolean().optional(),
  /** Seconds of the plan at which the process is now; `growth` lays the first growth of memory upon the plan's. */
  offset: z.union([z.number().min(-1e9).max(1e9), z.literal('growth')]).optional(),
})

export const realityLoad = z.strictObject({
  planId: id,
  workload: name,
  files: z
    .array(z.strictObject({ name: z.string().max(300), text: z.string().max(MOST_TEXT) }))
    .min(1)
    .max(5000),
  /** Between samples whose time no file name says. */
  intervalS: z.number().min(0.001).max(86_400).optional(),
  offset: z.union([z.number().min(-1e9).max(1e9), z.literal('growth')]).optional(),
  title: z.string().max(200).optional(),
})
