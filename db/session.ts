/** One open connection, and the only two ways in which the nouns use it: read, and write in a transaction. */
import type Database from 'better-sqlite3'
import { problemOf, StoreError } from './problems.ts'

export type Db = Database.Database

/** Kinds of things that another window may want to read again. */
export const NOUNS = ['settings', 'machines', 'kernels', 'cost-tables', 'plans', 'runs', 'snapshots'] as const
export type Noun = (typeof NOUNS)[number]

export interface Session {
  readonly db: Db
  readonly path: string
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
  /** How often this connection itself has written, by noun; who asks may clear it. */
  readonly ownWrites: Map<Noun, number>
  /** All of `work` or nothing of it; when this returns it is on disk. Trouble comes as a StoreError. */
  write<T>(noun: Noun, work: () => T): T
  /** What cannot be part of a transaction, such as a copy of the whole file. Trouble comes as a StoreError. */
  outside<T>(work: () => T): T
  /** One consistent view over several statements. Trouble comes as a StoreError. */
  read<T>(work: () => T): T
}

export function createSession(db: Db, path: string, nowMs: () => number): Session {
  const bump = db.prepare<[string]>(
    'INSERT INTO changes (noun, version) VALUES (?, 1) ON CONFLICT (noun) DO UPDATE SET version = version + 1',
  )
  const guarded = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      const known = problemOf(error, path)
      throw known === null || error instanceof StoreError ? error : new StoreError(known, error)
    }
  }
  const ownWrites = new Map<Noun, number>()
  /** A write within a write is part of it: it counts once, as what the outer one is. */
  const write = <T>(noun: Noun, work: () => T): T => {
    if (db.inTransaction) return work()
    const result = guarded(() =>
      db
        .transaction((): T => {
          const done = work()
          bump.run(noun)
          return done
        })
        .immediate(),
    )
    ownWrites.set(noun, (ownWrites.get(noun) ?? 0) + 1)
    return result
  }
  const read = <T>(work: () => T): T =>
    db.inTransaction ? work() : guarded(() => db.transaction(work).deferred())
  return { db, path, nowMs, ownWrites, write, read, outside: guarded }
}
