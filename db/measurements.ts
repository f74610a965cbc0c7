/** Measurements of real processes: what was measured and how in one row, its samples as snapshots. */
import { z } from 'zod'
import type { Snapshot } from '../engine/sim/result.ts'
import { checkedJson, checkedRow, checksum, type Json } from './rows.ts'
import type { Session } from './session.ts'
import { snapshotBody } from './shapes.ts'

export interface MeasurementDraft {
  /** The plan that it is laid over; it goes when the plan goes. */
  readonly planId: number
  readonly title: string
  /** Everything but the samples, as the caller has it. */
  readonly body: Json
  readonly samples: readonly Snapshot[]
}

export interface StoredMeasurement extends MeasurementDraft {
  readonly id: number
  readonly madeMs: number
}

export interface Measurements {
  /** The newest first, without their samples. */
  list(planId: number): StoredMeasurement[]
  get(id: number): StoredMeasurement | null
  add(measurement: MeasurementDraft): StoredMeasurement
  change(id: number, title: string, body: Json): boolean
  remove(id: number): boolean
}

const measurementRow = z.object({
  id: z.int(),
  plan_id: z.int(),
  title: z.string(),
  body: z.string(),
  crc: z.int(),
  made_ms: z.int(),
})
const sampleRow = z.object({ body: z.string(), crc: z.int() })
const COLUMNS = 'id, plan_id, title, body, crc, made_ms'
const anything = z.custom<Json>(value => value !== undefined)

export function measurementsIn(session: Session): Measurements {
  const { db, nowMs } = session
  const ofPlan = db.prepare<[number]>(
    `SELECT ${COLUMNS} FROM measurements WHERE plan_id = ? ORDER BY id DESC`,
  )
  const byId = db.prepare<[number]>(`SELECT ${COLUMNS} FROM measurements WHERE id = ?`)
  const samplesOf = db.prepare<[number]>(
    'SELECT body, crc FROM snapshots WHERE measurement_id = ? ORDER BY at_s, id',
  )
  const insert = db.prepare<[number, string, string, number, number]>(
    `INSERT INTO measurements (plan_id, title, body, crc, made_ms) VALUES (?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
  )
  const insertSample = db.prepare<[number, number, string, number, string, number, number]>(
    `INSERT INTO snapshots (plan_id, measurement_id, origin, title, at_s, body, crc, made_ms)
     VALUES (?, ?, 'measured', ?, ?, ?, ?, ?)`,
  )
  const update = db.prepare<[string, string, number, number]>(
    'UPDATE measurements SET title = ?, body = ?, crc = ? WHERE id = ?',
  )
  const drop = db.prepare<[number]>('DELETE FROM measurements WHERE id = ?')
  const stored = (raw: unknown, samples: readonly Snapshot[]): StoredMeasurement => {
    const row = checkedRow(session, measurementRow, raw, 'a measurement')
    const { id, title } = row
    const body = checkedJson(session, anything, { text: row.body, crc: row.crc }, `measurement ${id}`)
    return { id, planId: row.plan_id, title, body, samples, madeMs: row.made_ms }
  }
  const sample = (raw: unknown): Snapshot => {
    const { body, crc } = checkedRow(session, sampleRow, raw, 'a sample')
    return checkedJson(session, snapshotBody, { text: body, crc }, 'a sample')
  }
  return {
    list: planId => session.read(() => ofPlan.all(planId).map(row => stored(row, []))),
    get: id =>
      session.read(() => {
        const row = byId.get(id)
        return row === undefined ? null : stored(row, samplesOf.all(id).map(sample))
      }),
    add: ({ planId, title, body, samples }) =>
      session.write('snapshots', () => {
        const text = JSON.stringify(body)
        const made = stored(insert.get(planId, title, text, checksum(text), nowMs()), samples)
        for (const each of samples) {
          const sampleText = JSON.stringify(each)
          insertSample.run(planId, made.id, title, each.atS, sampleText, checksum(sampleText), made.madeMs)
        }
        return made
      }),
    change: (id, title, body) =>
      session.write('snapshots', () => {
        const text = JSON.stringify(body)
        return update.run(title, text, checksum(text), id).changes === 1
      }),
    remove: id => session.write('snapshots', () => drop.run(id).changes === 1),
  }
}
