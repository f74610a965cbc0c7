/** Revisions of plans: every edit is one, undo and redo move between them, and all of it survives a restart. */
import { z } from 'zod'
import { assertIntact, checkedRow, checkedRows, checksum } from './rows.ts'
import type { Session } from './session.ts'

/**
 * How much history a plan keeps: the oldest revisions go when there are more than this, or when their texts together
 * are longer. The one that is shown and the one before it stay in any case.
 */
export const HISTORY_LIMITS = { revisions: 500, bytes: 16 * 2 ** 20 } as const

export interface Revision {
  readonly planId: number
  /** Goes up with every edit of the plan and is never given again. */
  readonly number: number
  readonly name: string
  /** The plan as a text; what is in it, the plan format decides. Unfinished drafts are kept like others. */
  readonly body: string
  /** What the edit did, in words. */
  readonly label: string
  readonly madeMs: number
}

/** A revision as a history lists it. */
export type HistoryEntry = Omit<Revision, 'body' | 'planId'> & { readonly isCurrent: boolean }

export interface Edit {
  /** The revision that the person saw while editing. */
  readonly after: number
  readonly body: string
  readonly name: string
  readonly label: string
  /**
   * Edits of one gesture, such as dragging a slider, are one step of undo: each takes the place of the one before it.
   */
  readonly gesture?: string
}

export type EditOutcome =
  | { readonly ok: true; readonly revision: Revision }
  /** Somebody else has edited, undone or redone meanwhile: nothing was written. */
  | { readonly ok: false; readonly why: 'changed-elsewhere'; readonly current: Revision }
  | { readonly ok: false; readonly why: 'gone' }

export interface Revisions {
  current(planId: number): Revision | null
  edit(planId: number, edit: Edit): EditOutcome
  /** The revision that is shown from now on; null if there is none further that way. */
  undo(planId: number): Revision | null
  redo(planId: number): Revision | null
  goTo(planId: number, number: number): Revision | null
  /** Newest first. */
  history(planId: number): HistoryEntry[]
}

const revisionRow = z.object({
  plan_id: z.int(),
  number: z.int(),
  name: z.string(),
  label: z.string(),
  made_ms: z.int(),
  crc: z.int(),
  body: z.string(),
})
const historyRow = revisionRow
  .pick({ number: true, name: true, label: true, made_ms: true })
  .extend({ is_current: z.int() })
const planRow = z.object({ position: z.int(), last_number: z.int(), gesture: z.string().nullable() })
const numberRow = z.object({ number: z.int() })
const sizeRow = z.object({ count: z.int(), bytes: z.int(), oldest: z.int() })

/** For use inside a write: adds a revision after the one that is shown. What could be redone is gone then. */
export type AddRevision = (planId: number, edit: Omit<Edit, 'after'>) => void

export function revisionsIn(session: Session): Revisions & { readonly add: AddRevision } {
  const { db, nowMs } = session
  const plan = db.prepare<[number]>(
    `SELECT position, last_number,
       (SELECT gesture FROM revisions WHERE plan_id = plans.id AND number = plans.position) AS gesture
     FROM plans WHERE id = ? AND trashed_ms IS NULL`,
  )
  const shown = db.prepare<[number]>(
    `SELECT plan_id, number, name, label, r.made_ms, crc, body
     FROM revisions r JOIN plans p ON p.id = r.plan_id AND p.position = r.number WHERE p.id = ?`,
  )
  const insert = db.prepare<[number, number, string, string, string | null, number, number, number, string]>(
    `INSERT INTO revisions (plan_id, number, name, label, gesture, bytes, made_ms, crc, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const dropFrom = db.prepare<[number, number]>('DELETE FROM revisions WHERE plan_id = ? AND number >= ?')
  const drop = db.prepare<[number, number]>('DELETE FROM revisions WHERE plan_id = ? AND number = ?')
  const place = db.prepare<[number, number, number, number]>(
    'UPDATE plans SET position = ?, last_number = max(last_number, ?), edited_ms = ? WHERE id = ?',
  )
  const before = db.prepare<[number, number]>(
    'SELECT number FROM revisions WHERE plan_id = ? AND number < ? ORDER BY number DESC LIMIT 1',
  )
  const later = db.prepare<[number, number]>(
    'SELECT number FROM revisions WHERE plan_id = ? AND number > ? ORDER BY number LIMIT 1',
  )
  const exactly = db.prepare<[number, number]>(
    'SELECT number FROM revisions WHERE plan_id = ? AND number = ?',
  )
  const size = db.prepare<[number]>(
    'SELECT count(*) AS count, sum(bytes) AS bytes, min(number) AS oldest FROM revisions WHERE plan_id = ?',
  )
  const entries = db.prepare<[number]>(
    `SELECT number, name, label, r.made_ms, number = p.position AS is_current
     FROM revisions r JOIN plans p ON p.id = r.plan_id WHERE p.id = ? ORDER BY number DESC`,
  )

  const planOf = (planId: number): z.infer<typeof planRow> | null => {
    const row = plan.get(planId)
    return row === undefined ? null : checkedRow(session, planRow, row, `plan ${planId}`)
  }

  const current = (planId: number): Revision | null => {
    const raw = shown.get(planId)
    if (raw === undefined) return null
    const { plan_id, made_ms, crc, ...row } = checkedRow(session, revisionRow, raw, `plan ${planId}`)
    assertIntact(session, row.body, crc, `revision ${row.number} of plan ${planId}`)
    return { ...row, planId: plan_id, madeMs: made_ms }
  }

  const trim = (planId: number): void => {
    for (;;) {
      const { count, bytes, oldest } = checkedRow(session, sizeRow, size.get(planId), 'the history')
      const fits = count <= HISTORY_LIMITS.revisions && bytes <= HISTORY_LIMITS.bytes
      if (fits || count <= 2) return
      drop.run(planId, oldest)
    }
  }

  const add: AddRevision = (planId, { body, name, label, gesture }) => {
    const at = planOf(planId)
    if (at === null) throw new Error(`there is no plan ${planId}`)
    const number = at.last_number + 1
    const isSameGesture = gesture !== undefined && gesture === at.gesture
    dropFrom.run(planId, isSameGesture ? at.position : at.position + 1)
    const bytes = Buffer.byteLength(body)
    insert.run(planId, number, name, label, gesture ?? null, bytes, nowMs(), checksum(body), body)
    place.run(number, number, nowMs(), planId)
    trim(planId)
  }

  /** Moves first and reads then, so that a revision that cannot be read does not bar the way to the next. */
  const move = (planId: number, target: (position: number) => unknown): Revision | null => {
    const moved = session.write('plans', () => {
      const at = planOf(planId)
      const row = at === null ? undefined : target(at.position)
      if (row === undefined) return false
      place.run(checkedRow(session, numberRow, row, `plan ${planId}`).number, 0, nowMs(), planId)
      return true
    })
    return moved ? session.read(() => current(planId)) : null
  }

  return {
    add,
    current: planId => session.read(() => current(planId)),
    edit: (planId, edit) =>
      session.write('plans', (): EditOutcome => {
        const at = planOf(planId)
        if (at?.position === edit.after) add(planId, edit)
        const revision = at === null ? null : current(planId)
        if (revision === null) return { ok: false, why: 'gone' }
        return at?.position === edit.after
          ? { ok: true, revision }
          : { ok: false, why: 'changed-elsewhere', current: revision }
      }),
    undo: planId => move(planId, position => before.get(planId, position)),
    redo: planId => move(planId, position => later.get(planId, position)),
    goTo: (planId, number) => move(planId, () => exactly.get(planId, number)),
    history: planId =>
      session.read(() =>
        checkedRows(session, historyRow, entries.all(planId), `the history of plan ${planId}`).map(
          ({ made_ms, is_current, ...row }) => ({ ...row, madeMs: made_ms, isCurrent: is_current === 1 }),
        ),
      ),
  }
}
