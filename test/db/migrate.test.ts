import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { backupsOf, versionOf } from '../../db/backup.ts'
import { MIGRATIONS, type Migration } from '../../db/migrations/index.ts'
import { openStore } from '../../db/open.ts'
import { child, opened, storeOfVersion, storePath } from './support.ts'

const LATEST = MIGRATIONS.at(-1)!.version
const next = (sql: string): readonly Migration[] => [...MIGRATIONS, { version: LATEST + 1, sql }]

function versionIn(path: string): number {
  const db = new Database(path, { readonly: true })
  try {
    return versionOf(db)
  } finally {
    db.close()
  }
}

/** The tables and indexes of a store, as SQL. */
function schemaOf(path: string): unknown[] {
  const db = new Database(path)
  try {
    return db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all()
  } finally {
    db.close()
  }
}

describe('migrations', () => {
  it('are numbered without gaps, and every file is in the list', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1))
    const files = readdirSync(new URL('../../db/migrations/', import.meta.url)).filter(f =>
      f.endsWith('.sql'),
    )
    expect(files.sort().map(file => Number(file.slice(0, 4)))).toEqual(
      MIGRATIONS.map(({ version }) => version),
    )
  })

  it.each(MIGRATIONS.map((_, version) => version))('a store of version %i opens with all it had', version => {
    const path = storeOfVersion(version, version === 0 ? [] : ['one', 'two'])
    const result = openStore(path, { nowMs: () => 0 })
    if (!result.ok) throw new Error(result.sentence)
    const { store, migrated } = result
    expect(store.plans.list().map(({ id }) => store.plans.current(id)!.body)).toEqual(
      version === 0 ? [] : ['two', 'one'],
    )
    store.runs.list()
    store.close()
    expect(versionIn(path)).toBe(LATEST)
    expect(schemaOf(path)).toEqual(schemaOf(fresh()))
    expect(migrated).toMatchObject({ fromVersion: version, toVersion: LATEST })
    const backups = backupsOf(path)
    expect(backups).toMatchObject(version === 0 ? [] : [{ reason: 'upgrade', version, madeMs: 0 }])
    if (version > 0) expect(versionIn(migrated!.backup!)).toBe(version)
  })

  it('a store of this version is left alone', () => {
    const path = fresh()
    const result = openStore(path)
    expect(result).toMatchObject({ ok: true, migrated: null })
    if (result.ok) result.store.close()
    expect(readdirSync(dirname(path))).toEqual(['plans.holdfast'])
  })

  it('one that fails leaves the store as it was, and a backup', () => {
    const path = fresh()
    const before = schemaOf(path)
    const sql = 'CREATE TABLE half (a TEXT) STRICT; INSERT INTO nowhere VALUES (1);'
    expect(() => openStore(path, { migrations: next(sql) })).toThrow(/no such table: nowhere/)
    expect(versionIn(path)).toBe(LATEST)
    expect(schemaOf(path)).toEqual(before)
    expect(backupsOf(path)).toHaveLength(1)
  })

  it('one that tears rows from what they belong to is taken back', () => {
    const path = storePath()
    const store = opened(path)
    store.plans.create({ name: 'plan', body: 'precious' })
    store.close()
    const migrations = next('PRAGMA defer_foreign_keys = ON; UPDATE revisions SET plan_id = 77;')
    expect(() => openStore(path, { migrations })).toThrow()
    expect(opened(path).plans.current(1)!.body).toBe('precious')
  })

  it('one that finds the disk full is refused in words, and the store is as it was', () => {
    const path = storeOfVersion(1, ['one'])
    const filler = next(`CREATE TABLE filler (a BLOB) STRICT; INSERT INTO filler VALUES (zeroblob(1000000));`)
    const result = openStore(path, { migrations: filler, maxPages: 60 })
    expect(result).toMatchObject({ ok: false, problem: 'disk-full' })
    expect(versionIn(path)).toBe(1)
    expect(opened(path).plans.current(1)!.body).toBe('one')
  })

  it('two processes that open an old store at once bring it up to date once', async () => {
    const path = storeOfVersion(1, ['one', 'two'])
    const both = [child('upgrade', path), child('upgrade', path), child('upgrade', path)]
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0, 0])
    expect(opened(path).plans.list()).toHaveLength(2)
  })

  it('two processes that make a new store at once both get it', async () => {
    const path = storePath()
    const both = [child('count', path, '20'), child('count', path, '20'), child('count', path, '20')]
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0, 0])
    expect(Object.keys(opened(path).settings.all())).toHaveLength(60)
  })
})

function fresh(): string {
  const path = storePath()
  opened(path).close()
  return path
}
