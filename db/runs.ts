/** Runs: what a plan came to. The summary is one row, each curve another, so that a screen reads what it shows. */
import { z } from 'zod'
import type { RunResult } from '../engine/sim/result.ts'
import { assertIntact, checkedJson, checkedRow, checkedRows, checksum } from './rows.ts'
import { packed, seriesIn, unpacked, type SeriesOf } from './series.ts'
import type { Session } from './session.ts'
import { runSummary, type RunSummary } from './shapes.ts'

/**
 * Runs of a plan, and likewise runs without one, that stay without having been kept on purpose: so many, and so many
 * bytes of curves. Older ones go when a new one is saved; the newest stays, however large it is.
 */
export const RUN_LIMITS: RunLimits = { runs: 20, bytes: 128 * 2 ** 20 }

export interface RunLimits {
  readonly runs: number
  readonly bytes: number
}

export interface RunDraft {
  /** The plan that was run and its revision; null for a run without a plan. */
  readonly planId: number | null
  readonly revision: number | null
  readonly title: string
  /** What was run, as a text, so that the run can be made again when the plan has changed. */
  readonly scenario: string
  readonly result: RunResult
  /** Stays until it is removed. */
  readonly kept?: boolean
}

export interface RunInfo {
  readonly id: number
  readonly planId: number | null
  readonly revision: number | null
  readonly title: string
  readonly points: number
  /** Of its times and curves. */
  readonly bytes: number
  readonly kept: boolean
  readonly madeMs: number
}

export interface Runs extends SeriesOf {
  /** Newest first; of one plan, or all. */
  list(planId?: number): RunInfo[]
  /** In one transaction. */
  save(run: RunDraft): RunInfo
  /** All of a run but its curves. */
  summary(id: number): RunSummary | null
  scenario(id: number): string | null
  times(id: number): Float64Array | null
  /** The whole run. */
  load(id: number): RunResult | null
  keep(id: number, kept: boolean): boolean
  remove(id: number): boolean
}

const infoRow = z.object({
  id: z.int(),
  plan_id: z.int().nullable(),
  revision: z.int().nullable(),
  title: z.string(),
  points: z.int(),
  bytes: z.int(),
  kept: z.int(),
  made_ms: z.int(),
})
const INFO = 'id, plan_id, revision, title, points, bytes, kept, made_ms'
const textRow = z.object({ text: z.string(), crc: z.int() })
const timesRow = z.object({ data: z.instanceof(Uint8Array), crc: z.int() })

export function runsIn(session: Session, limits: RunLimits): Runs {
  const { db, nowMs } = session
  const { add: addSeries, ...series } = seriesIn(session)
  const every = db.prepare<[]>(`SELECT ${INFO} FROM runs ORDER BY id DESC`)
  const ofPlan = db.prepare<[number]>(`SELECT ${INFO} FROM runs WHERE plan_id = ? ORDER BY id DESC`)
  const insert = db.prepare<
    [
      ...[number | null, number | null, string, string, number],
      ...[string, number, number, number, Uint8Array, number, number, number],
    ]
  >(
    `INSERT INTO runs (plan_id, revision, title, scenario, scenario_crc, summary, summary_crc, points, bytes, times, times_crc,
       kept, made_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${INFO}`,
  )
  const summaryOf = db.prepare<[number]>('SELECT summary AS text, summary_crc AS crc FROM runs WHERE id = ?')
  const scenarioOf = db.prepare<[number]>(
    'SELECT scenario AS text, scenario_crc AS crc FROM runs WHERE id = ?',
  )
  const timesOf = db.prepare<[number]>('SELECT times AS data, times_crc AS crc FROM runs WHERE id = ?')
  const mark = db.prepare<[number, number]>('UPDATE runs SET kept = ? WHERE id = ?')
  const drop = db.prepare<[number]>('DELETE FROM runs WHERE id = ?')
  const prune = db.prepare<[number | null, number, number]>(
    `DELETE FROM runs WHERE id IN (
       SELECT id FROM (
         SELECT id, row_number() OVER newer AS place, sum(bytes) OVER newer AS total
         FROM runs WHERE plan_id IS ? AND kept = 0 WINDOW newer AS (ORDER BY id DESC))
       WHERE place > 1 AND (place > ? OR total > ?))`,
  )

  const info = (raw: unknown): RunInfo => {
    const { plan_id, kept, made_ms, ...row } = checkedRow(session, infoRow, raw, 'a run')
    return { ...row, planId: plan_id, kept: kept === 1, madeMs: made_ms }
  }

  const summary = (id: number): RunSummary | null => {
    const row = summaryOf.get(id)
    if (row === undefined) return null
    const what = `the result of run ${id}`
    return checkedJson(session, runSummary, checkedRow(session, textRow, row, what), what)
  }

  const times = (id: number): Float64Array | null => {
    const row = timesOf.get(id)
    if (row === undefined) return null
    const what = `the times of run ${id}`
    const { data, crc } = checkedRow(session, timesRow, row, what)
    assertIntact(session, data, crc, what)
    return unpacked(data)
  }

  const save = (run: RunDraft): RunInfo => {
    const { timesS, series: curves, ...rest } = run.result
    const body = JSON.stringify(rest)
    const data = packed(timesS)
    const bytes = curves.reduce((sum, { values }) => sum + values.byteLength, data.byteLength)
    const saved = info(
      insert.get(
        ...([run.planId, run.revision, run.title, run.scenario, checksum(run.scenario)] as const),
        ...([body, checksum(body), timesS.length, bytes, data, checksum(data)] as const),
        ...([run.kept === true ? 1 : 0, nowMs()] as const),
      ),
    )
    curves.forEach((curve, place) => addSeries(saved.id, place, curve))
    prune.run(run.planId, limits.runs, limits.bytes)
    return saved
  }

  return {
    ...series,
    list: planId => session.read(() => (planId === undefined ? every.all() : ofPlan.all(planId)).map(info)),
    save: run => session.write('runs', () => save(run)),
    summary: id => session.read(() => summary(id)),
    scenario: id =>
      session.read(() => {
        const what = `the scenario of run ${id}`
        const [row] = checkedRows(session, textRow, scenarioOf.all(id), what)
        if (row !== undefined) assertIntact(session, row.text, row.crc, what)
        return row?.text ?? null
      }),
    times: id => session.read(() => times(id)),
    load: id =>
      session.read(() => {
        const [rest, timesS] = [summary(id), times(id)]
        return rest === null || timesS === null ? null : { ...rest, timesS, series: series.series(id) }
      }),
    keep: (id, kept) => session.write('runs', () => mark.run(kept ? 1 : 0, id).changes === 1),
    remove: id => session.write('runs', () => drop.run(id).changes === 1),
  }
}
