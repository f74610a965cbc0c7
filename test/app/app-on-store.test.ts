import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { appOnStore } from '../../app/app-on-store.ts'
import type { Api } from '../../app/contract.ts'
import { apiOf, type App } from '../../app/create-app.ts'
import { CALLS, code, heard, PLAN, value } from './calls.ts'

let folder: string
const apps: App[] = []
const path = (): string => join(folder, 'store.db')

function start(file = path(), makeFolder = false): Api {
  const app = appOnStore({ path: file, makeFolder }, { lookEveryMs: 0, settleMs: 0 })
  apps.push(app)
  return apiOf(app)
}
async function closeAll(): Promise<void> {
  for (const app of apps.splice(0)) await app.close()
}
async function withPlan(): Promise<void> {
  const api = start()
  await value(api, 'plans.create', { origin: { from: 'document', document: PLAN } })
  await closeAll()
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-rescue-'))
})
afterEach(async () => {
  await closeAll()
  rmSync(folder, { recursive: true, force: true })
})

describe('a store that opens', () => {
  const [first] = CALLS
  it('makes the usual application', async () => {
    const api = start()
    expect(await value(api, 'rescue.get', {})).toEqual({ problem: null })
    expect(await code(api.call('rescue.carryOut', { way: 'start-afresh' }))).toBe('store-is-open')
    await first?.run(api)
  })
})

it('what is under way when the application closes is answered, and is no error of the program', async () => {
  const broken: unknown[] = []
  const app = appOnStore(
    { path: path(), makeFolder: false },
    { lookEveryMs: 0, onBroken: error => broken.push(error) },
  )
  const vary = ['workloads[0].params.ram=uniform(1GiB,2GiB)']
  const asked = apiOf(app).call('questions.monteCarlo', { subject: { document: PLAN }, vary, runs: 3000 })
  const other = apiOf(app).call('questions.limits', { subject: { document: PLAN } })
  await app.close()
  expect(await code(asked)).toBe('closed')
  expect(['ok', 'closed']).toContain(await code(other))
  expect(broken).toEqual([])
})

describe('a store that does not open', () => {
  it('damaged: says so to every call, and is restored from its backup; the file as it was is kept', async () => {
    await withPlan()
    // The daily backup was made before the plan; a second start makes none, so one is asked for.
    const before = start()
    await value(before, 'store.backUp', {})
    await closeAll()
    writeFileSync(path(), Buffer.concat([readFileSync(path()).subarray(0, 100), Buffer.alloc(8192, 7)]))
    const api = start()
    const refused = await api.call('plans.list', {})
    expect(refused).toMatchObject({ ok: false, error: { code: 'store' } })
    expect(JSON.stringify(refused)).toContain('store.db is damaged')
    const { problem } = await value(api, 'rescue.get', {})
    expect(problem).toMatchObject({
      kind: 'damaged',
      place: path(),
      ways: ['restore-backup', 'salvage', 'start-afresh'],
    })
    const told = heard(api, event => event.event === 'store.changed')
    const { sentence } = await value(api, 'rescue.carryOut', { way: 'restore-backup' })
    expect(await told).toEqual({ event: 'store.changed', what: 'everything' })
    expect((await value(api, 'plans.list', {})).map(({ name }) => name)).toEqual([PLAN.name])
    const [kept] = readdirSync(folder).filter(name => name.includes('set-aside'))
    expect(sentence).toContain(kept)
  })

  it('damaged in part: what can be read is saved', async () => {
    await withPlan()
    truncateSync(path(), readFileSync(path()).length - 4096)
    const api = start()
    expect((await value(api, 'rescue.get', {})).problem?.kind).toBe('damaged')
    expect((await value(api, 'rescue.carryOut', { way: 'salvage' })).sentence).toContain('is kept as')
    expect(await value(api, 'rescue.get', {})).toEqual({ problem: null })
  })

  it('held by another program: is tried again once that has ended', async () => {
    await withPlan()
    const holder = new Database(path())
    holder.pragma('locking_mode = EXCLUSIVE')
    holder.exec('BEGIN EXCLUSIVE')
    const api = start()
    expect((await value(api, 'rescue.get', {})).problem).toMatchObject({ kind: 'locked' })
    holder.exec('ROLLBACK')
    holder.close()
    await value(api, 'rescue.carryOut', { way: 'retry' })
    expect(await value(api, 'plans.list', {})).toHaveLength(1)
  }, 30_000)

  it('of a newer program: is left as it is', async () => {
    await withPlan()
    const db = new Database(path())
    db.pragma('user_version = 99')
    db.close()
    const bytes = readFileSync(path())
    const api = start()
    expect((await value(api, 'rescue.get', {})).problem?.kind).toBe('newer')
    expect(await code(api.call('rescue.carryOut', { way: 'retry' }))).toBe('store')
    expect(await code(api.call('rescue.carryOut', { way: 'nothing' as 'retry' }))).toBe('bad-input')
    expect(readFileSync(path())).toEqual(bytes)
  })

  it('in a folder that is not there: the folder is made if that is wanted', async () => {
    const api = start(join(folder, 'deep', 'store.db'))
    expect((await value(api, 'rescue.get', {})).problem).toMatchObject({ kind: 'no-folder' })
    await value(api, 'rescue.carryOut', { way: 'make-folder' })
    expect(await value(api, 'plans.list', {})).toEqual([])
  })

  it.skipIf(process.geteuid?.() === 0)(
    'in a folder that cannot be written says so (skipped as root)',
    async () => {
      chmodSync(folder, 0o500)
      const api = start(join(folder, 'deep', 'store.db'), true)
      const { problem } = await value(api, 'rescue.get', {})
      chmodSync(folder, 0o700)
      expect(['no-folder', 'no-access', 'read-only']).toContain(problem?.kind)
    },
  )
})
