/** The store on disk as the application needs it: its numbers become ids, its texts documents. */
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { IN_MEMORY, openStore, type OpenOptions } from '../db/open.ts'
import { problemOf, StoreError, type Problem } from '../db/problems.ts'
import type { Noun } from '../db/session.ts'
import type { Store as Db } from '../db/store.ts'
import { settings as settingsShape } from './contract-shapes.ts'
import type { Settings } from './contract.ts'
import { planStore } from './db/plans.ts'
import { storeCare } from './db/care.ts'
import { measurementStore } from './db/measurements.ts'
import { costRecords, kernelStore, machineStore, runStore, saveCosts } from './db/others.ts'
import type { KEPT_THINGS, Store } from './store.ts'

export type OpenedStore = { readonly ok: true; readonly store: Store } | ({ readonly ok: false } & Problem)

/** Where plans are kept unless somebody says otherwise: where each system wants data of applications. */
export function usualStorePath(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const home = homedir()
  const folder =
    platform === 'darwin'
      ? join(home, 'Library', 'Application Support')
      : platform === 'win32'
        ? (env['APPDATA'] ?? join(home, 'AppData', 'Roaming'))
        : (env['XDG_DATA_HOME'] ?? join(home, '.local', 'share'))
  return join(folder, 'holdfast', 'holdfast.db')
}

/** Opens a store, or makes it; its folder, too, if that is asked for. */
export function openedStore(
  path: string,
  { makeFolder = false, ...options }: OpenOptions & { readonly makeFolder?: boolean } = {},
): OpenedStore {
  try {
    if (makeFolder && path !== IN_MEMORY) mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    const known = problemOf(error, path)
    if (known === null) throw error
    return { ok: false, ...known }
  }
  const opened = openStore(path, options)
  if (!opened.ok) return opened
  try {
    opened.store.backUpDaily()
  } catch (error) {
    // Without room for a backup there may still be room for an edit.
    if (!(error instanceof StoreError)) throw error
  }
  return { ok: true, store: storeOf(opened.store) }
}

function storeOf(db: Db): Store {
  return {
    place: db.path === IN_MEMORY ? null : db.path,
    plans: planStore(db),
    machines: machineStore(db),
    runs: runStore(db),
    measurements: measurementStore(db),
    kernels: kernelStore(db),
    costs: {
      list: () => db.costTables.list().map(({ table }) => table),
      records: () => costRecords(db),
      save: measured => saveCosts(db, measured),
      delete: id => void db.costTables.remove(id),
    },
    care: storeCare(db),
    settings: {
      get: () => settingsOf(db),
      set: values => {
        for (const [key, value] of Object.entries(values))
          if (value !== undefined) db.settings.set(key, value)
      },
    },
    changedElsewhere: () => [...new Set(db.changedElsewhere().map(noun => THINGS[noun]))],
    problemOf: error => (error instanceof StoreError ? `${error.sentence} ${error.wayOut}` : null),
    close: () => db.close(),
  }
}

const THINGS: Readonly<Record<Noun, (typeof KEPT_THINGS)[number]>> = {
  plans: 'plans',
  machines: 'machines',
  runs: 'runs',
  settings: 'settings',
  kernels: 'kernels',
  'cost-tables': 'costs',
  snapshots: 'measurements',
}

/** A setting of another version, or one that is no longer allowed, is left where it is and not given. */
function settingsOf(db: Db): Settings {
  const known = Object.entries(db.settings.all()).filter(
    ([key, value]) => settingsShape.safeParse({ [key]: value }).success,
  )
  return settingsShape.parse(Object.fromEntries(known))
}
