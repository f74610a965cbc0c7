/** Cost tables, each with where it came from. */
import { z } from 'zod'
import type { Provenance } from '../engine/data/provenance.ts'
import type { CostTable } from '../engine/sim/costs.ts'
import { checkedJson, checkedRow, checksum } from './rows.ts'
import type { Session } from './session.ts'
import { costTable, provenance } from './shapes.ts'

export interface CostTableDraft {
  readonly table: CostTable
  readonly provenance: Provenance
  /** In words: which measurement, which publication. */
  readonly source: string
  /** Version of the program that made it. */
  readonly program: string
  /** The stored machine that it was measured on. */
  readonly machineId: number | null
}

export interface StoredCostTable extends CostTableDraft {
  readonly madeMs: number
}

export interface CostTables {
  list(): StoredCostTable[]
  get(id: string): StoredCostTable | null
  /** Under the id of the table; one that has the same id is replaced. */
  save(table: CostTableDraft): StoredCostTable
  /** What was removed, so that `save` can bring it back; null if it was gone already. */
  remove(id: string): StoredCostTable | null
}

const costRow = z.object({
  id: z.string(),
  body: z.string(),
  crc: z.int(),
  provenance,
  source: z.string(),
  program: z.string(),
  machine_id: z.int().nullable(),
  made_ms: z.int(),
})
const COLUMNS = 'id, body, crc, provenance, source, program, machine_id, made_ms'

export function costTablesIn(session: Session): CostTables {
  const { db, nowMs } = session
  const every = db.prepare<[]>(`SELECT ${COLUMNS} FROM cost_tables ORDER BY title COLLATE NOCASE, id`)
  const one = db.prepare<[string]>(`SELECT ${COLUMNS} FROM cost_tables WHERE id = ?`)
  const put = db.prepare<[string, string, string, number, string, string, string, number | null, number]>(
    `INSERT INTO cost_tables (id, title, body, crc, provenance, source, program, machine_id, made_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET title = excluded.title, body = excluded.body, crc = excluded.crc,
       provenance = excluded.provenance, source = excluded.source, program = excluded.program,
       machine_id = excluded.machine_id, made_ms = excluded.made_ms
     RETURNING ${COLUMNS}`,
  )
  const drop = db.prepare<[string]>(`DELETE FROM cost_tables WHERE id = ? RETURNING ${COLUMNS}`)

  const stored = (raw: unknown): StoredCostTable => {
    const row = checkedRow(session, costRow, raw, 'a cost table')
    const body = { text: row.body, crc: row.crc }
    return {
      table: checkedJson(session, costTable, body, `the cost table ${row.id}`),
      provenance: row.provenance,
      source: row.source,
      program: row.program,
      machineId: row.machine_id,
      madeMs: row.made_ms,
    }
  }
  const orNull = (raw: unknown): StoredCostTable | null => (raw === undefined ? null : stored(raw))
  return {
    list: () => session.read(() => every.all().map(stored)),
    get: id => session.read(() => orNull(one.get(id))),
    save: ({ table, provenance, source, program, machineId }) =>
      session.write('cost-tables', () => {
        const text = JSON.stringify(table)
        const crc = checksum(text)
        const { id, title } = table
        return stored(put.get(id, title, text, crc, provenance, source, program, machineId, nowMs()))
      }),
    remove: id => session.write('cost-tables', () => orNull(drop.get(id))),
  }
}
