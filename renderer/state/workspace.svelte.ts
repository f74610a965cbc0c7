/** The window's state: what is open, what can be opened, what can be chosen, and what it remembers. */
import type { AppEvent, GivenFile, Input, Output, PlanEntry, Settings } from '../../app/contract.ts'
import { api, ask } from '../api.ts'
import { freeName, workloadsOf } from './document.ts'
import { Incoming } from './incoming.svelte.ts'
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
  /** In the trash, the newest first. */
  trash = $state.raw<readonly PlanEntry[]>([])
  /** The plan that went to the trash last: one step brings it back. */
  deleted = $state.raw<{ readonly id: string; readonly name: string } | null>(null)
  readonly incoming = new Incoming()
  templates = $state.raw<Output<'plans.templates'>>([])
  machines = $state.raw<Output<'machines.list'>>([])
  kernels = $state.raw<Output<'kernels.list'>>([])
  savedKernels = $state.raw<Output<'kernels.saved'>>([])
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
    else await this.create({ from: 'template', template: FIRST_TEMPLATE }, true)
    this.isReady = true
    this.#opened.resolve(undefined)
    void this.listKernels()
  }

  /** Kernels that a person put together. */
  async listKernels(): Promise<void> {
    this.savedKernels = await ask('kernels.saved', {}).catch(() => this.savedKernels)
  }

  async #listMachines(): Promise<void> {
    this.machines = await ask('machines.list', {}).catch(() => this.machines)
  }

  async openPlan(id: string): Promise<void> {
    await this.#try(async () => this.#show(new OpenPlan(await ask('plans.get', { id }))))
  }

  async create(origin: Input<'plans.create'>['origin'], isFirst = false): Promise<void> {
    await this.#try(async () => this.#show(new OpenPlan(await ask('plans.create', { origin }), isFirst)))
  }

  async duplicate(id: string): Promise<void> {
    await this.#try(async () => this.#show(new OpenPlan(await ask('plans.duplicate', { id }))))
  }

  async rename(id: string, name: string): Promise<void> {
    if (this.plan?.view.id === id) this.plan.set(['name'], name, 'Rename')
    else await this.#try(() => ask('plans.rename', { id, name }).then(() => this.#listPlans()))
  }

  async restore(id: string): Promise<void> {
    await this.#try(async () => {
      await ask('plans.restore', { id })
      if (this.deleted?.id === id) this.deleted = null
      await this.#listPlans()
    })
  }

  /** A plan on the machine that this runs on. */
  async createHere(): Promise<void> {
    await this.#try(async () => {
      const { document: machine, kernel } = await ask('machines.probe', {})
      const document = {
        ...{ format: 'holdfast-plan/1', name: 'Plan of this machine', doc: '', machine, kernel: kernel.name },
        workloads: [],
      }
      this.#show(new OpenPlan(await ask('plans.create', { origin: { from: 'document', document } })))
    })
  }

  /** The plan as a file that `holdfast run` and another window read. */
  async saveFile(): Promise<void> {
    const { plan } = this
    if (plan === null) return
    await this.#try(async () => {
      const subject = { planId: plan.view.id }
      const written = await ask('exports.write', { subject, format: 'plan' })
      download(written)
    })
  }

  /** Asks for files by the browser's own dialog. */
  pickFiles(): void {
    const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true })
    input.addEventListener('change', () => void this.takeIn([...(input.files ?? [])]))
    input.click()
  }

  /** Files that were dropped or chosen: read first, looked at in the library, then made a plan. */
  async takeIn(files: readonly File[]): Promise<void> {
    if (files.length === 0) return
    this.screen = 'library'
    await this.incoming.addFiles(files)
    await this.#makePlain()
  }

  async takeText(text: string): Promise<void> {
    if (text.trim() === '') return
    this.screen = 'library'
    await this.incoming.addText(text)
    await this.#makePlain()
  }

  async #makePlain(): Promise<void> {
    if (this.incoming.isPlain) await this.makeIncoming()
  }

  async makeIncoming(): Promise<void> {
    const document = this.incoming.answer?.document ?? null
    if (document === null) return
    await this.create({ from: 'document', document })
    if (this.failure === null) this.incoming.clear()
  }

  /** Into the trash, from where it can be restored. */
  async remove(id: string): Promise<void> {
    const name = this.plans.find(plan => plan.id === id)?.name ?? ''
    await this.#try(async () => {
      await ask('plans.delete', { id })
      this.deleted = { id, name }
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

  /** A second one of the selected workload, under a name of its own. */
  duplicateWorkload(): void {
    const { plan } = this
    if (plan === null) return
    const list = workloadsOf(plan.document)
    const selected = list[plan.selected]
    if (selected === undefined) return
    const name = freeName(plan.document, String(selected['name']))
    const workloads = list.toSpliced(plan.selected + 1, 0, { ...selected, name })
    plan.replace({ ...plan.document, workloads }, `Add ${name}`)
    plan.selected += 1
    this.screen = 'plan'
  }

  /** Which step of the guide is on screen; null while it is put away. */
  step = $state<number | null>(null)

  guide(step: number | null): void {
    this.step = step
    if (step !== null) this.screen = 'plan'
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
    if (this.screen === 'library') await this.listTrash()
  }

  async listTrash(): Promise<void> {
    this.trash = await ask('plans.list', { trash: true })
  }

  async #hear(event: AppEvent): Promise<void> {
    if (event.event === 'plan.changed') {
      if (event.planId === this.plan?.view.id) await this.plan.changedElsewhere(event.revision)
      this.#listSoon()
    } else if (event.event === 'store.changed') {
      const { what } = event
      if (what === 'plans' || what === 'everything') this.#listSoon()
      if (what === 'machines' || what === 'everything') await this.#listMachines()
      if (what === 'kernels' || what === 'everything') await this.listKernels()
    } else if (event.event === 'files.given') await this.takeFiles(event.files)
    else this.plan?.run.hear(event)
  }

  /** Files that the shell was opened with: a plan opens, anything else is looked at first. */
  async takeFiles(files: readonly GivenFile[]): Promise<void> {
    await this.#opened.promise
    for (const file of files) {
      await this.incoming.addGiven([file])
      await this.#makePlain()
    }
    if (this.incoming.isOpen) this.screen = 'library'
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
  async #try(step: () => Promise<unknown>): Promise<void> {
    const before = this.failure
    try {
      await step()
      if (this.failure === before) this.failure = null
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    }
  }
}

function download({ fileName, mediaType, text, encoding }: Output<'exports.write'>): void {
  const content = encoding === 'utf-8' ? text : Uint8Array.from(atob(text), byte => byte.charCodeAt(0))
  const url = URL.createObjectURL(new Blob([content], { type: mediaType }))
  const link = Object.assign(document.createElement('a'), { href: url, download: fileName })
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

export const workspace = new Workspace()
