/**
 * The machine that is looked at: a preset, or one of a person's own that every edit saves as soon as it holds together.
 * Edits can be taken back while the window is open; so can a deletion.
 */
import type {
  Input,
  Issue,
  MachineChecked,
  MachineImported,
  MachineView,
  Output,
  PlanDocument,
  ProbedMachineView,
} from '../../app/contract.ts'
import { ask } from '../api.ts'
import { pathText, valueAt, withValue, type Path } from './document.ts'
import type { Workspace } from './workspace.svelte.ts'

interface Step {
  readonly document: PlanDocument
  readonly label: string
  readonly gesture: string | undefined
}

type Origin = NonNullable<Input<'machines.save'>['origin']>
type Uses = Output<'machines.uses'>

export class MachineDesk {
  view = $state.raw<MachineView | null>(null)
  /** `{ machine, kernel, note }`, as typed. */
  document = $state.raw<PlanDocument>({})
  checked = $state.raw<MachineChecked | null>(null)
  /** What was understood when it last held together. */
  sound = $state.raw<MachineChecked | null>(null)
  uses = $state.raw<Uses>([])
  failure = $state<string | null>(null)
  /** Taken away a moment ago, and can come back. */
  deleted = $state.raw<MachineView | null>(null)
  /** What an import came to, until it is saved or left. */
  imported = $state.raw<MachineImported | null>(null)
  /** The host that the program runs on, until it is saved or left. */
  probed = $state.raw<ProbedMachineView | null>(null)
  isImporting = $state(false)
  back = $state.raw<readonly Step[]>([])
  forth = $state.raw<readonly Step[]>([])
  readonly issues = $derived<readonly Issue[]>(this.checked?.issues ?? [])
  readonly isFixed = $derived(this.view?.source !== 'saved')
  #queue: Promise<void> = Promise.resolve()
  #turn = 0

  async open(id: string): Promise<void> {
    await this.#queue
    await this.#try(async () => this.show(await ask('machines.get', { id })))
  }

  show(view: MachineView): void {
    const { document, kernel, note } = view
    this.view = view
    this.document = { machine: document, ...(kernel === null ? {} : { kernel }), note }
    Object.assign(this, { back: [], forth: [], sound: null, uses: [] })
    Object.assign(this, { isImporting: false, imported: null, probed: null })
    void this.#check()
    void this.loadUses()
  }

  async loadUses(): Promise<void> {
    const id = this.view?.id
    if (id === undefined) return
    const uses = await ask('machines.uses', { id }).catch(() => [])
    if (this.view?.id === id) this.uses = uses
  }

  value(path: Path): unknown {
    return valueAt(this.document, path)
  }

  issuesAt(path: Path): readonly Issue[] {
    const text = pathText(path)
    return this.issues.filter(
      issue => issue.path === text || issue.path.startsWith(`${text}.`) || issue.path.startsWith(`${text}[`),
    )
  }

  /** Edits of one gesture are one step of undo. */
  set(path: Path, value: unknown, label: string, gesture?: string): void {
    if (this.isFixed || valueAt(this.document, path) === value) return
    const last = this.back.at(-1)
    if (gesture === undefined || last?.gesture !== gesture)
      this.back = [...this.back, { document: this.document, label, gesture }]
    this.forth = []
    this.#write(withValue(this.document, path, value))
  }

  undo(): void {
    this.#move('back', 'forth')
  }

  redo(): void {
    this.#move('forth', 'back')
  }

  #move(from: 'back' | 'forth', to: 'back' | 'forth'): void {
    const step = this[from].at(-1)
    if (step === undefined) return
    this[from] = this[from].slice(0, -1)
    this[to] = [...this[to], { ...step, document: this.document, gesture: undefined }]
    this.#write(step.document)
  }

  #write(document: PlanDocument): void {
    this.document = document
    const id = this.view?.id
    this.#queue = this.#queue.then(async () => {
      // A later edit is on its way: that one is looked at.
      if (this.document !== document || this.view?.id !== id) return
      const checked = await this.#check()
      if (checked === null || checked.issues.length > 0 || id === undefined) return
      await this.#try(async () => {
        const { machine, kernel, note } = partsOf(document)
        const saved = await ask('machines.save', { id, document: machine, kernel, note })
        if (this.view?.id === id) this.view = saved
        await this.loadUses()
      })
    })
  }

  async #check(): Promise<MachineChecked | null> {
    const turn = ++this.#turn
    const { machine, kernel } = partsOf(this.document)
    try {
      const checked = await ask('machines.check', { document: machine, kernel })
      if (turn !== this.#turn) return null
      this.checked = checked
      if (checked.machine !== null) this.sound = checked
      return checked
    } catch (error) {
      this.#fail(error)
      return null
    }
  }

  /** A machine of one's own, with all that this one has. */
  async duplicate(): Promise<void> {
    const { view } = this
    if (view === null) return
    const name = `${view.name.slice(0, 190)} (copy)`
    await this.create({ ...view.document, name }, view.kernel, 'typed', view.note)
  }

  async create(
    document: PlanDocument,
    kernel: MachineView['kernel'],
    origin: Origin,
    note = '',
  ): Promise<void> {
    await this.#try(async () => this.show(await ask('machines.save', { document, kernel, origin, note })))
  }

  async remove(): Promise<void> {
    const { view } = this
    if (view?.source !== 'saved') return
    await this.#queue
    await this.#try(async () => {
      await ask('machines.delete', { id: view.id })
      this.view = null
      this.deleted = view
    })
  }

  /** Under a new id, with everything that it had. */
  async bringBack(): Promise<void> {
    const { deleted } = this
    if (deleted === null) return
    this.deleted = null
    await this.create(deleted.document, deleted.kernel, deleted.origin ?? 'typed', deleted.note)
  }

  async read(texts: Input<'machines.import'>['texts']): Promise<void> {
    await this.#try(async () => {
      this.imported = await ask('machines.import', { texts })
    })
  }

  async #try(step: () => Promise<void>): Promise<void> {
    try {
      await step()
      this.failure = null
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.failure = error instanceof Error ? error.message : String(error)
  }
}

type WrittenKernel = NonNullable<Input<'machines.save'>['kernel']> | null

const isRecord = (value: unknown): value is PlanDocument =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What the application takes of a draft. */
function partsOf(draft: PlanDocument): { machine: PlanDocument; kernel: WrittenKernel; note: string } {
  const { machine, kernel = null, note } = draft
  return {
    machine: isRecord(machine) ? machine : {},
    kernel: kernel as WrittenKernel,
    note: typeof note === 'string' ? note : '',
  }
}

export const machineDesk = new MachineDesk()

/** Puts the machine, and its kernel where it has one, into the plan on screen, as one step of undo. */
export function useMachine(workspace: Workspace): void {
  const { plan } = workspace
  const { view, document } = machineDesk
  if (plan === null || view === null) return
  const machine = view.source === 'preset' ? { preset: view.id } : document['machine']
  const kernel = document['kernel']
  plan.replace(
    { ...plan.document, machine, ...(kernel === undefined ? {} : { kernel }) },
    `Plan on ${view.name}`,
  )
  workspace.screen = 'plan'
}
