import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../db/open.ts'
import { PROBLEM_KINDS, problem, StoreError } from '../../db/problems.ts'
import { copyElsewhere } from '../../db/rescue.ts'
import { child, folder, opened, problemAt, refusal, storePath } from './support.ts'

const isRoot = process.geteuid?.() === 0

/** Carries it out with the rights of nobody: root may write what is marked read-only. */
function asOrdinaryUser<T>(work: () => T): T {
  if (!isRoot) return work()
  process.seteuid?.(65_534)
  try {
    return work()
  } finally {
    process.seteuid?.(0)
  }
}

/** A store with one plan, closed. */
function stored(path = storePath()): string {
  const store = opened(path)
  store.plans.create({ name: 'plan', body: 'precious' })
  store.close()
  return path
}

const planIn = (path: string): string => {
  const store = opened(path)
  const [plan] = store.plans.list()
  const { body } = store.plans.current(plan!.id)!
  store.close()
  return body
}

describe('opening', () => {
  it('makes a store where there is none, and one file is all that stays of it', () => {
    const path = storePath()
    const store = opened(path)
    store.settings.set('a', 1)
    store.close()
    store.close()
    expect(readdirSync(dirname(path))).toEqual(['plans.holdfast'])
    expect(opened(path).settings.get('a')).toBe(1)
  })

  it('sets what the promises rest on: write-ahead log, whole syncs, foreign keys, strict tables', () => {
    const path = stored()
    const db = new Database(path)
    onTestFinished(() => void db.close())
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
    const tables = db.prepare<[], { name: string; strict: number }>('PRAGMA table_list').all()
    const loose = tables.filter(({ name, strict }) => !name.startsWith('sqlite_') && strict === 0)
    expect(loose).toEqual([])
    const { plans, snapshots } = opened(path)
    const orphan = { runId: 99, planId: null, origin: 'simulated', title: '' } as const
    expect(() => snapshots.add({ ...orphan, snapshot: { atS: 0, meminfo: {}, tasks: [] } })).toThrow(
      /FOREIGN KEY/,
    )
    expect(plans.list()).toHaveLength(1)
  })

  it('every problem has a fact, a way out in words, and ways for buttons', () => {
    for (const kind of PROBLEM_KINDS) {
      const { sentence, wayOut, ways } = problem(kind, '/somewhere/plans.holdfast')
      expect(sentence).toMatch(/plans\.holdfast.*\.$/)
      expect(wayOut).toMatch(/\.$/)
      expect(ways.length).toBeGreaterThan(0)
    }
  })
})

describe('a file that is no store', () => {
  it('is refused and left as it is: a text, another program’s database, a folder', () => {
    const where = folder()
    const [text, foreign] = [join(where, 'text'), join(where, 'foreign.db')]
    writeFileSync(text, 'dear diary, '.repeat(1_000))
    const db = new Database(foreign)
    db.exec('CREATE TABLE bookmarks (url TEXT)')
    db.close()
    for (const path of [text, foreign]) {
      const before = readFileSync(path)
      expect(refusal(openStore(path))).toMatchObject({ problem: 'not-a-database', ways: ['another-place'] })
      expect(readFileSync(path)).toEqual(before)
    }
    expect(problemAt(where)).toBe('not-a-database')
    expect(readdirSync(where).sort()).toEqual(['foreign.db', 'text'])
  })

  it('an empty file becomes one', () => {
    const path = storePath()
    writeFileSync(path, '')
    expect(problemAt(path)).toBe('ok')
  })

  it('a place in a folder that does not exist is refused', () => {
    const where = folder()
    writeFileSync(join(where, 'file'), '')
    expect(problemAt(join(where, 'no', 'plans.holdfast'))).toBe('no-folder')
    expect(problemAt(join(where, 'file', 'plans.holdfast'))).toBe('no-folder')
  })
})

describe('a store that cannot be written', () => {
  it('is told: the file, the folder, and both; a copy elsewhere has everything', () => {
    const path = stored()
    const where = dirname(path)
    for (const [file, dir] of [
      [0o444, 0o777],
      [0o666, 0o555],
      [0o444, 0o555],
    ] as const) {
      chmodSync(path, file)
      chmodSync(where, dir)
      const refused = asOrdinaryUser(() => refusal(openStore(path)))
      expect(refused).toMatchObject({ problem: 'read-only' })
      expect(refused.ways).toContain('open-copy')
    }
    const elsewhere = folder()
    expect(planIn(copyElsewhere(path, elsewhere))).toBe('precious')
    chmodSync(where, 0o755)
    expect(planIn(path)).toBe('precious')
  })

  it('a folder without write permission takes no new store', () => {
    const path = storePath()
    chmodSync(dirname(path), 0o555)
    expect(asOrdinaryUser(() => problemAt(path))).toBe('read-only')
    chmodSync(dirname(path), 0o755)
  })

  it('a file that may not even be read is another matter', () => {
    const path = stored()
    chmodSync(dirname(path), 0o755)
    chmodSync(path, 0o000)
    expect(asOrdinaryUser(() => problemAt(path))).toBe('no-access')
  })
})

describe('a store in use by another program', () => {
  it('is told after the time that it was given, and opens when the other is gone', async () => {
    const path = stored()
    const holder = child('hold', path)
    await holder.said('holding')
    const refused = refusal(openStore(path, { busyTimeoutMs: 50 }))
    expect(refused).toMatchObject({ problem: 'locked' })
    expect(refused.ways[0]).toBe('retry')
    holder.process.kill('SIGKILL')
    await holder.ended
    expect(planIn(path)).toBe('precious')
  })

  it('a write that waits too long fails as a whole and can be made again', () => {
    const path = stored()
    const store = opened(path, { busyTimeoutMs: 20 })
    const other = new Database(path)
    onTestFinished(() => void other.close())
    other.exec('BEGIN IMMEDIATE')
    expect(() => store.settings.set('a', 1)).toThrow(StoreError)
    expect(() => store.settings.set('a', 1)).toThrow(/in use by another program/)
    expect(store.settings.get('a')).toBeUndefined()
    other.exec('ROLLBACK')
    store.settings.set('a', 2)
    expect(store.settings.get('a')).toBe(2)
  })
})

describe('a full disk', () => {
  it('fails the write under way, and nothing else', () => {
    const path = stored()
    const db = new Database(path)
    const pages = Number(db.pragma('page_count', { simple: true }))
    db.close()
    const store = opened(path, { maxPages: pages + 2 })
    const large = 'x'.repeat(pages * 4096)
    const { id, revision: after } = store.plans.list()[0]!
    const edit = { after, body: large, name: 'plan', label: 'too much' }
    expect(() => store.plans.edit(id, edit)).toThrow(/disk of the store plans.holdfast is full/)
    expect(store.plans.current(id)!.body).toBe('precious')
    expect(store.plans.edit(id, { ...edit, body: 'short' }).ok).toBe(true)
    store.close()
    expect(planIn(path)).toBe('short')
  })

  it('a real one: edits, opening and a backup are refused, what was saved is there', context => {
    const disk = tinyDisk()
    if (disk === null) return context.skip('mounting a small disk takes more rights')
    onTestFinished(() => {
      spawnSync('umount', [disk])
      rmSync(disk, { recursive: true })
    })
    const path = join(disk, 'plans.holdfast')
    const store = opened(path)
    const { planId, number } = store.plans.create({ name: 'plan', body: 'first' })
    let after = number
    let full: unknown = null
    let saved = ''
    for (let i = 0; full === null && i < 10_000; i++) {
      const body = `${i} ${'x'.repeat(20_000)}`
      try {
        const done = store.plans.edit(planId, { after, body, name: 'plan', label: '' })
        if (done.ok) [after, saved] = [done.revision.number, body]
      } catch (error) {
        full = error
      }
    }
    expect(full).toMatchObject({ name: 'StoreError', problem: 'disk-full' })
    expect(() => store.backUpDaily()).toThrow(/is full/)
    expect(readdirSync(disk).filter(name => name.includes('backup'))).toEqual([])
    expect(store.plans.current(planId)!.body).toBe(saved)
    store.close()
    // The log could not be taken into the file, so it stays: what is there can be looked at, and no more.
    fill(join(disk, 'ballast'))
    const looking = opened(path)
    expect(looking.plans.current(planId)!.body).toBe(saved)
    const large = { after, body: 'x'.repeat(100_000), name: 'plan', label: '' }
    expect(() => looking.plans.edit(planId, large)).toThrow(/is full/)
    expect(looking.plans.current(planId)!.body).toBe(saved)
    looking.close()
    expect(problemAt(join(disk, 'new.holdfast'))).toBe('disk-full')
    rmSync(join(disk, 'ballast'))
    expect(planIn(path)).toBe(saved)
  })
})

describe('a store of a newer program', () => {
  it('is refused and left as it is', () => {
    const path = stored()
    const db = new Database(path)
    db.pragma('user_version = 99')
    db.pragma('journal_mode = DELETE')
    db.close()
    const before = readFileSync(path)
    const refused = refusal(openStore(path))
    expect(refused).toMatchObject({ problem: 'newer' })
    expect(refused.sentence).toContain('99')
    expect(refused.ways).not.toContain('start-afresh')
    expect(readFileSync(path)).toEqual(before)
    expect(readdirSync(dirname(path))).toEqual(['plans.holdfast'])
  })
})

/** A disk of 2 MiB, or null where mounting is not allowed. */
function tinyDisk(): string | null {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-disk-'))
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path]).status === 0 ? path : null
}

/** Takes what is left of a disk. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(file)
  }
}
