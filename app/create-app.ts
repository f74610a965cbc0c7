/** The one place where the parts of the application meet. */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { CostTable } from '../engine/sim/costs.ts'
import { DEFAULT_COSTS } from '../engine/sim/default-costs.ts'
import { aboutThis } from './about.ts'
import {
  isMethod,
  METHODS,
  type Answer,
  type Api,
  type AppEvent,
  type CallOptions,
  type Input,
  type Method,
  type Output,
} from './contract.ts'
import { AppError, failureOf } from './errors.ts'
import { Listeners } from './events.ts'
import { workerPool, type WorkerPool } from './executor/worker-pool.ts'
import { HOST_BUNDLE_SNIPPET } from '../formats/import/host-bundle-snippet.ts'
import { Configuration } from './configuration.ts'
import { importPlan } from './imports.ts'
import { describeKernel, Kernels } from './kernels.ts'
import {
  changes,
  costRecords,
  costTables,
  devices,
  kernels as offeredKernels,
  metrics,
  strategies,
  workloads,
} from './lists.ts'
import { importMachine } from './machine-import.ts'
import { Machines } from './machines.ts'
import { plain } from './plain.ts'
import { Plans } from './plans.ts'
import { Calibrations, type Measure } from './probe/calibrations.ts'
import { probeMachine } from './probe/probe-machine.ts'
import { formatQuantity, parseQuantity } from './quantities.ts'
import { Questions, systemsOf, type Questioned } from './questions.ts'
import { Reports } from './report/reports.ts'
import { Reality } from './reality.ts'
import { Runs, type Runner } from './runs.ts'
import { Care } from './store-care.ts'
import type { Store } from './store.ts'
import { readText } from './transfers.ts'

export interface AppSettings {
  readonly store: Store
  /** Threads for runs that a person waits for; of its own if absent. */
  readonly runner?: Runner & Pick<WorkerPool, 'close'>
  /** Threads for questions of many runs; of its own if absent. */
  readonly executor?: Questioned & Pick<WorkerPool, 'close'>
  /** How the machine is measured for a calibration; for tests. */
  readonly measure?: Measure
  readonly now?: () => number
  readonly newId?: () => string
  /** Hears of errors of the program, with their stack. */
  readonly onBroken?: (error: unknown) => void
  /** A finished run is stored once its plan has had no newer one for so long. */
  readonly settleMs?: number
  /** How often to look whether another process has changed the store; 0 never looks. */
  readonly lookEveryMs?: number
}

export interface App {
  /** Checks what was asked, and never throws. */
  call: (method: string, input: unknown, options?: CallOptions) => Promise<Answer<unknown>>
  subscribe: (listen: (event: AppEvent) => void) => () => void
  /** Ends what is going on, stores what is finished, closes the store. Later calls are refused. */
  close: () => Promise<void>
}

type UseCases = {
  readonly [M in Method]: (
    input: z.output<(typeof METHODS)[M]['input']>,
    options: CallOptions,
  ) => Output<M> | Promise<Output<M>>
}

/** Threads that runs of plans have to themselves, so that a sweep does not keep a person waiting. */
const RUN_THREADS = 2

/** As many threads for long questions as somebody has set, from the next start on. */
function threadsOf(store: Store): { readonly threads?: number } {
  const { workers } = store.settings.get()
  return workers === undefined ? {} : { threads: workers }
}

export function createApp(settings: AppSettings): App {
  const { store, onBroken = () => {}, lookEveryMs = 1000 } = settings
  const listeners = new Listeners(onBroken)
  const runner = settings.runner ?? workerPool({ threads: RUN_THREADS })
  const costsNamed = (id: string): CostTable => {
    const table = costTables(store).find(each => each.id === id)
    if (table === undefined) throw new AppError('no-costs', id)
    return table
  }
  const executor =
    settings.executor ??
    workerPool({
      ...threadsOf(store),
      costsOf: ({ machine }) => (machine.costs === DEFAULT_COSTS.id ? undefined : costsNamed(machine.costs)),
    })
  const plans = new Plans(store, listeners.tell)
  const runs = new Runs({
    ...{ store, plans, runner, onBroken },
    ...(settings.settleMs === undefined ? {} : { settleMs: settings.settleMs }),
    tell: listeners.tell,
    now: settings.now ?? Date.now,
    newId: settings.newId ?? randomUUID,
    costsNamed,
  })
  const machines = new Machines(store, listeners.tell)
  const kernels = new Kernels(store.kernels, listeners.tell)
  const care = new Care(store, listeners.tell)
  const calibrations = new Calibrations({
    ...{ store, tell: listeners.tell, now: settings.now ?? Date.now },
    ...(settings.measure === undefined ? {} : { measure: settings.measure }),
  })
  const questions = new Questions(plans, executor)
  const reports = new Reports({ plans, executor, costsNamed, now: settings.now ?? Date.now })
  const reality = new Reality({ store, plans, runner, costsNamed, tell: listeners.tell })
  const configuration = new Configuration(plans, executor)
  const useCases = useCasesOf({
    store,
    plans,
    runs,
    machines,
    calibrations,
    kernels,
    care,
    questions,
    reports,
    reality,
    configuration,
    tell: listeners.tell,
  })
  const look = watchStore(store, listeners, lookEveryMs, onBroken)
  let isClosed = false
  return {
    call: (method, input, options = {}) =>
      isClosed
        ? Promise.resolve({ ok: false, error: failureOf('closed') })
        : answer({ useCases, store, onBroken, isClosed: () => isClosed }, method, input, options),
    subscribe: listen => listeners.add(listen),
    close: async () => {
      if (isClosed) return
      isClosed = true
      clearInterval(look)
      await calibrations.close()
      await runs.close()
      listeners.clear()
      await Promise.all([runner.close(), executor.close()])
      store.close()
    },
  }
}

/** The application as something typed by the contract. */
export function apiOf(app: App): Api {
  return {
    call: <M extends Method>(method: M, input: Input<M>, options?: CallOptions) =>
      app.call(method, input, options) as Promise<Answer<Output<M>>>,
    subscribe: listen => app.subscribe(listen),
  }
}

interface Parts {
  readonly store: Store
  readonly plans: Plans
  readonly runs: Runs
  readonly machines: Machines
  readonly calibrations: Calibrations
  readonly kernels: Kernels
  readonly care: Care
  readonly questions: Questions
  readonly configuration: Configuration
  readonly reports: Reports
  readonly reality: Reality
  readonly tell: Listeners['tell']
}

function useCasesOf(parts: Parts): UseCases {
  const { store, plans, runs, machines, calibrations, kernels, care, questions, reports, reality, tell } =
    parts
  const { configuration } = parts
  return {
    'about.get': () => aboutThis(store),
    'rescue.get': () => ({ problem: null }),
    'rescue.carryOut': () => {
      throw new AppError('store-is-open')
    },
    'plans.list': input => plans.list(input),
    'plans.get': input => plans.get(input),
    'plans.create': input => plans.create(input),
    'plans.edit': input => plans.edit(input),
    'plans.undo': input => plans.undo(input),
    'plans.redo': input => plans.redo(input),
    'plans.duplicate': input => plans.duplicate(input),
    'plans.rename': input => plans.rename(input),
    'plans.delete': input => plans.delete(input),
    'plans.restore': input => plans.restore(input),
    'plans.check': input => plans.check(input),
    'plans.templates': () => plans.templates(),
    'runs.start': input => runs.start(input),
    'runs.cancel': input => runs.cancel(input),
    'runs.get': input => runs.get(input),
    'runs.list': input => runs.list(input),
    'runs.series': input => runs.series(input),
    'runs.budget': input => runs.budget(input),
    'runs.follow': (input, options) => runs.follow(input, options),
    'runs.picture': input => runs.picture(input),
    'runs.explain': input => runs.explain(input),
    'runs.snapshot': input => runs.snapshot(input),
    'questions.choices': input => questions.choices(input),
    'questions.stop': input => questions.stop(input),
    'questions.compare': (input, options) => questions.compare(input, options),
    'questions.capacity': (input, options) => questions.capacity(input, options),
    'questions.sweep': (input, options) => questions.sweep(input, options),
    'questions.sensitivity': (input, options) => questions.sensitivity(input, options),
    'questions.monteCarlo': (input, options) => questions.monteCarlo(input, options),
    'questions.limits': input => questions.limits(input),
    'questions.compatibility': input => questions.compatibility(input),
    'questions.systems': input => systemsOf(input),
    'questions.metrics': () => metrics(),
    'questions.fields': input => questions.fields(input),
    'machines.list': () => machines.list(),
    'machines.get': input => machines.get(input),
    'machines.save': input => machines.save(input),
    'machines.delete': input => machines.delete(input),
    'machines.probe': () => probeMachine(),
    'machines.calibrate': (input, options) => calibrations.run(input, options),
    'machines.check': input => machines.check(input),
    'machines.uses': input => machines.uses(input),
    'machines.import': input => importMachine(machines, input),
    'machines.export': input => machines.export(input),
    'kernels.list': () => offeredKernels(),
    'kernels.changes': () => changes(),
    'kernels.saved': () => [...kernels.list()],
    'kernels.save': input => kernels.save(input),
    'kernels.delete': input => kernels.delete(input),
    'kernels.describe': input => describeKernel(input),
    'costs.list': () => costTables(store),
    'costs.records': () => costRecords(store),
    'costs.delete': ({ id }) => {
      if (!store.costs.list().some(table => table.id === id)) throw new AppError('no-costs', id)
      store.costs.delete(id)
      tell({ event: 'store.changed', what: 'costs' })
      return {}
    },
    'catalog.workloads': () => workloads(),
    'catalog.strategies': () => strategies(),
    'catalog.devices': () => devices(),
    'quantities.parse': input => parseQuantity(input),
    'quantities.format': input => formatQuantity(input),
    'reality.place': () => reality.place(),
    'reality.processes': () => reality.processes(),
    'reality.list': input => reality.list(input),
    'reality.check': input => reality.check(input),
    'reality.run': (input, options) => reality.run(input, options),
    'reality.follow': (input, options) => reality.follow(input, options),
    'reality.load': input => reality.load(input),
    'reality.align': input => reality.align(input),
    'reality.delete': input => reality.delete(input),
    'reality.fidelity': input => reality.fidelity(input),
    'settings.get': () => store.settings.get(),
    'settings.set': input => {
      store.settings.set(input)
      tell({ event: 'store.changed', what: 'settings' })
      return store.settings.get()
    },
    'store.get': () => care.get(),
    'store.check': () => care.check(),
    'store.backUp': () => care.backUp(),
    'store.plansOf': input => care.plansOf(input),
    'store.bringBack': input => care.bringBack(input),
    'store.export': () => care.export(),
    'imports.read': input => readText(input),
    'imports.plan': input => importPlan(input),
    'imports.snippet': () => ({ fileName: 'host-bundle.sh', text: HOST_BUNDLE_SNIPPET }),
    'reports.get': (input, options) => reports.get(input, options),
    'exports.list': () => reports.list(),
    'exports.configuration': input => configuration.write(input),
    'exports.write': (input, options) => reports.write(input, options),
  }
}

interface Answering {
  readonly useCases: UseCases
  readonly store: Store
  readonly onBroken: (error: unknown) => void
  readonly isClosed: () => boolean
}

/** Errors become values here, and nowhere else. */
async function answer(
  { useCases, store, onBroken, isClosed }: Answering,
  method: string,
  input: unknown,
  options: CallOptions,
): Promise<Answer<unknown>> {
  if (!isMethod(method)) return { ok: false, error: failureOf('unknown-method', method) }
  try {
    const read = METHODS[method].input.safeParse(input)
    if (!read.success)
      return { ok: false, error: failureOf('bad-input', method, issuesOf(read.error.issues)) }
    const useCase = useCases[method] as (input: unknown, options: CallOptions) => unknown
    return { ok: true, value: plain(await useCase(read.data, options)) }
  } catch (error) {
    if (error instanceof AppError) return { ok: false, error: error.failure }
    // Its thread or its store was taken away while it worked.
    if (isClosed()) return { ok: false, error: failureOf('closed') }
    const problem = store.problemOf(error)
    if (problem !== null) return { ok: false, error: failureOf('store', problem) }
    onBroken(error)
    return { ok: false, error: failureOf('broken', error instanceof Error ? error.message : String(error)) }
  }
}

const MOST_ISSUES = 20

function issuesOf(
  issues: readonly z.core.$ZodIssue[],
): { path: string; found: string; allowed: string; sentence: string }[] {
  return issues.slice(0, MOST_ISSUES).map(({ path, message, code }) => {
    const place = path
      .map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key).slice(0, 64)}`))
      .join('')
    return { path: `$${place}`, found: code, allowed: message, sentence: `$${place}: ${message}.` }
  })
}

function watchStore(
  store: Store,
  listeners: Listeners,
  everyMs: number,
  onBroken: (error: unknown) => void,
): NodeJS.Timeout | undefined {
  if (everyMs === 0) return undefined
  /** A store that is out of reach for an hour is told about once. */
  let isBroken = false
  const look = (): void => {
    try {
      for (const what of store.changedElsewhere()) listeners.tell({ event: 'store.changed', what })
      isBroken = false
    } catch (error) {
      if (!isBroken) onBroken(error)
      isBroken = true
    }
  }
  return setInterval(look, everyMs).unref()
}
