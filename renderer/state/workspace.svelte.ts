/** The window's state: what is open, what can be opened, what can be chosen, and what it remembers. */
import type { AppEvent, GivenFile, Input, Output, PlanEntry, Settings } from '../../app/contract.ts'
import { api, ask } from '../api.ts'
import { freeName, workloadsOf } from './document.ts'
import { OpenPlan } from './open-plan.svelte.ts'
import type { ScreenId } from './screens.ts'

export { BELOW, SCREENS, type ScreenId } from './screens.ts'

/** Milliseconds after which the list of plans follows what has changed. */
const LIST_AFTER_MS = 400
const FIRST_TEMPLATE = 'lock-on-fault'

export class Workspace {
  screen = $state<ScreenId>('plan')
  plan = $state.raw<OpenPlan | null>(null)
  plans = $state.raw<readonly PlanEntry[]>([])
  templates = $state.raw<Output<'plans.templates'>>([])
  machines = $state.raw<Output<'machines.list'>>([])
  kernels = $state.raw<Output<'kernels.list'>>([])
  kinds = $state.raw<Output<'catalog.workloads'>>([])
  strategies = $state.raw<Output<'catalog.strategies'>>([])
  settings = $state.raw<Settings>({})
  failure = $state<string | null>(null)
  isReady = $state(false)
  /** Tables instead of charts. */
  tables = $state(false)
  #listing: ReturnType<typeof setTimeout> | undefined

  /** Settled once there is a plan on screen: what comes from outside waits for it, or it would be covered. */
  readonly #opened = Promise.withResolvers<undefined>()

  async open(): Promise<void> {
    api.subscribe(event => void this.#hear(event))
    const [settings, plans, templates, machines, kernels, kinds, strategies] = await Promise.all([
      ask('settings.get', {}),
      ask('plans.list', {}),
      ask('plans.templates', {}),
      ask('machines.list', {}),
      ask('kernels.list', {}),
      ask('catalog.workloads', {}),
      ask('catalog.strategies', {}),
    ])
    Object.assign(this, { settings, plans, templates, machines, kernels, kinds, strategies })
    const last = plans.find(({ id }) => id === settings.lastPlanId) ?? plans[0]
    if (last !== undefined) await this.openPlan(last.id)
    else await this.create({ from: 'template', template: FIRST_TEMPLATE })
    this.isReady = true
    this.#opened.resolve(undefined)
  }

  async openPlan(id: string): Promise<void> {
    await this.#try(async () => this.#show(new OpenPlan(await ask('plans.get', { id }))))
  }

  async create(origin: Input<'plans.create'>['origin']): Promise<void> {
    await this.#try(async () => this.#show(new OpenPlan(await ask('plans.create', { origin }))))
  }

  async duplicate(id: string): Promise<void> {
    await this.#try(async () => this.#show(new OpenPlan(await ask('plans.duplicate', { id }))))
  }

  /** Into the trash, from where it can be restored. */
  async remove(id: string): Promise<void> {
    await this.#try(async () => {
      await ask('plans.delete', { id })
      if (this.plan?.view.id === id) this.plan = null
      await this.#listPlans()
    })
  }

  addWorkload(kindId: string): void {
    const kind = this.kinds.find(({ id }) => id === kindId)
    if (this.plan === null || kind === undefined) return
    const { document } = this.plan
    const name = freeName(document, kindId)
    const workloads = [...workloadsOf(document), { name, kind: kindId, strategy: kind.defaultStrategy }]
    this.plan.replace({ ...document, workloads }, `Add ${name}`)
    this.plan.selected = workloads.length - 1
    this.screen = 'plan'
  }

  async remember(some: Settings): Promise<void> {
    this.settings = { ...this.settings, ...some }
    await this.#try(async () => {
      this.settings = await ask('settings.set', some)
    })
  }

  panel(name: string, otherwise: number): number {
    const size = this.settings.panels?.[name]
    return typeof size === 'number' ? size : otherwise
  }

  #show(plan: OpenPlan): void {
    this.plan = plan
    this.screen = 'plan'
    void this.remember({ lastPlanId: plan.view.id, firstStartDone: true })
    void this.#listPlans()
  }

  async #listPlans(): Promise<void> {
    this.plans = await ask('plans.list', {})
  }

  async #hear(event: AppEvent): Promise<void> {
    if (event.event === 'plan.changed') {
      if (event.planId === this.plan?.view.id) await this.plan.changedElsewhere(event.revision)
      this.#listSoon()
    } else if (event.event === 'store.changed') {
      if (event.what === 'plans' || event.what === 'everything') this.#listSoon()
    } else if (event.event === 'files.given') await this.takeFiles(event.files)
    else this.plan?.run.hear(event)
  }

  /** Files that the shell was opened with: each becomes a plan. */
  async takeFiles(files: readonly GivenFile[]): Promise<void> {
    await this.#opened.promise
    await this.#try(async () => {
      for (const { name, base64, trouble } of files) {
        if (trouble !== null) throw new Error(`${name} cannot be read: ${trouble}`)
        const text = new TextDecoder().decode(Uint8Array.from(atob(base64), byte => byte.charCodeAt(0)))
        const { document, issues } = await ask('imports.read', { name, text })
        if (document === null) throw new Error(`${name}: ${issues.map(({ sentence }) => sentence).join(' ')}`)
        this.#show(new OpenPlan(await ask('plans.create', { origin: { from: 'document', document } })))
      }
    })
  }

  /** Each edit is told about; a list that is a moment old does no harm, and asking for it each time does. */
  #listSoon(): void {
    if (this.#listing !== undefined) return
    this.#listing = setTimeout(() => {
      this.#listing = undefined
      void this.#listPlans()
        .then(() => this.#compareOpen())
        .catch(() => null)
    }, LIST_AFTER_MS)
  }

  /** Of what another process does, only that plans have changed is told: whether this one has, the list says. */
  async #compareOpen(): Promise<void> {
    const entry = this.plans.find(({ id }) => id === this.plan?.view.id)
    if (entry !== undefined) await this.plan?.changedElsewhere(entry.revision)
  }

  /** What went wrong before is over once something works; what another step says meanwhile is not. */
  async #try(step: () => Promise<void>): Promise<void> {
    const before = this.failure
    try {
      await step()
      if (this.failure === before) this.failure = null
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    }
  }
}

export const workspace = new Workspace()
