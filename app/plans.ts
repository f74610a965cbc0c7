/** Plans: kept as they were typed, mistakes and all; every change is a revision that undo takes back. */
import { machineNamed } from '../engine/machines.ts'
import { isRecord } from '../formats/plan/reader.ts'
import { readPlanDocument, type Plan } from '../formats/plan/read-plan.ts'
import { TEMPLATES, templateNamed } from '../formats/plan/templates.ts'
import { PLAN_FORMAT } from '../formats/plan/upgrades.ts'
import type { Checked, Input, Output, PlanDocument, PlanEntry, PlanView, Subject } from './contract.ts'
import { AppError } from './errors.ts'
import type { Tell } from './events.ts'
import { kernel as kernelCodec } from '../formats/plan/kernel.ts'
import { machineDocument } from './machines.ts'
import type { PlanDraft, Store, StoredPlan } from './store.ts'

/** A plan that can be run, and where it is from. */
export interface RunnablePlan {
  readonly planId: string | null
  readonly revision: number | null
  readonly plan: Plan
  readonly document: PlanDocument
}

export class Plans {
  readonly #store: Store
  readonly #tell: Tell

  constructor(store: Store, tell: Tell) {
    this.#store = store
    this.#tell = tell
  }

  list({ search = '', trash = false }: Input<'plans.list'>): PlanEntry[] {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean)
    return this.#store.plans
      .list(trash ? 'in the trash' : 'in use')
      .filter(({ name, doc }) => words.every(word => `${name}\n${doc}`.toLowerCase().includes(word)))
  }

  get({ id }: { readonly id: string }): PlanView {
    return viewOf(this.#found(id))
  }

  create({ name, origin }: Input<'plans.create'>): PlanView {
    const document = this.#documentFrom(origin)
    const named = name === undefined ? document : { ...document, name }
    return this.#changed(this.#store.plans.create(draftOf(named, 'create')))
  }

  edit({ id, revision, document, label = 'edit', gesture }: Input<'plans.edit'>): PlanView {
    const before = this.#inUse(id)
    const draft = { ...draftOf(document, label, before.name), gesture }
    const edited = this.#store.plans.edit(id, revision, draft)
    if (edited === null) throw new AppError('conflict', before.name)
    return this.#changed(edited)
  }

  undo({ id }: { readonly id: string }): PlanView {
    const { name } = this.#inUse(id)
    const undone = this.#store.plans.undo(id)
    if (undone === null) throw new AppError('nothing-to-undo', name)
    return this.#changed(undone)
  }

  redo({ id }: { readonly id: string }): PlanView {
    const { name } = this.#inUse(id)
    const redone = this.#store.plans.redo(id)
    if (redone === null) throw new AppError('nothing-to-redo', name)
    return this.#changed(redone)
  }

  duplicate({ id, name }: Input<'plans.duplicate'>): PlanView {
    const plan = this.#found(id)
    const document = { ...plan.document, name: name ?? `${plan.name.slice(0, 190)} (copy)` }
    return this.#changed(this.#store.plans.create(draftOf(document, 'duplicate')))
  }

  rename({ id, name }: Input<'plans.rename'>): PlanView {
    const { document, revision } = this.#inUse(id)
    return this.edit({ id, revision, document: { ...document, name }, label: 'rename' })
  }

  delete({ id }: { readonly id: string }): Record<string, never> {
    this.#changed(this.#found(id), true)
    return {}
  }

  restore({ id }: { readonly id: string }): PlanView {
    return this.#changed(this.#found(id), false)
  }

  check({ document }: Input<'plans.check'>): Checked {
    return checkedOf(document)
  }

  templates(): Output<'plans.templates'> {
    return TEMPLATES.map(({ id, title, doc, document }) => {
      const read = readPlanDocument(document)
      return { id, title, doc, claim: read.ok ? (read.plan.claim ?? null) : null }
    })
  }

  /** The plan that a question is about; one with mistakes is refused with all of them. */
  runnable(subject: Subject): RunnablePlan {
    const stored = 'planId' in subject ? this.#inUse(subject.planId) : null
    const document = 'planId' in subject ? (stored?.document ?? {}) : subject.document
    const read = readPlanDocument(document)
    if (!read.ok) throw new AppError('plan-has-mistakes', nameOf(document, 'plan'), [...read.issues])
    return { planId: stored?.id ?? null, revision: stored?.revision ?? null, plan: read.plan, document }
  }

  #documentFrom(origin: Input<'plans.create'>['origin']): PlanDocument {
    if (origin.from === 'document') return origin.document
    if (origin.from === 'template') {
      const template = templateNamed(origin.template)
      if (template === undefined) throw new AppError('no-template', origin.template)
      return template.document
    }
    const { machine: id } = origin
    const saved = this.#store.machines.get(id)
    if (saved === null && machineNamed(id) === undefined) throw new AppError('no-machine', id)
    const machine = saved === null ? { preset: id } : machineDocument(saved.machine)
    const own = saved?.kernel ?? null
    const kernel = own === null ? {} : { kernel: kernelCodec.write(own) }
    return { format: PLAN_FORMAT, name: 'New plan', doc: '', machine, ...kernel, workloads: [] }
  }

  #found(id: string): StoredPlan {
    const plan = this.#store.plans.get(id)
    if (plan === null) throw new AppError('no-plan', id)
    return plan
  }

  #inUse(id: string): StoredPlan {
    const plan = this.#found(id)
    if (plan.deletedAtMs !== null) throw new AppError('in-trash', plan.name)
    return plan
  }

  #changed(plan: StoredPlan, deleted?: boolean): PlanView {
    if (deleted !== undefined) this.#store.plans.setDeleted(plan.id, deleted)
    this.#tell({ event: 'plan.changed', planId: plan.id, revision: plan.revision })
    this.#tell({ event: 'store.changed', what: 'plans' })
    return viewOf(deleted === undefined ? plan : this.#found(plan.id))
  }
}

const viewOf = (plan: StoredPlan): PlanView => ({ ...plan, checked: checkedOf(plan.document) })

function checkedOf(document: PlanDocument): Checked {
  const read = readPlanDocument(document)
  if (!read.ok) return { scenario: null, issues: [...read.issues], notes: [] }
  return { scenario: read.plan.scenario, issues: [], notes: [...read.notes] }
}

/** What a list shows of a document that may have mistakes. */
function draftOf(document: PlanDocument, label: string, nameBefore = 'Plan'): PlanDraft {
  const { doc } = document
  return {
    document,
    name: nameOf(document, nameBefore),
    doc: typeof doc === 'string' ? doc.slice(0, 10_000) : '',
    label,
  }
}

function nameOf(document: PlanDocument, otherwise: string): string {
  const { name } = document
  return isRecord(document) && typeof name === 'string' && name.trim() !== '' ? name.slice(0, 200) : otherwise
}
