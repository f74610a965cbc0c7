/**
 * The application on a file that may not open. It then says why and what can be done, does that when it is asked, and goes
 * on as usual. Nothing is ever overwritten: db/rescue.ts moves the file aside under a name with the date.
 */
import { mkdirSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname } from 'node:path'
import { problemOf, type Problem } from '../db/problems.ts'
import { copyElsewhere, restoreBackup, salvage, soundBackups, startAfresh } from '../db/rescue.ts'
import { METHODS, type Answer, type Input, type Rescue } from './contract.ts'
import { createApp, type App, type AppSettings } from './create-app.ts'
import { failureOf } from './errors.ts'
import { Listeners } from './events.ts'
import { openedStore } from './open-store.ts'
import { RESCUE_WAYS } from './rescue-ways.ts'

export interface StoreFile {
  readonly path: string
  /** Its folder is made if it is not there: for the usual place, not for one that somebody named. */
  readonly makeFolder: boolean
}

export function appOnStore(file: StoreFile, settings: Omit<AppSettings, 'store'> = {}): App {
  const onBroken = settings.onBroken ?? (() => {})
  const listeners = new Listeners(onBroken)
  let { path } = file
  let app: App | null = null
  let problem: Problem | null = null
  let isClosed = false

  const open = (): void => {
    const opened = openedStore(path, { makeFolder: file.makeFolder })
    problem = opened.ok ? null : opened
    if (!opened.ok) return
    app = createApp({ ...settings, store: opened.store })
    app.subscribe(listeners.tell)
  }
  const state = (found: Problem): Rescue => ({
    problem: {
      ...{ kind: found.problem, sentence: found.sentence, wayOut: found.wayOut, place: path },
      ways: RESCUE_WAYS.filter(way => found.ways.includes(way)).filter(
        way => way !== 'restore-backup' || backups(path).length > 0,
      ),
      backups: backups(path),
    },
  })
  const carryOut = ({ way, backup }: Input<'rescue.carryOut'>): Answer<unknown> => {
    try {
      const done = rescued(path, way, backup)
      path = done.path
      open()
      if (problem !== null) return refused(problem)
      listeners.tell({ event: 'store.changed', what: 'everything' })
      return { ok: true, value: { sentence: done.sentence } }
    } catch (error) {
      const known = problemOf(error, path)
      if (known === null) onBroken(error)
      return known === null
        ? { ok: false, error: failureOf('broken', error instanceof Error ? error.message : String(error)) }
        : refused(known)
    }
  }

  open()
  return {
    call: (method, input, options) => {
      if (app !== null) return app.call(method, input, options)
      if (isClosed) return Promise.resolve({ ok: false, error: failureOf('closed') })
      if (problem !== null && method === 'rescue.get')
        return Promise.resolve({ ok: true, value: state(problem) })
      const asked = METHODS['rescue.carryOut'].input.safeParse(input)
      if (method === 'rescue.carryOut' && asked.success) return Promise.resolve(carryOut(asked.data))
      if (method === 'rescue.carryOut')
        return Promise.resolve({ ok: false, error: failureOf('bad-input', method) })
      return Promise.resolve(problem === null ? { ok: false, error: failureOf('closed') } : refused(problem))
    },
    subscribe: listen => listeners.add(listen),
    close: async () => {
      isClosed = true
      await app?.close()
      listeners.clear()
    },
  }
}

const refused = ({ sentence, wayOut }: Problem): Answer<unknown> => ({
  ok: false,
  error: failureOf('store', `${sentence} ${wayOut}`),
})

function backups(path: string): NonNullable<Rescue['problem']>['backups'] {
  try {
    return soundBackups(path).map(backup => ({
      ...{ name: basename(backup.path), madeAtMs: backup.madeMs, bytes: backup.bytes },
    }))
  } catch {
    // The folder cannot be read: then there are none.
    return []
  }
}

interface Done {
  /** The file to open now. */
  readonly path: string
  readonly sentence: string
}

function rescued(path: string, way: Input<'rescue.carryOut'>['way'], name: string | undefined): Done {
  const keptAt = (setAside: string | null): string =>
    setAside === null ? '' : ` The file as it was is kept as ${setAside}.`
  switch (way) {
    case 'retry':
      return { path, sentence: 'The store opens again.' }
    case 'make-folder':
      mkdirSync(dirname(path), { recursive: true })
      return { path, sentence: `The folder ${dirname(path)} was made.` }
    case 'open-copy': {
      const copy = copyElsewhere(path, writableFolder())
      return { path: copy, sentence: `You are working on the copy ${copy}.` }
    }
    case 'restore-backup': {
      const all = soundBackups(path)
      const backup = all.find(each => name === undefined || basename(each.path) === name)
      if (backup === undefined) throw new Error(`there is no backup ${name ?? ''}`)
      const { setAside } = restoreBackup(path, backup.path)
      return { path, sentence: `The backup ${basename(backup.path)} was restored.${keptAt(setAside)}` }
    }
    case 'salvage': {
      const { setAside, found } = salvage(path)
      const lost = found.filter(({ incomplete }) => incomplete).map(({ table }) => table)
      const missing =
        lost.length === 0 ? 'Everything was read.' : `Not all could be read of: ${lost.join(', ')}.`
      return { path, sentence: `${missing}${keptAt(setAside)}` }
    }
    case 'start-afresh': {
      const { setAside } = startAfresh(path)
      return { path, sentence: `A new store was made.${keptAt(setAside)}` }
    }
  }
}

/** Where a copy can be worked on: the person's own folder, or that for what does not last. */
function writableFolder(): string {
  const home = homedir()
  return (statSync(home, { throwIfNoEntry: false })?.mode ?? 0) & 0o200 ? home : tmpdir()
}
