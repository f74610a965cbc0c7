/** Reports and exports of plans: what the window and other programs ask for. */
import type { Executor } from '../../engine/planner/executor.ts'
import type { CostTable } from '../../engine/sim/costs.ts'
import { buildReport } from '../../formats/export/report/build.ts'
import type { ExportSubject } from '../../formats/export/exporter.ts'
import type { ReportDocument } from '../../formats/export/report/document.ts'
import type { CallOptions, Input, Output, Subject } from '../contract.ts'
import { AppError } from '../errors.ts'
import type { Plans, RunnablePlan } from '../plans.ts'
import type { Questioned } from '../questions.ts'
import { fileNameOf } from '../transfers.ts'
import { EXPORTERS, exporterNamed } from './exporters.ts'
import { gatherReport } from './gather.ts'

export interface ReportsSettings {
  readonly plans: Plans
  readonly executor: Questioned
  readonly costsNamed: (id: string) => CostTable
  readonly now: () => number
}

/** Answers that are kept: a preview, and the downloads that follow it, are made from the same runs. */
const MOST_KEPT = 3
/** More than this is not sent as one answer. */
const MOST_BYTES = 96 * 2 ** 20

export class Reports {
  readonly #with: ReportsSettings
  readonly #kept = new Map<string, Promise<ExportSubject>>()

  constructor(settings: ReportsSettings) {
    this.#with = settings
  }

  list(): Output<'exports.list'> {
    return EXPORTERS.map(({ id, title, help, extensions, mediaType, parts }) => ({
      ...{ id, title, help, mediaType },
      extension: extensions[0],
      parts: parts.map(part => ({ ...part })),
    }))
  }

  async get({ subject, compare }: Input<'reports.get'>, options: CallOptions): Promise<ReportDocument> {
    return (await this.#subjectOf(subject, compare, options)).report
  }

  async write(input: Input<'exports.write'>, options: CallOptions): Promise<Output<'exports.write'>> {
    const exporter = exporterNamed(input.format)
    if (exporter === undefined) throw new AppError('no-format', input.format)
    const { plan } = this.#with.plans.runnable(input.subject)
    const content =
      exporter.of === 'plan'
        ? exporter.write(plan)
        : await exporter.write(await this.#subjectOf(input.subject, input.compare, options), input)
    if (content === null) throw new AppError('no-part', input.part ?? '')
    const size = typeof content === 'string' ? content.length : (content.byteLength * 4) / 3
    if (size > MOST_BYTES) throw new AppError('export-too-large', `${MOST_BYTES / 2 ** 20} MiB`)
    const head = {
      fileName: fileNameOf(partName(plan.scenario.name, input.part), 'plan', exporter.extensions[0]),
      mediaType: exporter.mediaType,
    }
    return typeof content === 'string'
      ? { ...head, encoding: 'utf-8', text: content }
      : { ...head, encoding: 'base64', text: Buffer.from(content).toString('base64') }
  }

  /** One that failed or was cancelled is not kept. */
  async #subjectOf(subject: Subject, axis: string | undefined, options: CallOptions): Promise<ExportSubject> {
    const runnable = this.#with.plans.runnable(subject)
    const date = this.#dateOf(runnable)
    const key = JSON.stringify([runnable.document, axis, date, runnable.plan.scenario])
    const before = this.#kept.get(key)
    if (before !== undefined) {
      // Whoever asked first may have gone away, and ended the work with it.
      const answer = await before.catch((error: unknown) => {
        if (
          error instanceof AppError &&
          error.failure.code === 'cancelled' &&
          options.signal?.aborted !== true
        )
          return null
        throw error
      })
      if (answer !== null) return answer
    }
    const made = this.#made(runnable, axis, date, options)
    this.#kept.set(key, made)
    for (const old of [...this.#kept.keys()].slice(0, -MOST_KEPT)) this.#kept.delete(old)
    try {
      return await made
    } catch (error) {
      if (this.#kept.get(key) === made) this.#kept.delete(key)
      throw error
    }
  }

  async #made(
    { plan, document }: RunnablePlan,
    axis: string | undefined,
    date: string,
    { signal, onProgress }: CallOptions,
  ): Promise<ExportSubject> {
    const { executor, costsNamed } = this.#with
    const costs = costsNamed(plan.scenario.machine.costs)
    const gathered = await gatherReport(
      {
        executor: executor satisfies Pick<Executor, 'run' | 'result' | 'width'>,
        result: scenario => executor.result(scenario, signal === undefined ? {} : { signal }),
        limits: scenario => executor.limits(scenario),
      },
      { plan, document, axis, date, costs },
      {
        ...(signal === undefined ? {} : { signal }),
        onProgress: done => onProgress?.({ done, of: null }),
      },
    )
    if (!gathered.ok)
      throw gathered.why === 'cancelled'
        ? new AppError('cancelled')
        : new AppError('bad-question', gathered.sentence)
    return { input: gathered.input, report: buildReport(gathered.input) }
  }

  /** When the plan was changed last; of one that is not stored, today. */
  #dateOf({ planId }: RunnablePlan): string {
    const changed = planId === null ? null : this.#with.plans.get({ id: planId }).changedAtMs
    return dateOf(changed ?? this.#with.now())
  }
}

export const dateOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10)

const partName = (name: string, part: string | undefined): string =>
  part === undefined ? name : `${name} ${part}`
