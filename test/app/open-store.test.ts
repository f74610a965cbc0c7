import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, describe, expect, it } from 'vitest'
import { apiOf, createApp, type App } from '../../app/create-app.ts'
import { openedStore, usualStorePath } from '../../app/open-store.ts'
import type { Store } from '../../app/store.ts'
import { CALLS, code, heard, PLAN, value } from './calls.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-app-'))
const apps: App[] = []
afterAll(async () => {
  for (const app of apps) await app.close()
  rmSync(folder, { recursive: true })
})

function storeAt(name: string): Store {
  const opened = openedStore(join(folder, name))
  if (!opened.ok) throw new Error(opened.sentence)
  return opened.store
}

function start(name: string, lookEveryMs = 0): { app: App; api: ReturnType<typeof apiOf> } {
  const app = createApp({ store: storeAt(name), lookEveryMs, settleMs: 0 })
  apps.push(app)
  return { app, api: apiOf(app) }
}

describe('the application on a store on disk', () => {
  const { api } = start('calls.db')
  it.each(CALLS)('$title', ({ run }) => run(api))
})

describe('a store on disk', () => {
  it('makes backups when asked, and brings plans back from them beside those that are there', async () => {
    const { api } = start('backups.db')
    const kept = await value(api, 'plans.create', { origin: { from: 'document', document: PLAN } })
    const other = { ...PLAN, name: 'Other' }
    const lost = await value(api, 'plans.create', { origin: { from: 'document', document: other } })
    const { backups, sizeBytes } = await value(api, 'store.backUp', {})
    expect(sizeBytes).toBeGreaterThan(0)
    const backup = backups.find(({ reason }) => reason === 'asked')?.name ?? ''
    await value(api, 'plans.edit', { id: kept.id, revision: kept.revision, document: other })
    await value(api, 'plans.delete', { id: lost.id })
    const found = await value(api, 'store.plansOf', { backup })
    expect(found.map(({ name, state }) => [name, state]).toSorted()).toEqual([
      ['Other', 'missing'],
      ['Two guests', 'different'],
    ])
    const [back] = await value(api, 'store.bringBack', { backup, plans: [lost.id] })
    expect((await value(api, 'plans.get', { id: back?.id ?? '' })).document).toEqual(other)
    expect((await value(api, 'plans.get', { id: kept.id })).name).toBe('Other')
    expect(await code(api.call('store.bringBack', { backup, plans: ['99'] }))).toBe('no-plan')
  })

  it('has plans, what can be undone, runs, machines and settings after a restart', async () => {
    const { app, api } = start('restart.db')
    const made = await value(api, 'plans.create', { origin: { from: 'document', document: PLAN } })
    const change = { id: made.id, revision: made.revision, label: 'rename' }
    await value(api, 'plans.edit', { ...change, document: { ...PLAN, name: 'Renamed' } })
    await value(api, 'settings.set', { theme: 'dark' })
    const { document } = await value(api, 'machines.get', { id: 'edge-64' })
    const machine = await value(api, 'machines.save', { document: { ...document, name: 'rack 7' } })
    const stored = heard(api, event => event.event === 'store.changed' && event.what === 'runs')
    const { id: runId } = await value(api, 'runs.start', { subject: { planId: made.id } })
    await stored
    const run = await value(api, 'runs.get', { runId })
    await app.close()

    const { api: again } = start('restart.db')
    expect(await value(again, 'plans.get', { id: made.id })).toMatchObject({
      name: 'Renamed',
      undo: 'rename',
    })
    expect((await value(again, 'plans.undo', { id: made.id })).document).toEqual(PLAN)
    expect((await value(again, 'plans.redo', { id: made.id })).name).toBe('Renamed')
    expect(await value(again, 'settings.get', {})).toEqual({ theme: 'dark' })
    expect((await value(again, 'machines.get', { id: machine.id })).document).toEqual(machine.document)
    const [kept] = await value(again, 'runs.list', { planId: made.id })
    const found = await value(again, 'runs.get', { runId: kept?.id ?? '' })
    expect(found.report).toEqual(run.report)
    expect((await value(again, 'runs.snapshot', { runId: found.id, atS: 10 })).atS).toBe(10)
  })

  it('tells one window what another has done', async () => {
    const { api: one } = start('two.db', 5)
    const { api: other } = start('two.db')
    const heardOf = heard(one, event => event.event === 'store.changed')
    const made = await value(other, 'plans.create', { origin: { from: 'document', document: PLAN } })
    expect(await heardOf).toEqual({ event: 'store.changed', what: 'plans' })
    const edit = { id: made.id, revision: made.revision, document: PLAN }
    await value(one, 'plans.edit', edit)
    expect(await code(other.call('plans.edit', edit))).toBe('conflict')
  })

  it('that another program holds is told with a way out, and works again afterwards', async () => {
    const opened = openedStore(join(folder, 'held.db'), { busyTimeoutMs: 1 })
    if (!opened.ok) throw new Error(opened.sentence)
    const app = createApp({ store: opened.store, lookEveryMs: 0 })
    apps.push(app)
    const holder = new Database(join(folder, 'held.db'))
    holder.exec('BEGIN IMMEDIATE')
    const create = { origin: { from: 'document', document: PLAN } }
    const refused = await app.call('plans.create', create)
    expect(refused).toMatchObject({ ok: false, error: { code: 'store' } })
    expect(JSON.stringify(refused)).toMatch(/held.db is in use by another program.*Close the other program/)
    holder.exec('ROLLBACK')
    holder.close()
    expect(await app.call('plans.create', create)).toMatchObject({ ok: true })
    expect(await value(apiOf(app), 'plans.list', {})).toHaveLength(1)
  })

  it('that cannot be opened says why', () => {
    writeFileSync(join(folder, 'text.db'), 'This is no database at all, only some text that lies here.')
    expect(openedStore(join(folder, 'text.db'))).toMatchObject({ ok: false, problem: 'not-a-database' })
  })

  it('lies where the system keeps data of applications', () => {
    expect(usualStorePath({ XDG_DATA_HOME: '/data' }, 'linux')).toBe('/data/holdfast/holdfast.db')
    expect(usualStorePath({}, 'darwin')).toMatch(/Application Support\/holdfast\/holdfast.db$/)
  })
})
