/** Brings a store to the version of this program: all of the way or not at all, and never without a backup. */
import { APPLICATION_ID } from './check-file.ts'
import { backUp, versionOf } from './backup.ts'
import type { Migration } from './migrations/index.ts'
import type { Db } from './session.ts'

export interface Migrated {
  readonly fromVersion: number
  readonly toVersion: number
  /** Where the store as it was is kept; null if there was nothing in it. */
  readonly backup: string | null
}

/** Null if there was nothing to do. `path` is null for a store in memory. */
export function migrate(
  db: Db,
  path: string | null,
  migrations: readonly Migration[],
  nowMs: number,
): Migrated | null {
  const fromVersion = versionOf(db)
  const toVersion = migrations.at(-1)?.version ?? 0
  if (fromVersion >= toVersion) return null
  const backup = fromVersion === 0 || path === null ? null : backUp(db, path, 'upgrade', nowMs)
  db.transaction(() => applyAll(db, migrations)).immediate()
  return { fromVersion, toVersion, backup }
}

function applyAll(db: Db, migrations: readonly Migration[]): void {
  // Asked again under the lock: another window may have been faster.
  const at = versionOf(db)
  for (const { version, sql } of migrations) {
    if (version <= at) continue
    db.exec(sql)
    db.pragma(`user_version = ${version}`)
  }
  db.pragma(`application_id = ${APPLICATION_ID}`)
  const orphans = db.pragma('foreign_key_check')
  if (Array.isArray(orphans) && orphans.length > 0)
    throw new Error(`a migration left ${orphans.length} rows without the row they belong to`)
}
