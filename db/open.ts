/** Opens a store: checked, brought up to date, and either ready to work or refused with a reason and a way out. */
import { resolve } from 'node:path'
import Database from 'better-sqlite3'
import { APPLICATION_ID, checkFile } from './check-file.ts'
import { versionOf } from './backup.ts'
import { migrate, type Migrated } from './migrate.ts'
import { MIGRATIONS, type Migration } from './migrations/index.ts'
import { problem, problemOf, type Problem } from './problems.ts'
import { RUN_LIMITS, type RunLimits } from './runs.ts'
import type { Db } from './session.ts'
import { createStore, type Store } from './store.ts'

export interface OpenOptions {
  /** How long a write waits for one of another window before it fails as `locked`. */
  readonly busyTimeoutMs?: number
  /** The clock, in milliseconds since 1970. */
  readonly nowMs?: () => number
  /** How many runs stay that nobody keeps on purpose. */
  readonly runLimits?: RunLimits
  /** For tests: other versions of the store than this program's. */
  readonly migrations?: readonly Migration[]
  /** For tests: the disk is full when the file has so many pages of 4 KiB. */
  readonly maxPages?: number
}

export type OpenResult =
  | {
      readonly ok: true
      readonly store: Store
      /** The store was of an older version. */
      readonly migrated: Migrated | null
    }
  | ({ readonly ok: false } & Problem)

/** A store that ends with the process. */
export const IN_MEMORY = ':memory:'

const BUSY_TIMEOUT_MS = 5_000
/** Beyond this the check on opening leaves out whether indexes agree with their tables. */
const FULL_CHECK_BYTES = 64 * 2 ** 20

/** Opens a store, or makes it if there is none. A file that is refused is left as it is. */
export function openStore(path: string, options: OpenOptions = {}): OpenResult {
  const file = path === IN_MEMORY ? path : resolve(path)
  let db: Db | null = null
  try {
    const early = file === IN_MEMORY ? null : checkFile(file)
    if (early !== null) return { ok: false, ...early }
    db = new Database(file, { timeout: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS })
    const result = prepared(db, file, options)
    if (!result.ok) db.close()
    return result
  } catch (error) {
    db?.close()
    const known = problemOf(error, file)
    if (known === null) throw error
    return { ok: false, ...known }
  }
}

function prepared(db: Db, path: string, options: OpenOptions): OpenResult {
  const { nowMs = Date.now, migrations = MIGRATIONS, runLimits = RUN_LIMITS } = options
  const isFile = path !== IN_MEMORY
  const found = checkIdentity(db, path, migrations.at(-1)?.version ?? 0) ?? checkIntegrity(db, path)
  if (found !== null) return { ok: false, ...found }
  configure(db)
  if (options.maxPages !== undefined) db.pragma(`max_page_count = ${options.maxPages}`)
  // Better to hear now that nothing can be written than after an hour of work. BEGIN IMMEDIATE alone would not tell:
  // on a file that is read-only SQLite makes a reading transaction of it.
  db.transaction(() => db.pragma(`user_version = ${versionOf(db)}`)).immediate()
  const migrated = migrate(db, isFile ? path : null, migrations, nowMs())
  const store = createStore(db, path, { version: versionOf(db), nowMs, runLimits })
  return { ok: true, store, migrated }
}

function checkIdentity(db: Db, path: string, latest: number): Problem | null {
  const id = Number(db.pragma('application_id', { simple: true }))
  const tables = Number(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get())
  if (id !== APPLICATION_ID && (id !== 0 || tables > 0))
    return problem('not-a-database', path, ': it belongs to another program')
  const version = versionOf(db)
  if (version > latest)
    return problem('newer', path, ` (its version is ${version}, this program knows up to ${latest})`)
  return null
}

function checkIntegrity(db: Db, path: string): Problem | null {
  const bytes = pragmaNumber(db, 'page_count') * pragmaNumber(db, 'page_size')
  const check = bytes <= FULL_CHECK_BYTES ? 'integrity_check' : 'quick_check'
  const [first] = db.prepare(`PRAGMA ${check}(1)`).pluck().all()
  if (first !== 'ok') return problem('damaged', path, ` (${String(first).split('\n')[0] ?? ''})`)
  const orphan = db.prepare('PRAGMA foreign_key_check').get()
  return orphan === undefined ? null : problem('damaged', path, ' (a row has lost what it belongs to)')
}

const pragmaNumber = (db: Db, name: string): number => Number(db.pragma(name, { simple: true }))

function configure(db: Db): void {
  db.pragma('foreign_keys = ON')
  db.pragma('trusted_schema = OFF')
  db.pragma('cell_size_check = ON')
  db.pragma('journal_mode = WAL')
  // FULL: an edit that was confirmed outlives a power failure, not just the end of the process.
  db.pragma('synchronous = FULL')
  db.pragma('journal_size_limit = 16777216')
}
