import { MIGRATIONS } from '../../db/migrations/index.ts'
import { existsSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { backupsOf, DAILY_BACKUPS } from '../../db/backup.ts'
import { openStore } from '../../db/open.ts'
import { StoreError } from '../../db/problems.ts'
import { restoreBackup, salvage, soundBackups, startAfresh } from '../../db/rescue.ts'
import { HOST } from '../support/scenarios.ts'
import { bodyOf, runOf } from './kill-data.ts'
import { opened, problemAt, refusal, storePath } from './support.ts'

const DAY_MS = 86_400_000
const PAGE = 4096
const PLANS = 60
const OURS = { name: '6.18', plus: ['vm-pinned'], minus: [] }

/** A store of some hundred pages: plans of two revisions, a run, a setting. */
function large(path = storePath()): string {
  const store = opened(path)
  for (let i = 0; i < PLANS; i++) {
    const { planId, number } = store.plans.create({ name: `plan ${i}`, body: bodyOf(i) })
    store.plans.edit(planId, { after: number, name: `plan ${i}`, label: 'edit', body: bodyOf(1_000 + i) })
  }
  store.runs.save({ planId: 1, revision: 1, title: '', scenario: '{}', result: runOf(5_000, 4, 3) })
  store.settings.set('theme', 'dark')
  store.machines.add({ profile: HOST, kernel: OURS, origin: 'typed', note: '' })
  store.kernels.add({ title: 'ours', choice: OURS, note: '' })
  store.close()
  return path
}

/** Changes bytes of a file as a failing disk would. */
function spoil(path: string, at: number, count: number): void {
  const bytes = readFileSync(path)
  for (let i = at; i < Math.min(at + count, bytes.length); i++) bytes[i] = (bytes[i] ?? 0) ^ 0x5a
  writeFileSync(path, bytes)
}

/** Plans whose shown text is what was written. */
function intactPlans(path: string): number {
  const store = opened(path)
  const bodies = store.plans.list().map(({ id }) => store.plans.current(id)!.body)
  store.close()
  return bodies.filter(body => body === bodyOf((JSON.parse(body) as { i: number }).i)).length
}

describe('a damaged store', () => {
  it('is never taken for a sound one, wherever it is damaged: at opening, or where the damage is read', () => {
    const path = large()
    const sound = readFileSync(path)
    const pages = sound.length / PAGE
    const found = { opening: 0, reading: 0, unused: 0 }
    for (let page = 0; page < pages; page += page < 12 ? 1 : 5) {
      writeFileSync(path, sound)
      spoil(path, page * PAGE + ((page * 997) % (PAGE - 40)), 40)
      const result = openStore(path)
      if (!result.ok) {
        expect(['damaged', 'not-a-database', 'newer']).toContain(result.problem)
        found.opening++
        continue
      }
      const { store } = result
      try {
        for (const { id } of store.plans.list()) {
          expect(store.plans.current(id)!.body).toBe(bodyOf(999 + id))
          expect(store.plans.undo(id)!.body).toBe(bodyOf(id - 1))
        }
        expect(store.runs.load(1)).toEqual(runOf(5_000, 4, 3))
        expect(store.settings.all()).toEqual({ theme: 'dark' })
        expect(store.machines.list()).toMatchObject([{ profile: HOST, kernel: OURS }])
        expect(store.kernels.list()).toMatchObject([{ choice: OURS }])
        found.unused++
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        expect(error.problem).toBe('damaged')
        found.reading++
      } finally {
        store.close()
      }
    }
    console.log(
      `of ${pages} pages, damaged in turn: ${found.opening} found at opening, ` +
        `${found.reading} on reading, ${found.unused} where nothing is`,
    )
    expect(found.opening).toBeGreaterThan(0)
    expect(found.reading).toBeGreaterThan(0)
    // The last page of a long text or curve is not full.
    expect(found.unused).toBeLessThan(found.reading / 2)
  })

  it('is told and left as it is when its beginning, its middle or its end is gone', () => {
    const path = large()
    const sound = readFileSync(path)
    const damages: readonly (() => void)[] = [
      () => spoil(path, 0, 16),
      () => spoil(path, 100, 60),
      () => spoil(path, PAGE, 8),
      () => truncateSync(path, sound.length - 3 * PAGE),
      () => truncateSync(path, PAGE),
      () => truncateSync(path, 700),
    ]
    for (const damage of damages) {
      writeFileSync(path, sound)
      damage()
      const before = readFileSync(path)
      const refused = refusal(openStore(path))
      expect(refused).toMatchObject({ problem: 'damaged' })
      expect(refused.ways).toEqual(['restore-backup', 'salvage', 'start-afresh'])
      expect(readFileSync(path)).toEqual(before)
    }
  })

  it('a revision that changed on disk is told, and undo leads to the one before', () => {
    const path = large()
    const bytes = readFileSync(path)
    bytes.write('EDIT', bytes.indexOf('edit 1007 '))
    writeFileSync(path, bytes)
    const store = opened(path)
    expect(() => store.plans.current(8)).toThrow(/revision 2 of plan 8 has changed on disk/)
    expect(store.plans.undo(8)!.body).toBe(bodyOf(7))
  })
})

describe('a row that makes no sense', () => {
  it.each([
    ['machines', `UPDATE machines SET kernel = '{"name": 5}'`],
    ['machines', `UPDATE machines SET profile = '{}'`],
    ['kernels', `UPDATE kernels SET plus = '[1]'`],
    ['runs', `UPDATE runs SET summary = '{}'`],
  ] as const)('in %s is told as damage, not passed on: %s', (noun, sql) => {
    const path = large()
    const db = new Database(path)
    db.exec(sql)
    db.close()
    const store = opened(path)
    const read = {
      machines: () => store.machines.list(),
      kernels: () => store.kernels.list(),
      runs: () => store.runs.load(1),
    }
    expect(read[noun]).toThrow(/is damaged: .* (has an unexpected form|has changed on disk)/)
  })
})

describe('ways out of a damaged store', () => {
  it('salvaging saves what can be read; the damaged file stays', () => {
    const path = large()
    // A few pages in the middle, the first bytes, and a page of a table's tree.
    const pages = readFileSync(path).length / PAGE
    spoil(path, 0, 16)
    spoil(path, Math.floor(pages / 3) * PAGE, 3 * PAGE)
    const damaged = readFileSync(path)
    const { setAside, found } = salvage(path, 1_000)
    expect(readFileSync(setAside!)).toEqual(damaged)
    expect(found.some(({ incomplete }) => incomplete)).toBe(true)
    expect(intactPlans(path)).toBeGreaterThan(PLANS * 0.8)
    expect(opened(path).settings.get('theme')).toBe('dark')
    expect(readdirSync(dirname(path)).filter(name => /salvaged|source/.test(name))).toEqual([])
  })

  it('salvaging a sound store loses nothing', () => {
    const path = large()
    const { found } = salvage(path)
    expect(found.filter(({ incomplete }) => incomplete)).toEqual([])
    const store = opened(path)
    expect(store.plans.list()).toHaveLength(PLANS)
    expect(store.plans.undo(5)!.body).toBe(bodyOf(4))
    expect(store.runs.load(1)).toEqual(runOf(5_000, 4, 3))
  })

  it('salvaging what is beyond saving gives an empty store, and says so', () => {
    const path = large()
    spoil(path, 0, readFileSync(path).length)
    const { setAside, found } = salvage(path)
    expect(existsSync(setAside!)).toBe(true)
    expect(found.every(({ rows, incomplete }) => rows === 0 && incomplete)).toBe(true)
    expect(opened(path).plans.list()).toEqual([])
  })

  it('a backup takes its place; a damaged backup is not offered and not taken', () => {
    const path = storePath()
    let now = Date.UTC(2026, 10, 1)
    const store = opened(path, { nowMs: () => now })
    store.settings.set('day', 1)
    const first = store.backUpDaily()!
    now += DAY_MS
    store.settings.set('day', 2)
    const second = store.backUpDaily()!
    store.settings.set('day', 3)
    store.close()
    spoil(path, 100, 60)
    spoil(second, 100, 60)
    expect(soundBackups(path).map(backup => backup.path)).toEqual([first])
    expect(() => restoreBackup(path, second)).toThrow(/is damaged/)
    const { setAside } = restoreBackup(path, first)
    expect(existsSync(setAside!)).toBe(true)
    expect(opened(path).settings.get('day')).toBe(1)
  })

  it('starting afresh moves the file aside, with its log', () => {
    const path = storePath()
    writeFileSync(path, 'broken')
    writeFileSync(`${path}-wal`, 'log')
    const { setAside } = startAfresh(path)
    expect([readFileSync(setAside!, 'utf8'), readFileSync(`${setAside!}-wal`, 'utf8')]).toEqual([
      'broken',
      'log',
    ])
    expect(problemAt(path)).toBe('ok')
    expect(startAfresh(join(dirname(path), 'none.holdfast'))).toEqual({ setAside: null })
  })
})

describe('daily backups', () => {
  it('are made once a day, and the last few stay', () => {
    const path = storePath()
    let now = Date.UTC(2026, 10, 1)
    const store = opened(path, { nowMs: () => now })
    for (let day = 0; day < DAILY_BACKUPS + 2; day++) {
      expect(store.backUpDaily()).not.toBeNull()
      expect(store.backUpDaily()).toBeNull()
      now += DAY_MS
    }
    const backups = backupsOf(path)
    expect(backups).toHaveLength(DAILY_BACKUPS)
    expect(backups[0]).toMatchObject({ reason: 'daily', version: MIGRATIONS.length, madeMs: now - DAY_MS })
  })

  it('a store in memory has none, and can be copied to a file', () => {
    const store = opened()
    store.settings.set('a', 1)
    expect(store.backUpDaily()).toBeNull()
    const path = storePath()
    store.copyTo(path)
    expect(opened(path).settings.get('a')).toBe(1)
  })
})
