/** The plan on screen. What is typed shows at once; edits are stored one after the other, and each runs the plan. */
import type { Issue, PlanDocument, PlanView } from '../../app/contract.ts'
import type { Scenario } from '../../engine/scenario.ts'
import { ask, Refused } from '../api.ts'
import { pathText, valueAt, withValue, workloadsOf, type Path } from './document.ts'
import { merged } from './merge.ts'
import { PlanRun } from './plan-run.svelte.ts'
import { TimeAxis } from './time.svelte.ts'

/** Edits elsewhere that may come between reading a plan and storing an edit of it, before a person is told. */
const MOST_CONFLICTS = 5

export class OpenPlan {
  /** As the store has it. */
  view = $state.raw<PlanView>() as PlanView
  /** As the screen has it: ahead of the store by the edits under way. */
  document = $state.raw<PlanDocument>({})
  /** What was understood when it last held together. */
  scenario = $state.raw<Scenario | null>(null)
  failure = $state<string | null>(null)
  /** Index of the workload whose details are shown. */
  selected = $state(0)
  readonly time = new TimeAxis()
  readonly run: PlanRun
  readonly issues = $derived(this.view.checked.issues)
  /** Name of the workload whose details are shown, as it last held together. */
  readonly selectedName = $derived(this.scenario?.workloads[this.selected]?.name)
  #queue: Promise<void> = Promise.resolve()
  #pending = 0
  /** Edits are on their way to the store. */
  isSaving = $state(false)

  /** The first plan of all: a template that the window opened by itself. */
  readonly isFirst: boolean

  constructor(view: PlanView, isFirst = false) {
    this.isFirst = isFirst
    this.run = new PlanRun(view.id, this.time, () => this.selectedName)
    this.#take(view)
    if (view.checked.scenario !== null) void this.run.start()
  }

  /** What the figures on screen hold for. */
  get holdsFor(): string {
    const report = this.run.whole?.report
    return report === undefined ? '' : `Linux ${report.kernel}, cost table ${report.costs}`
  }

  /** Place of the workload of this name in the plan. */
  indexOf(name: string): number | null {
    const at = workloadsOf(this.document).findIndex(workload => workload['name'] === name)
    return at < 0 ? null : at
  }

  value(path: Path): unknown {
    return valueAt(this.document, path)
  }

  /** Mistakes at a place or inside it. */
  issuesAt(path: Path): readonly Issue[] {
    const text = pathText(path)
    return this.issues.filter(
      issue => issue.path === text || issue.path.startsWith(`${text}.`) || issue.path.startsWith(`${text}[`),
    )
  }

  /** Edits of one gesture are one step of undo. */
  set(path: Path, value: unknown, label: string, gesture?: string): void {
    if (valueAt(this.document, path) === value) return
    this.replace(withValue(this.document, path, value), label, gesture)
  }

  replace(document: PlanDocument, label: string, gesture?: string): void {
    const before = this.document
    this.document = document
    const more = gesture === undefined ? { label } : { label, gesture }
    this.#later(() => this.#store(before, document, more))
  }

  /** Stores what an edit has changed, on top of whatever another window has done meanwhile. */
  async #store(
    before: PlanDocument,
    after: PlanDocument,
    more: { readonly label: string; readonly gesture?: string },
  ): Promise<PlanView> {
    for (let again = 0; ; again++) {
      const { id, revision } = this.view
      const document = merged(before, after, this.view.document) as PlanDocument
      try {
        return await ask('plans.edit', { id, revision, document, ...more })
      } catch (error) {
        const isConflict = error instanceof Refused && error.code === 'conflict'
        if (!isConflict || again >= MOST_CONFLICTS) throw error
        this.view = await ask('plans.get', { id })
      }
    }
  }

  undo(): void {
    this.#later(() => (this.view.undo === null ? null : ask('plans.undo', { id: this.view.id })))
  }

  redo(): void {
    this.#later(() => (this.view.redo === null ? null : ask('plans.redo', { id: this.view.id })))
  }

  /** Another window changed it. An undo goes back to the revision that was there before: the number says which, not when. */
  async changedElsewhere(revision: number): Promise<void> {
    await this.#queue
    if (this.#pending > 0 || revision === this.view.revision) return
    this.#later(async () => {
      const stored = await ask('plans.get', { id: this.view.id })
      return stored.revision === this.view.revision ? null : stored
    })
  }

  #later(step: () => Promise<PlanView | null> | null): void {
    this.#pending += 1
    this.isSaving = true
    this.#queue = this.#queue.then(async () => {
      try {
        const view = await step()
        this.#pending -= 1
        if (view === null) return
        this.failure = null
        this.#take(view)
        if (view.checked.scenario !== null && this.#pending === 0) void this.run.start()
      } catch (error) {
        this.#pending -= 1
        this.failure = error instanceof Error ? error.message : String(error)
        const stored = await ask('plans.get', { id: this.view.id }).catch(() => null)
        if (stored !== null) this.#take(stored)
      } finally {
        this.isSaving = this.#pending > 0
      }
    })
  }

  #take(view: PlanView): void {
    this.view = view
    // Later edits are on screen already and come next.
    if (this.#pending === 0) this.document = view.document
    if (view.checked.scenario !== null) this.scenario = view.checked.scenario
  }
}
