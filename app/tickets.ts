/** Questions under way that can be ended with what they have so far, by the name that whoever asked gave them. */
import type { CallOptions } from './contract.ts'

export class Tickets {
  readonly #going = new Map<string, AbortController>()

  /** Carries out a question that its ticket can end, besides the signal that it came with. */
  async follow<T>(
    ticket: string | undefined,
    options: CallOptions,
    ask: (options: CallOptions) => Promise<T>,
  ): Promise<T> {
    if (ticket === undefined) return ask(options)
    const ended = new AbortController()
    const signals = options.signal === undefined ? [ended.signal] : [options.signal, ended.signal]
    this.#going.set(ticket, ended)
    try {
      return await ask({ ...options, signal: AbortSignal.any(signals) })
    } finally {
      if (this.#going.get(ticket) === ended) this.#going.delete(ticket)
    }
  }

  /** Whether there was such a question. */
  stop(ticket: string): boolean {
    const ended = this.#going.get(ticket)
    ended?.abort()
    return ended !== undefined
  }
}
