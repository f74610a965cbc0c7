/**
 * One live run at a time on a machine: they change the same settings. The lock is an flock(2) and so ends with those
 * who hold it, however they end. Beside it lie the journals of changed settings (journal.ts).
 */
import { closeSync, lstatSync, mkdirSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checked, libc } from './libc.ts'
import { pause } from './pause.ts'
import { CannotRun } from './refusal.ts'

const LOCK_EX = 2
const LOCK_NB = 4
const LOCK_UN = 8
const RETRY_MS = 10

export class MachineLock {
  /** A directory that nobody else can write to. */
  readonly directory: string
  readonly fd: number

  private constructor(directory: string, fd: number) {
    this.directory = directory
    this.fd = fd
  }

  /** Waits for other live runs to end, for `waitMs` at most. */
  static acquire(waitMs: number): MachineLock {
    const directory = privateDirectory()
    const fd = openSync(join(directory, 'lock'), 'a', 0o600)
    const giveUp = performance.now() + waitMs
    while (libc().flock(fd, LOCK_EX | LOCK_NB) < 0) {
      if (performance.now() < giveUp) {
        pause(RETRY_MS)
        continue
      }
      closeSync(fd)
      throw new CannotRun(
        'busy',
        `Another live run on this machine has not ended within ${Math.round(waitMs / 1000)} s (${directory}/lock).`,
      )
    }
    return new MachineLock(directory, fd)
  }

  /** Unlocks at once, also for those who have inherited the lock. */
  release(): void {
    checked('flock', libc().flock(this.fd, LOCK_UN))
    closeSync(this.fd)
  }
}

/**
 * /run is gone after a reboot, as changed settings are, and only root can put anything there. Others, who cannot
 * change settings, have a directory of their own.
 */
function privateDirectory(): string {
  const user = process.geteuid?.() ?? 0
  const candidates = user === 0 ? ['/run/holdfast', join(tmpdir(), 'holdfast-live-0')] : []
  for (const path of [...candidates, join(tmpdir(), `holdfast-live-${user}`)]) {
    if (isPrivate(path, user)) return path
  }
  throw new CannotRun('system', `No directory of our own can be made in /run or in ${tmpdir()}.`)
}

/** Makes the directory if need be; a link, or a directory that others may write to, will not do. */
function isPrivate(path: string, user: number): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return false
  }
  const found = lstatSync(path)
  return found.isDirectory() && found.uid === user && (found.mode & 0o022) === 0
}
