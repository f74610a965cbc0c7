/** An open store: the nouns, and what concerns all of them. */
import { z } from 'zod'
import { backUp, backUpDaily, versionOf, writeCopy } from './backup.ts'
import { costTablesIn, type CostTables } from './cost-tables.ts'
import { kernelsIn, type Kernels } from './kernels.ts'
import { machinesIn, type Machines } from './machines.ts'
import { measurementsIn, type Measurements } from './measurements.ts'
import { plansIn, type Plans } from './plans.ts'
import { problem, StoreError } from './problems.ts'
import { checkedRows } from './rows.ts'
import { runsIn, type RunLimits, type Runs } from './runs.ts'
import { createSession, NOUNS, type Db, type Noun } from './session.ts'
import { settingsIn, type Settings } from './settings.ts'
import { snapshotsIn, type Snapshots } from './snapshots.ts'

export interface Store {
  readonly path: string
  readonly settings: Settings
  readonly machines: Machines
  readonly kernels: Kernels
  readonly costTables: CostTables
  readonly plans: Plans
  readonly runs: Runs
  readonly snapshots: Snapshots
  readonly measurements: Measurements
  /** What other windows or programs have written since the last time this was asked. Costs microseconds if nothing. */
  changedElsewhere(): Noun[]
  /** A whole, compact copy. */
  copyTo(path: string): void
  /** A backup beside the store if there is none of the last day: its path, or null. */
  backUpDaily(): string | null
  /** A backup beside the store, whenever the last one was made: its path, or null where nothing is on disk. */
  backUpNow(): string | null
  /** Reads all of it: what SQLite finds wrong, or null. Takes as long as reading the file. */
  fault(): string | null
  /** The version of the store's tables. */
  readonly version: number
  /** Gives the room of what was deleted back to the disk. Takes a while, and as much room again meanwhile. */
  compact(): void
  /** Bytes of the store on disk, without its write-ahead log. */
  sizeBytes(): number
  /** Writes everything into the one file. Calling it twice does no harm. */
  close(): void
}

const changeRow = z.object({ noun: z.string(), version: z.int() })

export interface StoreTerms {
  /** The version of the store that this program works with. */
  readonly version: number
  readonly nowMs: () => number
  readonly runLimits: RunLimits
}

export function createStore(db: Db, path: string, { version, nowMs, runLimits }: StoreTerms): Store {
  const session = createSession(db, path, nowMs)
  const counters = db.prepare<[]>('SELECT noun, version FROM changes')
  const dataVersion = db.prepare('PRAGMA data_version').pluck()
  const versions = (): Map<string, number> =>
    new Map(checkedRows(session, changeRow, counters.all(), 'a counter').map(c => [c.noun, c.version]))

  let seen = dataVersion.get()
  let known = versions()

  const changedElsewhere = (): Noun[] =>
    session.read(() => {
      const now = dataVersion.get()
      if (now === seen) return []
      seen = now
      if (versionOf(db) > version) throw new StoreError(problem('newer', path))
      const latest = versions()
      // The counters have this connection's own writes in them.
      const own = (noun: Noun): number => (known.get(noun) ?? 0) + (session.ownWrites.get(noun) ?? 0)
      const changed = NOUNS.filter(noun => (latest.get(noun) ?? 0) > own(noun))
      known = latest
      session.ownWrites.clear()
      return changed
    })

  return {
    path,
    settings: settingsIn(session),
    machines: machinesIn(session),
    kernels: kernelsIn(session),
    costTables: costTablesIn(session),
    plans: plansIn(session),
    runs: runsIn(session, runLimits),
    snapshots: snapshotsIn(session),
    measurements: measurementsIn(session),
    changedElsewhere,
    copyTo: target => session.outside(() => writeCopy(db, target)),
    backUpDaily: () => (db.memory ? null : session.outside(() => backUpDaily(db, path, nowMs()))),
    backUpNow: () => (db.memory ? null : session.outside(() => backUp(db, path, 'asked', nowMs()))),
    fault: () =>
      session.read(() => {
        const first = String(db.pragma('integrity_check(1)', { simple: true }))
        if (first !== 'ok') return first
        const orphan = db.prepare('PRAGMA foreign_key_check').get()
        return orphan === undefined ? null : 'a row has lost what it belongs to'
      }),
    version,
    compact: () => session.outside(() => void db.exec('VACUUM')),
    sizeBytes: () => session.read(() => pages(db, 'page_count') * pages(db, 'page_size')),
    close: () => {
      if (!db.open) return
      try {
        db.pragma('wal_checkpoint(TRUNCATE)')
      } catch {
        // Another window is reading, or the disk is full: the log stays, complete, and is taken in next time.
      }
      db.close()
    },
  }
}

const pages = (db: Db, pragma: string): number => Number(db.pragma(pragma, { simple: true }))
