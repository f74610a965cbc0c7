/** Kernels that people put together: one on offer, plus some changes, minus others. */
import { z } from 'zod'
import type { KernelChoice } from '../engine/scenario.ts'
import { checkedRow, parsedJson } from './rows.ts'
import type { Session } from './session.ts'

export interface KernelDraft {
  readonly title: string
  readonly choice: KernelChoice
  readonly note: string
}

export interface StoredKernel extends KernelDraft {
  readonly id: number
  readonly changedMs: number
}

export interface Kernels {
  list(): StoredKernel[]
  get(id: number): StoredKernel | null
  add(kernel: KernelDraft): StoredKernel
  /** Null if the kernel is gone. */
  change(id: number, kernel: KernelDraft): StoredKernel | null
  /** What was removed, so that `add` can bring it back; null if it was gone already. */
  remove(id: number): StoredKernel | null
}

const names = z.string().transform(parsedJson).pipe(z.array(z.string()))
const kernelRow = z.object({
  id: z.int(),
  title: z.string(),
  base: z.string(),
  plus: names,
  minus: names,
  note: z.string(),
  changed_ms: z.int(),
})
const COLUMNS = 'id, title, base, plus, minus, note, changed_ms'

type Written = [title: string, base: string, plus: string, minus: string, note: string]

const columnsOf = ({ title, choice, note }: KernelDraft): Written => [
  title,
  choice.name,
  JSON.stringify(choice.plus),
  JSON.stringify(choice.minus),
  note,
]

export function kernelsIn(session: Session): Kernels {
  const { db, nowMs } = session
  const every = db.prepare<[]>(`SELECT ${COLUMNS} FROM kernels ORDER BY title COLLATE NOCASE, id`)
  const one = db.prepare<[number]>(`SELECT ${COLUMNS} FROM kernels WHERE id = ?`)
  const insert = db.prepare<[...Written, number]>(
    `INSERT INTO kernels (title, base, plus, minus, note, changed_ms) VALUES (?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
  )
  const update = db.prepare<[...Written, number, number]>(
    `UPDATE kernels SET title = ?, base = ?, plus = ?, minus = ?, note = ?, changed_ms = ? WHERE id = ?
     RETURNING ${COLUMNS}`,
  )
  const drop = db.prepare<[number]>(`DELETE FROM kernels WHERE id = ? RETURNING ${COLUMNS}`)

  const kernel = (raw: unknown): StoredKernel => {
    const { base, plus, minus, changed_ms, ...row } = checkedRow(session, kernelRow, raw, 'a kernel')
    return { ...row, choice: { name: base, plus, minus }, changedMs: changed_ms }
  }
  const orNull = (raw: unknown): StoredKernel | null => (raw === undefined ? null : kernel(raw))
  return {
    list: () => session.read(() => every.all().map(kernel)),
    get: id => session.read(() => orNull(one.get(id))),
    add: draft => session.write('kernels', () => kernel(insert.get(...columnsOf(draft), nowMs()))),
    change: (id, draft) =>
      session.write('kernels', () => orNull(update.get(...columnsOf(draft), nowMs(), id))),
    remove: id => session.write('kernels', () => orNull(drop.get(id))),
  }
}
