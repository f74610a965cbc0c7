/** The ways out of a store that cannot be opened. The file as it was found is kept by each of them. */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { backupsOf, isSound, stamp, type BackupFile } from './backup.ts'
import { problem, problemOf, StoreError } from './problems.ts'
import { salvageInto, type Salvaged } from './salvage.ts'

export interface Rescued {
  /** Where the store as it was found is now; null if there was none. */
  readonly setAside: string | null
}

/** Backups that a store could be restored from, newest first; those that are damaged themselves are left out. */
export function soundBackups(path: string): BackupFile[] {
  return trying(path, () => backupsOf(resolve(path)).filter(backup => isSound(backup.path)))
}

/** Puts a copy of a backup in the place of the store. */
export function restoreBackup(path: string, backup: string, nowMs: number = Date.now()): Rescued {
  return trying(path, () => {
    if (!isSound(backup)) throw new StoreError(problem('damaged', backup))
    const fresh = `${resolve(path)}.restored`
    copyFileSync(backup, fresh)
    return replaced(path, fresh, nowMs)
  })
}

/** Moves the store aside, so that the next opening makes a new one. */
export function startAfresh(path: string, nowMs: number = Date.now()): Rescued {
  return trying(path, () => ({ setAside: moveAside(resolve(path), nowMs) }))
}

/** Saves every row that can still be read into a new store, which takes the place of the damaged one. */
export function salvage(path: string, nowMs: number = Date.now()): Rescued & { readonly found: Salvaged } {
  return trying(path, () => {
    const fresh = `${resolve(path)}.salvaged`
    for (const suffix of LOGS) rmSync(fresh + suffix, { force: true })
    const found = salvageInto(resolve(path), fresh)
    return { ...replaced(path, fresh, nowMs), found }
  })
}

/** Copies a store, with what its log holds, into a folder that can be written; returns the path of the copy. */
export function copyElsewhere(path: string, folder: string, nowMs: number = Date.now()): string {
  const target = join(resolve(folder), basename(path))
  return trying(target, () => {
    const free = existsSync(target) ? `${target}.${stamp(nowMs)}` : target
    for (const suffix of ['', '-wal']) {
      const part = resolve(path) + suffix
      if (existsSync(part)) copyFileSync(part, free + suffix)
    }
    return free
  })
}

/** The store, its write-ahead log, and the index of that. */
const LOGS = ['', '-wal', '-shm'] as const

function moveAside(path: string, nowMs: number): string | null {
  if (!existsSync(path)) return null
  const aside = `${path}.set-aside-${stamp(nowMs)}`
  // The log first: a store without its log is older, a log without its store is nothing.
  for (const suffix of ['-wal', '-shm', ''])
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  return aside
}

function replaced(path: string, fresh: string, nowMs: number): Rescued {
  const setAside = moveAside(resolve(path), nowMs)
  renameSync(fresh, resolve(path))
  return { setAside }
}

function trying<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const known = problemOf(error, path)
    throw known === null || error instanceof StoreError ? error : new StoreError(known, error)
  }
}
