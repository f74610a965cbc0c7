/** Who hears what the application tells. */
import type { AppEvent } from './contract.ts'

export type Tell = (event: AppEvent) => void
export type Listen = (event: AppEvent) => void

/** Listeners are called in turn; one that throws is reported and keeps nobody from hearing. */
export class Listeners {
  readonly #listeners = new Set<{ readonly listen: Listen }>()
  readonly #onBroken: (error: unknown) => void

  constructor(onBroken: (error: unknown) => void) {
    this.#onBroken = onBroken
  }

  readonly tell: Tell = event => {
    for (const { listen } of [...this.#listeners]) {
      try {
        listen(event)
      } catch (error) {
        this.#onBroken(error)
      }
    }
  }

  add(listen: Listen): () => void {
    const entry = { listen }
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  clear(): void {
    this.#listeners.clear()
  }
}
