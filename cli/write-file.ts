/** Files that the program writes: whole or not at all, and never over another by mistake. */
import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { codeOf } from './read-input.ts'

export class Unwritable extends Error {
  override readonly name = 'Unwritable'
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'the folder is not there',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'the permission is missing',
  EROFS: 'the file system cannot be written to',
  ENOSPC: 'the disk is full',
}

/**
 * Writes beside the file first and puts it in its place then: who looks meanwhile sees the old file, the new one, or
 * none. Throws {@link Unwritable} with a sentence.
 */
export function writeWhole(file: string, content: string | Uint8Array, overwrite: boolean): void {
  if (!overwrite && existsSync(file)) throw new Unwritable(alreadyThere(file))
  const beside = `${file}.${randomBytes(4).toString('hex')}.tmp`
  try {
    writeFileSync(beside, content, { flag: 'wx' })
    if (overwrite) renameSync(beside, file)
    else linkOrRename(beside, file)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new Unwritable(alreadyThere(file))
    const reason = REASONS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))
    throw new Unwritable(`${file} cannot be written: ${reason}`)
  } finally {
    rmSync(beside, { force: true })
  }
}

/** A link is refused where another has just made the file; not every file system has links. */
function linkOrRename(beside: string, file: string): void {
  try {
    linkSync(beside, file)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error
    renameSync(beside, file)
  }
}

export const alreadyThere = (file: string): string => `${file} is there already; --force writes over it`
