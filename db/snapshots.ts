/** Snapshots: host and areas at one moment, out of a run or measured on a living machine. */
import { z } from 'zod'
import type { Snapshot } from '../engine/sim/result.ts'
import { checkedJson, checkedRow, checksum } from './rows.ts'
import type { Session } from './session.ts'
import { snapshotBody } from './shapes.ts'

export const SNAPSHOT_ORIGINS = ['simulated', 'measured'] as const
export type SnapshotOrigin = (typeof SNAPSHOT_ORIGINS)[number]

export interface SnapshotDraft {
  /** The run that it is of; null if none. It goes when the run goes. */
  readonly runId: number | null
  /** The plan that it is laid over; null if none. */
  readonly planId: number | null
  readonly origin: SnapshotOrigin
  readonly title: string
  readonly snapshot: Snapshot
}

export interface StoredSnapshot extends SnapshotDraft {
  readonly id: number
  readonly madeMs: number
}

export interface Snapshots {
  /** In the order of their moments. */
  ofRun(runId: number): StoredSnapshot[]
  /** Without the samples of measurements. */
  ofPlan(planId: number): StoredSnapshot[]
  add(snapshot: SnapshotDraft): StoredSnapshot
  remove(id: number): boolean
}

const snapshotRow = z.object({
  id: z.int(),
  run_id: z.int().nullable(),
  plan_id: z.int().nullable(),
  origin: z.enum(SNAPSHOT_ORIGINS),
  title: z.string(),
  body: z.string(),
  crc: z.int(),
  made_ms: z.int(),
})
const COLUMNS = 'id, run_id, plan_id, origin, title, body, crc, made_ms'

export function snapshotsIn(session: Session): Snapshots {
  const { db, nowMs } = session
  const ofRun = db.prepare<[number]>(`SELECT ${COLUMNS} FROM snapshots WHERE run_id = ? ORDER BY at_s, id`)
  const ofPlan = db.prepare<[number]>(
    `SELECT ${COLUMNS} FROM snapshots WHERE plan_id = ? AND measurement_id IS NULL ORDER BY at_s, id`,
  )
  const insert = db.prepare<[number | null, number | null, string, string, number, string, number, number]>(
    `INSERT INTO snapshots (run_id, plan_id, origin, title, at_s, body, crc, made_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
  )
  const drop = db.prepare<[number]>('DELETE FROM snapshots WHERE id = ?')
  const stored = (raw: unknown): StoredSnapshot => {
    const row = checkedRow(session, snapshotRow, raw, 'a snapshot')
    return {
      id: row.id,
      runId: row.run_id,
      planId: row.plan_id,
      origin: row.origin,
      title: row.title,
      snapshot: checkedJson(session, snapshotBody, { text: row.body, crc: row.crc }, `snapshot ${row.id}`),
      madeMs: row.made_ms,
    }
  }
  return {
    ofRun: runId => session.read(() => ofRun.all(runId).map(stored)),
    ofPlan: planId => session.read(() => ofPlan.all(planId).map(stored)),
    add: ({ runId, planId, origin, title, snapshot }) =>
      session.write('snapshots', () => {
        const text = JSON.stringify(snapshot)
        const { atS } = snapshot
        return stored(insert.get(runId, planId, origin, title, atS, text, checksum(text), nowMs()))
      }),
    remove: id => session.write('snapshots', () => drop.run(id).changes === 1),
  }
}
