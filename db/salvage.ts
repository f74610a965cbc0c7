/** Reads what can be read of a damaged store. A page that is gone takes its rows with it, and no others. */
import { closeSync, copyFileSync, existsSync, openSync, rmSync, writeSync } from 'node:fs'
import Database from 'better-sqlite3'
import { MAGIC } from './check-file.ts'
import { openStore } from './open.ts'
import { StoreError } from './problems.ts'
import { checksum } from './rows.ts'
import type { Db } from './session.ts'

export interface SalvagedTable {
  readonly table: string
  /** Rows that were saved. */
  readonly rows: number
  /** Some of the table could not be read, or did not fit what else was saved. */
  readonly incomplete: boolean
}
export type Salvaged = readonly SalvagedTable[]

/** Parents before children, so that what belongs to nothing shows. */
const TABLES = [
  'settings',
  'machines',
  'kernels',
  'cost_tables',
  'plans',
  'revisions',
  'runs',
  'series',
  'measurements',
  'snapshots',
] as const

export function salvageInto(damaged: string, target: string): Salvaged {
  const opened = openStore(target)
  if (!opened.ok) throw new StoreError(opened)
  opened.store.close()
  const copy = workingCopy(damaged, `${target}.source`)
  const to = new Database(target)
  try {
    return withSource(copy, from => {
      to.pragma('foreign_keys = OFF')
      const found = TABLES.map(table => copyTable(from, to, table))
      const broken = dropBroken(to)
      to.exec(MEND)
      return found.map(entry =>
        entry.table === 'revisions' && broken > 0
          ? { ...entry, rows: entry.rows - broken, incomplete: true }
          : entry,
      )
    })
  } finally {
    to.pragma('journal_mode = DELETE')
    to.close()
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(copy + suffix, { force: true })
  }
}

/** The damaged file itself is only read. Its first bytes are known, whatever became of them. */
function workingCopy(damaged: string, copy: string): string {
  copyFileSync(damaged, copy)
  if (existsSync(`${damaged}-wal`)) copyFileSync(`${damaged}-wal`, `${copy}-wal`)
  const file = openSync(copy, 'r+')
  writeSync(file, MAGIC, 0, MAGIC.length, 0)
  closeSync(file)
  return copy
}

/** Nothing is saved of a file that SQLite cannot even begin to read. */
function withSource(copy: string, work: (from: Db | null) => Salvaged): Salvaged {
  let from: Db | null = null
  try {
    from = ignoring(() => new Database(copy))
    return work(from)
  } finally {
    from?.close()
  }
}

function copyTable(from: Db | null, to: Db, table: string): SalvagedTable {
  const columns = to.prepare<[string]>('SELECT name FROM pragma_table_info(?)').pluck().all(table).map(String)
  const put = to.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  )
  let rows = 0
  let incomplete = from === null
  const save = (row: readonly unknown[]): void => {
    const changes = ignoring(() => put.run(...row).changes) ?? 0
    rows += changes
    if (changes === 0) incomplete = true
  }
  to.transaction(() => {
    if (from === null) return
    incomplete = (ignoring(() => readRows(from, table, columns, save)) ?? true) || incomplete
  })()
  return { table, rows, incomplete }
}

/** Row by row, upwards; behind the first that cannot be read, by number. Returns whether something was left out. */
function readRows(
  from: Db,
  table: string,
  columns: readonly string[],
  save: (row: readonly unknown[]) => void,
): boolean {
  const list = ['rowid', ...columns].join(', ')
  const next = from.prepare<[number]>(`SELECT ${list} FROM ${table} WHERE rowid > ? ORDER BY rowid LIMIT 1`)
  const one = from.prepare<[number]>(`SELECT ${list} FROM ${table} WHERE rowid = ?`)
  const take = (row: unknown): number | null => {
    if (!Array.isArray(row)) return null
    const [rowid, ...values] = row as unknown[]
    save(values)
    return Number(rowid)
  }
  let last = -1
  try {
    for (;;) {
      const rowid = take(next.raw().get(last))
      if (rowid === null) return false
      last = rowid
    }
  } catch {
    const end = lastRow(from, table) ?? last + UNKNOWN_GAP
    for (let rowid = last + 1; rowid <= Math.min(end, last + MOST_ROWS); rowid++)
      ignoring(() => take(one.raw().get(rowid)))
    return true
  }
}

/** How far to look where even the last row is unknown, and how far at most. */
const UNKNOWN_GAP = 10_000
const MOST_ROWS = 1_000_000

function lastRow(from: Db, table: string): number | null {
  return ignoring(() => Number(from.prepare(`SELECT max(rowid) FROM ${table}`).pluck().get()))
}

/** The value, or null if it cannot be read. */
function ignoring<T>(work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}

/** Texts that changed on disk are no revisions of anybody's. */
function dropBroken(to: Db): number {
  const broken: number[] = []
  const rows = to.prepare<[], { id: number; crc: number; body: string }>(
    'SELECT id, crc, body FROM revisions',
  )
  for (const { id, crc, body } of rows.iterate()) if (checksum(body) !== crc) broken.push(id)
  const drop = to.prepare<[number]>('DELETE FROM revisions WHERE id = ?')
  for (const id of broken) drop.run(id)
  return broken.length
}

/**
 * What belongs together again: a plan is made for revisions that have lost theirs, shows the newest revision if its
 * own is gone, and goes if it has none; a run without its plan stays; curves without their run go.
 */
const MEND = `
  INSERT INTO plans (id, position, last_number, made_ms, edited_ms)
    SELECT plan_id, max(number), max(number), min(made_ms), max(made_ms) FROM revisions
    WHERE plan_id NOT IN (SELECT id FROM plans) GROUP BY plan_id;
  DELETE FROM plans WHERE id NOT IN (SELECT plan_id FROM revisions);
  UPDATE plans SET position = (SELECT max(number) FROM revisions WHERE plan_id = plans.id)
    WHERE NOT EXISTS (SELECT 1 FROM revisions WHERE plan_id = plans.id AND number = position);
  UPDATE plans SET last_number = max(last_number, (SELECT max(number) FROM revisions WHERE plan_id = plans.id));
  UPDATE runs SET plan_id = NULL, kept = 1 WHERE plan_id NOT IN (SELECT id FROM plans);
  UPDATE cost_tables SET machine_id = NULL WHERE machine_id NOT IN (SELECT id FROM machines);
  UPDATE snapshots SET plan_id = NULL WHERE plan_id NOT IN (SELECT id FROM plans);
  DELETE FROM series WHERE run_id NOT IN (SELECT id FROM runs);
  DELETE FROM measurements WHERE plan_id NOT IN (SELECT id FROM plans);
  DELETE FROM snapshots WHERE run_id NOT IN (SELECT id FROM runs);
  DELETE FROM snapshots WHERE measurement_id NOT IN (SELECT id FROM measurements);
`
