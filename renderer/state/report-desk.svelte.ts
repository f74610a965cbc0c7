/** The report of the plan on screen, made anew after each of its edits, and the files that are made of it. */
import type { Output, ReportDocument } from '../../app/contract.ts'
import { ask } from '../api.ts'
import { download } from './download.ts'

/** A report takes several runs: it follows a person's edits once they pause. */
const AFTER_MS = 500

export type Tab = 'report' | 'configuration'

export class ReportDesk {
  report = $state.raw<ReportDocument | null>(null)
  formats = $state.raw<Output<'exports.list'>>([])
  failure = $state<string | null>(null)
  isAsking = $state(false)
  /** Runs that are done for the report that is being made. */
  runsDone = $state(0)
  /** The format that is being written; null where none is. */
  writing = $state<string | null>(null)
  /** What was saved last, for a word about it. */
  saved = $state('')
  tab = $state<Tab>('report')
  paper = $state<'a4' | 'letter'>('a4')
  /** `path=values`; empty: what the plan compares. */
  compare = $state('')
  /** Chosen tables and charts, by format. */
  parts = $state<Record<string, string>>({})
  #planId = ''
  #asked = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #working: AbortController | null = null

  /** Asks at once for another plan, and after a pause for an edit of the same. */
  load(planId: string): void {
    const isOther = planId !== this.#planId
    if (isOther) {
      this.#planId = planId
      this.report = null
      this.compare = ''
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#ask(), isOther || this.report === null ? 0 : AFTER_MS)
  }

  /** Ends the work that is going on; the report before it stays. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#working?.abort()
  }

  async #ask(): Promise<void> {
    const turn = ++this.#asked
    this.#working?.abort()
    this.#working = new AbortController()
    Object.assign(this, { isAsking: true, runsDone: 0 })
    const options = {
      signal: this.#working.signal,
      onProgress: ({ done }: { readonly done: number }) => void (this.runsDone = done),
    }
    try {
      const [report, formats] = await Promise.all([
        ask('reports.get', { subject: { planId: this.#planId }, ...this.#compared() }, options),
        this.formats.length > 0 ? this.formats : ask('exports.list', {}),
      ])
      if (turn === this.#asked) Object.assign(this, { report, formats, failure: null })
    } catch (error) {
      if (turn === this.#asked) this.failure = error instanceof Error ? error.message : String(error)
    } finally {
      if (turn === this.#asked) this.isAsking = false
    }
  }

  #compared(): { compare?: string } {
    const text = this.compare.trim()
    return text === '' ? {} : { compare: text }
  }

  /** Writes the report, or a part of it, and hands it over. */
  async save(format: string, planId = this.#planId): Promise<void> {
    const head = this.formats.find(({ id }) => id === format)
    const part = this.parts[format] ?? head?.parts[0]?.id
    this.writing = format
    try {
      const written = await ask('exports.write', {
        ...{ subject: { planId }, format, paper: this.paper },
        ...(part === undefined ? {} : { part }),
        ...(planId === this.#planId ? this.#compared() : {}),
      })
      download(written)
      Object.assign(this, { saved: written.fileName, failure: null })
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    } finally {
      this.writing = null
    }
  }
}

export const reportDesk = new ReportDesk()
