/** The library of plans: made, duplicated, renamed, put into the trash and taken out of it. */
import { z } from 'zod'
import { checkedRow, checkedRows } from './rows.ts'
import { revisionsIn, type EditOutcome, type Revision, type Revisions } from './revisions.ts'
import type { Session } from './session.ts'

export interface PlanInfo {
  readonly id: number
  readonly name: string
  /** Number of the revision that is shown. */
  readonly revision: number
  readonly canUndo: boolean
  readonly canRedo: boolean
  readonly madeMs: number
  readonly editedMs: number
  /** When it was put into the trash; null if it is not there. */
  readonly trashedMs: number | null
}

export interface PlanDraft {
  readonly name: string
  readonly body: string
  /** What the first entry of its history says. */
  readonly label?: string
}

export interface Plans extends Revisions {
  /** Last edited first, without those in the trash. */
  list(): PlanInfo[]
  /** Last thrown away first. */
  trash(): PlanInfo[]
  info(id: number): PlanInfo | null
  create(plan: PlanDraft): Revision
  /** The shown revision of a plan as a plan of its own, with a history of its own; null if there is no such plan. */
  duplicate(id: number, name: string): Revision | null
  /** An edit like any other: it can be undone. */
  rename(id: number, to: { readonly after: number; readonly name: string }): EditOutcome
  /** Into the trash, with history and runs; false if it was not in the library. */
  remove(id: number): boolean
  /** Out of the trash; false if it was not there. */
  restore(id: number): boolean
  /** Deletes for good what has been in the trash since before then; returns how many. */
  emptyTrash(trashedBeforeMs?: number): number
}

const infoRow = z.object({
  id: z.int(),
  name: z.string(),
  revision: z.int(),
  can_undo: z.int(),
  can_redo: z.int(),
  made_ms: z.int(),
  edited_ms: z.int(),
  trashed_ms: z.int().nullable(),
})
const INFO = `SELECT p.id, r.name, p.position AS revision, p.made_ms, p.edited_ms, p.trashed_ms,
    EXISTS (SELECT 1 FROM revisions WHERE plan_id = p.id AND number < p.position) AS can_undo,
    EXISTS (SELECT 1 FROM revisions WHERE plan_id = p.id AND number > p.position) AS can_redo
  FROM plans p JOIN revisions r ON r.plan_id = p.id AND r.number = p.position`

export function plansIn(session: Session): Plans {
  const { db, nowMs } = session
  const { add, ...revisions } = revisionsIn(session)
  const listed = db.prepare<[]>(`${INFO} WHERE p.trashed_ms IS NULL ORDER BY p.edited_ms DESC, p.id DESC`)
  const trashed = db.prepare<[]>(
    `${INFO} WHERE p.trashed_ms IS NOT NULL ORDER BY p.trashed_ms DESC, p.id DESC`,
  )
  const one = db.prepare<[number]>(`${INFO} WHERE p.id = ?`)
  const insert = db.prepare<[number, number]>(
    'INSERT INTO plans (position, last_number, made_ms, edited_ms) VALUES (0, 0, ?, ?) RETURNING id',
  )
  const throwAway = db.prepare<[number, number]>(
    'UPDATE plans SET trashed_ms = ? WHERE id = ? AND trashed_ms IS NULL',
  )
  const takeOut = db.prepare<[number]>(
    'UPDATE plans SET trashed_ms = NULL WHERE id = ? AND trashed_ms IS NOT NULL',
  )
  const empty = db.prepare<[number]>('DELETE FROM plans WHERE trashed_ms < ?')

  const infos = (rows: readonly unknown[]): PlanInfo[] =>
    checkedRows(session, infoRow, rows, 'a plan').map(
      ({ can_undo, can_redo, made_ms, edited_ms, trashed_ms, ...row }) => ({
        ...row,
        canUndo: can_undo === 1,
        canRedo: can_redo === 1,
        madeMs: made_ms,
        editedMs: edited_ms,
        trashedMs: trashed_ms,
      }),
    )

  const create = ({ name, body, label }: PlanDraft): Revision => {
    const { id } = checkedRow(session, z.object({ id: z.int() }), insert.get(nowMs(), nowMs()), 'a plan')
    add(id, { name, body, label: label ?? 'Made' })
    const revision = revisions.current(id)
    if (revision === null) throw new Error(`plan ${id} was made and is not there`)
    return revision
  }

  return {
    ...revisions,
    list: () => session.read(() => infos(listed.all())),
    trash: () => session.read(() => infos(trashed.all())),
    info: id => session.read(() => infos(one.all(id))[0] ?? null),
    create: draft => session.write('plans', () => create(draft)),
    duplicate: (id, name) =>
      session.write('plans', () => {
        const from = revisions.current(id)
        return from === null ? null : create({ name, body: from.body, label: `Copy of ${from.name}` })
      }),
    rename: (id, { after, name }) =>
      session.write('plans', (): EditOutcome => {
        const from = revisions.current(id)
        if (from === null) return { ok: false, why: 'gone' }
        return revisions.edit(id, { after, name, body: from.body, label: `Renamed to ${name}` })
      }),
    remove: id => session.write('plans', () => throwAway.run(nowMs(), id).changes === 1),
    restore: id => session.write('plans', () => takeOut.run(id).changes === 1),
    emptyTrash: (trashedBeforeMs = Number.MAX_SAFE_INTEGER) =>
      session.write('plans', () => empty.run(trashedBeforeMs).changes),
  }
}
