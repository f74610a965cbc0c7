/** What can be wrong with a store: each kind with a sentence that states the fact, and a way out. */
import { closeSync, openSync, statfsSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import Database from 'better-sqlite3'

export const PROBLEM_KINDS = [
  'damaged',
  'read-only',
  'locked',
  'disk-full',
  'newer',
  'not-a-database',
  'no-folder',
  'no-access',
] as const
export type ProblemKind = (typeof PROBLEM_KINDS)[number]

/** What can be done about it. The last four are carried out by `db/rescue.ts`. */
export type Way =
  | 'retry'
  | 'another-place'
  | 'free-space'
  | 'update-program'
  | 'make-folder'
  | 'open-copy'
  | 'restore-backup'
  | 'salvage'
  | 'start-afresh'

/** Plain data: it crosses threads and windows. */
export interface Problem {
  readonly problem: ProblemKind
  /** The fact. */
  readonly sentence: string
  /** The advice. */
  readonly wayOut: string
  /** The same advice for buttons, best first. */
  readonly ways: readonly Way[]
}

/** A store that stopped working under way, such as a disk that filled up. Nothing of the failed write is kept. */
export class StoreError extends Error implements Problem {
  override readonly name = 'StoreError'
  readonly problem: ProblemKind
  readonly sentence: string
  readonly wayOut: string
  readonly ways: readonly Way[]

  constructor(problem: Problem, cause?: unknown) {
    super(problem.sentence, { cause })
    this.problem = problem.problem
    this.sentence = problem.sentence
    this.wayOut = problem.wayOut
    this.ways = problem.ways
  }
}

interface Words {
  readonly fact: (file: string, detail: string) => string
  readonly wayOut: string
  readonly ways: readonly Way[]
}

const WORDS: Readonly<Record<ProblemKind, Words>> = {
  damaged: {
    fact: (file, detail) => `The store ${file} is damaged${detail}.`,
    wayOut:
      'Restore the last backup, or save what can still be read into a new store. ' +
      'The damaged file is kept beside it in either case.',
    ways: ['restore-backup', 'salvage', 'start-afresh'],
  },
  'read-only': {
    fact: (file, detail) => `The store ${file} cannot be written${detail}.`,
    wayOut: 'Work on a copy in another folder, or allow writing to the file and its folder and try again.',
    ways: ['open-copy', 'retry', 'another-place'],
  },
  locked: {
    fact: (file, detail) => `The store ${file} is in use by another program${detail}.`,
    wayOut: 'Close the other program, or wait until it has finished, and try again.',
    ways: ['retry', 'open-copy'],
  },
  'disk-full': {
    fact: (file, detail) => `The disk of the store ${file} is full${detail}.`,
    wayOut: 'Free some space and try again. What was saved before is unharmed.',
    ways: ['free-space', 'retry', 'another-place'],
  },
  newer: {
    fact: (file, detail) => `The store ${file} was written by a newer Holdfast${detail}.`,
    wayOut:
      'Update Holdfast, restore a backup that was made before the update, or start with a new store in another place. ' +
      'This version leaves the file as it is.',
    ways: ['update-program', 'restore-backup', 'another-place'],
  },
  'not-a-database': {
    fact: (file, detail) => `${file} is not a store of Holdfast${detail}.`,
    wayOut: 'Choose another file. This one is left as it is.',
    ways: ['another-place'],
  },
  'no-folder': {
    fact: (file, detail) => `The folder of the store ${file} does not exist${detail}.`,
    wayOut: 'Make the folder, connect the disk that it is on, or choose another place.',
    ways: ['make-folder', 'retry', 'another-place'],
  },
  'no-access': {
    fact: (file, detail) => `The store ${file} cannot be read${detail}.`,
    wayOut: 'Allow reading and writing of the file, or choose another place.',
    ways: ['retry', 'another-place'],
  },
}

/** A problem in words. `detail` continues the sentence. */
export function problem(kind: ProblemKind, path: string, detail = ''): Problem {
  const { fact, wayOut, ways } = WORDS[kind]
  return { problem: kind, sentence: fact(basename(path), detail), wayOut, ways }
}

/** The problem behind an error of SQLite or of the file system; null for errors that are the program's own. */
export function problemOf(error: unknown, path: string): Problem | null {
  if (error instanceof StoreError) {
    const { problem, sentence, wayOut, ways } = error
    return { problem, sentence, wayOut, ways }
  }
  const code = codeOf(error)
  const kind = code === null ? null : kindOf(code, path)
  return kind === null ? null : problem(kind, path, kind === 'damaged' ? ` (${code ?? ''})` : '')
}

function codeOf(error: unknown): string | null {
  if (error instanceof Database.SqliteError) return error.code
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return null
}

/** Result codes of SQLite (sqlite.org/rescode.html) come with extended names, such as SQLITE_READONLY_DBMOVED. */
const KINDS: readonly (readonly [RegExp, ProblemKind])[] = [
  [/^SQLITE_(CORRUPT|NOTADB)/, 'damaged'],
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, 'locked'],
  [/^SQLITE_FULL|^SQLITE_IOERR_SHMSIZE|^ENOSPC$|^EDQUOT$/, 'disk-full'],
  [/^SQLITE_(READONLY|PERM)|^EROFS$/, 'read-only'],
  [/^ENOENT$|^ENOTDIR$/, 'no-folder'],
]

function kindOf(code: string, path: string): ProblemKind | null {
  const [, kind] = KINDS.find(([pattern]) => pattern.test(code)) ?? []
  if (kind !== undefined) return kind
  if (/^SQLITE_IOERR/.test(code)) return isDiskFull(path) ? 'disk-full' : 'damaged'
  if (/^SQLITE_(CANTOPEN|AUTH)|^EACCES$|^EPERM$/.test(code)) return accessKind(path)
  return null
}

/** SQLite gives one code for all that keeps a file from being opened; which it is, the file system says. */
function accessKind(path: string): ProblemKind {
  if (!isThere(dirname(path))) return 'no-folder'
  if (isDiskFull(path)) return 'disk-full'
  return isThere(path) && !opens(path) ? 'no-access' : 'read-only'
}

function isDiskFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path))
    return bavail * bsize < 64 * 1024
  } catch {
    return false
  }
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

function opens(path: string): boolean {
  try {
    closeSync(openSync(path, 'r'))
    return true
  } catch {
    return false
  }
}
