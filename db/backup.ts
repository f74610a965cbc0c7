/** Copies of a store beside it. A copy is written under another name first, so that one cut short is never taken for whole. */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import type { Db } from './session.ts'

/** Why a backup was made: before the store was brought to a new version, once a day, or because a person asked for it. */
export const BACKUP_REASONS = ['upgrade', 'daily', 'asked'] as const
export type BackupReason = (typeof BACKUP_REASONS)[number]

export interface BackupFile {
  readonly path: string
  readonly reason: BackupReason
  /** Version of the store in it. */
  readonly version: number
  readonly madeMs: number
  readonly bytes: number
}

/** Daily backups that stay; others are never deleted. */
export const DAILY_BACKUPS = 3

const DAY_MS = 86_400_000

/** `2026-11-21T08-14-55-123Z`: sorts by time and is a file name everywhere. */
export const stamp = (ms: number): string => new Date(ms).toISOString().replaceAll(/[:.]/g, '-')

/** plans.holdfast.v2-daily-2026-11-21T08-14-55-123Z.backup */
const NAME = /^\.v(\d+)-(upgrade|daily|asked)-(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{3})Z\.backup$/

const nameOf = (path: string, version: number, reason: BackupReason, nowMs: number): string =>
  `${path}.v${version}-${reason}-${stamp(nowMs)}.backup`

/** Newest first. */
export function backupsOf(path: string): BackupFile[] {
  const [folder, name] = [dirname(path), basename(path)]
  return readdirSync(folder)
    .flatMap(file => (file.startsWith(name) ? backupNamed(join(folder, file), file.slice(name.length)) : []))
    .sort((a, b) => b.madeMs - a.madeMs)
}

function backupNamed(path: string, suffix: string): BackupFile[] {
  const [, version, reason, day, hours, minutes, seconds, ms] = NAME.exec(suffix) ?? []
  const known = BACKUP_REASONS.find(each => each === reason)
  if (known === undefined) return []
  const madeMs = Date.parse(`${day ?? ''}T${hours ?? ''}:${minutes ?? ''}:${seconds ?? ''}.${ms ?? ''}Z`)
  return [{ path, reason: known, version: Number(version), madeMs, bytes: statSync(path).size }]
}

/** Writes a backup and returns its path; throws and leaves nothing behind if that fails. */
export function backUp(db: Db, path: string, reason: BackupReason, nowMs: number): string {
  const target = nameOf(path, versionOf(db), reason, nowMs)
  writeCopy(db, target)
  return target
}

/** A compact copy of the whole store, on disk when this returns. The file must not exist. */
export function writeCopy(db: Db, target: string): void {
  const partial = `${target}.partial`
  rmSync(partial, { force: true })
  try {
    db.prepare<[string]>('VACUUM INTO ?').run(partial)
    const file = openSync(partial, 'r+')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(partial, target)
  } catch (error) {
    rmSync(partial, { force: true })
    throw error
  }
}

export function versionOf(db: Db): number {
  return Number(db.pragma('user_version', { simple: true }))
}

/** A backup if there is none of the last day; the oldest daily ones go. Returns its path, or null. */
export function backUpDaily(db: Db, path: string, nowMs: number): string | null {
  const [last] = backupsOf(path)
  if (last !== undefined && nowMs - last.madeMs < DAY_MS) return null
  const made = backUp(db, path, 'daily', nowMs)
  const old = backupsOf(path).filter(({ reason }) => reason === 'daily')
  for (const { path: outdated } of old.slice(DAILY_BACKUPS)) rmSync(outdated, { force: true })
  return made
}

/** Whether a file is a database that SQLite finds no fault with. */
export function isSound(path: string): boolean {
  let db: Db | null = null
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
    return db.pragma('integrity_check(1)', { simple: true }) === 'ok'
  } catch {
    return false
  } finally {
    db?.close()
  }
}
