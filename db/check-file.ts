/** What can be told about a store before SQLite opens it: nothing here changes the file. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { problem, type Problem } from './problems.ts'

/** `HOLD`: in the header of every store, so that the database of another program is not taken for one. */
export const APPLICATION_ID = 0x48_4f_4c_44

/** The file format of SQLite (sqlite.org/fileformat.html): a magic text, and at byte 68 the application's number. */
export const MAGIC = Buffer.from('SQLite format 3\0', 'latin1')
export const HEADER_BYTES = 100
const APPLICATION_ID_AT = 68

/** Null if the file is not there yet, or looks like a store. */
export function checkFile(path: string): Problem | null {
  const folder = statSync(dirname(path), { throwIfNoEntry: false })
  if (folder?.isDirectory() !== true) return problem('no-folder', path)
  const file = statSync(path, { throwIfNoEntry: false })
  if (file === undefined || (file.isFile() && file.size === 0)) return null
  if (!file.isFile()) return problem('not-a-database', path, ': it is no ordinary file')
  return checkHeader(path)
}

function checkHeader(path: string): Problem | null {
  const header = Buffer.alloc(HEADER_BYTES)
  const file = openSync(path, 'r')
  try {
    readSync(file, header, 0, HEADER_BYTES, 0)
  } finally {
    closeSync(file)
  }
  const isSqlite = header.subarray(0, MAGIC.length).equals(MAGIC)
  const id = header.readUInt32BE(APPLICATION_ID_AT)
  if (isSqlite) return null
  // The beginning is destroyed, but it was a store.
  if (id === APPLICATION_ID) return problem('damaged', path, ': its first bytes are not those of a database')
  return problem('not-a-database', path)
}
