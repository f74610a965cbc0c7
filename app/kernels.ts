/** Kernels that a person puts together: one on offer, plus some changes, minus others. */
import { CHANGES } from '../engine/kernels/changes.ts'
import { changesOf, kernelNamed, type OfferedKernel } from '../engine/kernels/releases.ts'
import type { Input, Output, SavedKernel } from './contract.ts'
import { AppError } from './errors.ts'
import type { Tell } from './events.ts'
import type { KernelStore } from './store.ts'

export class Kernels {
  readonly #store: KernelStore
  readonly #tell: Tell

  constructor(store: KernelStore, tell: Tell) {
    this.#store = store
    this.#tell = tell
  }

  list(): readonly SavedKernel[] {
    return this.#store.list()
  }

  save({ id, title, base, plus, minus, note = '' }: Input<'kernels.save'>): SavedKernel {
    if (id !== undefined) this.#own(id)
    offered(base)
    for (const change of [...plus, ...minus])
      if (!CHANGES.some(each => each.id === change)) throw new AppError('no-change', change)
    const both = plus.find(change => minus.includes(change))
    if (both !== undefined) throw new AppError('bad-question', `The change ${both} is in plus and in minus.`)
    const saved = this.#store.save(id ?? null, { title, choice: { name: base, plus, minus }, note })
    this.#tell({ event: 'store.changed', what: 'kernels' })
    return saved
  }

  delete({ id }: { readonly id: string }): Record<string, never> {
    this.#own(id)
    this.#store.delete(id)
    this.#tell({ event: 'store.changed', what: 'kernels' })
    return {}
  }

  #own(id: string): void {
    if (!this.#store.list().some(kernel => kernel.id === id)) throw new AppError('no-kernel', id)
  }
}

function offered(name: string): OfferedKernel {
  const kernel = kernelNamed(name)
  if (kernel === undefined) throw new AppError('no-kernel', name)
  return kernel
}

/** Every change, in the order of the releases, and whether a choice has it. */
export function describeKernel({ base, plus, minus }: Input<'kernels.describe'>): Output<'kernels.describe'> {
  const kernel = offered(base)
  const own = { plus: kernel.plus ?? [], minus: kernel.minus ?? [] }
  const has = new Set(
    changesOf({ release: kernel.release, plus: [...own.plus, ...plus], minus: [...own.minus, ...minus] }).map(
      ({ id }) => id,
    ),
  )
  const byRelease = new Set(changesOf({ release: kernel.release }).map(({ id }) => id))
  return CHANGES.map(({ id, since }) => ({
    id,
    has: has.has(id),
    because: minus.includes(id)
      ? 'minus'
      : plus.includes(id)
        ? 'plus'
        : own.plus.includes(id) || own.minus.includes(id)
          ? 'kernel'
          : byRelease.has(id)
            ? 'release'
            : since === null
              ? 'by name only'
              : 'later',
  }))
}
