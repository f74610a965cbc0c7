/**
 * Kills a process while it writes, again and again, on one store. What it had confirmed has to be there, to the last
 * byte, and at most the one write that was under way besides. `HOLDFAST_KILLS=500` makes it longer.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import Database from 'better-sqlite3'
import { backupsOf, isSound, versionOf } from '../../db/backup.ts'
import type { Store } from '../../db/store.ts'
import { bodyOf, CURVES, POINTS, runOf } from './kill-data.ts'
import { child, folder, opened, storeOfVersion, storePath } from './support.ts'

const KILLS = Number(process.env['HOLDFAST_KILLS'] ?? 50)
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** The number behind the last line that starts so, or the default. */
const last = (lines: readonly string[], start: string, none: number): number =>
  Number(lines.findLast(line => line.startsWith(`${start} `))?.split(' ')[1] ?? none)

function lastEdit(store: Store): number {
  const [plan] = store.plans.list().filter(({ name }) => name === 'the plan')
  const { body } = store.plans.current(plan!.id)!
  const { i } = JSON.parse(body) as { i: number }
  expect(body).toBe(bodyOf(i))
  return i
}

describe('a killed process', () => {
  it(`loses at most the write under way: ${KILLS} kills`, { timeout: KILLS * 4_000 }, async () => {
    const path = storePath()
    let confirmed = 0
    let confirmedRun = 0
    let edits = 0
    let unconfirmed = 0
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = child('write', path, String(confirmed + 1))
      await writer.said('ready')
      // From before the first write to some dozens of them: moments that do not repeat.
      await pause((kill * 7.3) % 101)
      writer.process.kill('SIGKILL')
      expect(await writer.ended).toBe('SIGKILL')

      const edit = last(writer.lines, 'edit', confirmed)
      const run = last(writer.lines, 'run', confirmedRun)
      const setting = last(writer.lines, 'setting', 0)
      const store = opened(path)
      const found = lastEdit(store)
      expect(found - edit).toBeGreaterThanOrEqual(0)
      expect(found - edit).toBeLessThanOrEqual(1)
      expect(Number(store.settings.get('last') ?? 0)).toBeGreaterThanOrEqual(setting)
      const [newest] = store.runs.list()
      if (newest !== undefined)
        expect(store.runs.load(newest.id)).toEqual(runOf(POINTS, CURVES, Number(newest.title)))
      expect(newest?.id ?? 0).toBeGreaterThanOrEqual(run)
      store.close()
      edits += found - confirmed
      unconfirmed += found - edit
      confirmed = found
      confirmedRun = newest?.id ?? confirmedRun
    }
    // Nothing is proven by processes that were killed before they wrote.
    expect(edits).toBeGreaterThan(KILLS)
    console.log(`${KILLS} kills in ${edits} edits; ${unconfirmed} edits were stored and not yet confirmed`)
  })

  it(
    'leaves an old store whole when it dies while bringing it up to date',
    { timeout: 240_000 },
    async () => {
      const bodies = Array.from({ length: 100 }, (_, i) => bodyOf(i))
      const old = storeOfVersion(1, bodies)
      const versions: string[] = []
      const wholeMs = await upgradeMs(old)
      for (let kill = 0; kill < KILLS / 2; kill++) {
        const path = join(folder(), 'plans.holdfast')
        copyFileSync(old, path)
        const upgrade = child('upgrade', path)
        await upgrade.said('opening')
        await pause((wholeMs * 1.2 * kill) / (KILLS / 2))
        upgrade.process.kill('SIGKILL')
        await upgrade.ended

        versions.push(
          upgrade.lines.at(-1)?.startsWith('upgraded') === true ? 'done' : `at ${versionAt(path)}`,
        )
        const store = opened(path)
        expect(store.plans.list()).toHaveLength(bodies.length)
        for (const { id } of store.plans.list()) expect(store.plans.current(id)!.body).toBe(bodyOf(id - 1))
        store.close()
        const backups = backupsOf(path)
        expect(backups.length).toBeGreaterThanOrEqual(1)
        for (const backup of backups) expect(isSound(backup.path)).toBe(true)
      }
      const count = (what: string): number => versions.filter(version => version === what).length
      console.log(
        `${versions.length} kills: ${count('at 1')} before the new version stood, ` +
          `${count('at 2')} after, ${count('done')} too late`,
      )
      expect(count('at 1')).toBeGreaterThan(0)
      expect(count('at 2') + count('done')).toBeGreaterThan(0)
    },
  )
})

/** How long an upgrade takes that nobody kills. */
async function upgradeMs(old: string): Promise<number> {
  const path = join(folder(), 'plans.holdfast')
  copyFileSync(old, path)
  const upgrade = child('upgrade', path)
  await upgrade.said('opening')
  const started = performance.now()
  await upgrade.said('upgraded')
  return performance.now() - started
}

/** Version of the store on disk, with what its log holds. */
function versionAt(path: string): number {
  const db = new Database(path)
  const version = versionOf(db)
  db.close()
  return version
}
