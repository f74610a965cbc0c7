/** The store itself: what it holds, whether it is whole, its backups, and all plans as one text. */
import type { Input, Output } from './contract.ts'
import { AppError } from './errors.ts'
import type { Tell } from './events.ts'
import type { Store, StoredPlan } from './store.ts'

/** Every plan of a store in one file. */
export const PLANS_FORMAT = 'holdfast-plans/1'

export class Care {
  readonly #store: Store
  readonly #tell: Tell

  constructor(store: Store, tell: Tell) {
    this.#store = store
    this.#tell = tell
  }

  get(): Output<'store.get'> {
    const { place, care, plans, machines, kernels, costs } = this.#store
    return {
      ...{ place, ...care.state() },
      counts: {
        plans: plans.list('in use').length,
        trash: plans.list('in the trash').length,
        machines: machines.list().length,
        kernels: kernels.list().length,
        costs: costs.list().length,
      },
    }
  }

  /** Structure by SQLite, then every plan, machine and cost table with its checksum. */
  check(): Output<'store.check'> {
    const startMs = performance.now()
    const { care, plans, machines, costs } = this.#store
    const fault = care.fault()
    const read = fault === null ? this.#readAll() : null
    const tookMs = performance.now() - startMs
    if (fault !== null) return { sound: false, tookMs, sentence: `The store is damaged: ${fault}.` }
    if (read !== null) return { sound: false, tookMs, sentence: read }
    const all = plans.list('in use').length + plans.list('in the trash').length
    const sentence = `Whole: its structure, and ${all} plans, ${machines.list().length} machines and ${costs.list().length} cost tables with their checksums.`
    return { sound: true, tookMs, sentence }
  }

  /** A sentence about the first thing that cannot be read. */
  #readAll(): string | null {
    const { plans, machines, costs } = this.#store
    try {
      for (const { id } of [...plans.list('in use'), ...plans.list('in the trash')]) plans.get(id)
      machines.list()
      costs.list()
      return null
    } catch (error) {
      const problem = this.#store.problemOf(error)
      if (problem === null) throw error
      return problem
    }
  }

  backUp(): Output<'store.get'> {
    this.#store.care.backUp()
    return this.get()
  }

  plansOf({ backup }: Input<'store.plansOf'>): Output<'store.plansOf'> {
    return this.#backup(backup)
      .map(({ id, name, changedAtMs, document }) => {
        const here = this.#store.plans.get(id)
        const isHere = here !== null && here.deletedAtMs === null
        const isSame = isHere && JSON.stringify(here.document) === JSON.stringify(document)
        const state: Output<'store.plansOf'>[number]['state'] = isSame
          ? 'same'
          : isHere
            ? 'different'
            : 'missing'
        return { id, name, changedAtMs, state }
      })
      .toSorted((a, b) => b.changedAtMs - a.changedAtMs)
  }

  bringBack({ backup, plans }: Input<'store.bringBack'>): Output<'store.bringBack'> {
    const wanted = this.#backup(backup).filter(({ id }) => plans.includes(id))
    const unknown = plans.find(id => !wanted.some(plan => plan.id === id))
    if (unknown !== undefined) throw new AppError('no-plan', unknown)
    const made = wanted.map(({ document, name, doc }) =>
      this.#store.plans.create({ document, name, doc, label: 'bring back from a backup' }),
    )
    this.#tell({ event: 'store.changed', what: 'plans' })
    return made.map(({ id, name, doc, revision, changedAtMs, deletedAtMs }) => ({
      ...{ id, name, doc, revision, changedAtMs, deletedAtMs },
    }))
  }

  export(): Output<'store.export'> {
    const { plans } = this.#store
    const documents = plans.list('in use').flatMap(({ id }) => plans.get(id)?.document ?? [])
    const text = `${JSON.stringify({ format: PLANS_FORMAT, plans: documents }, null, 2)}\n`
    return { fileName: 'holdfast-plans.json', mediaType: 'application/json', text }
  }

  #backup(name: string): readonly StoredPlan[] {
    const plans = this.#store.care.plansOf(name)
    if (plans === null) throw new AppError('no-backup', name)
    return plans
  }
}
