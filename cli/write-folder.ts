/** A folder of files that is there whole or not at all. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

export interface FileToWrite {
  /** Relative, with slashes; it does not leave the folder. */
  readonly path: string
  readonly text: string
}

/**
 * Writes files beside the folder and moves them there in one step. The folder is new or empty: what somebody has there is
 * never written over. Throws what the file system says, and leaves nothing behind then.
 */
export function writeFolder(folder: string, files: readonly FileToWrite[]): void {
  const target = resolve(folder)
  if (existsSync(target) && readdirSync(target).length > 0)
    throw new Error('there are files in it already; name a new folder')
  const parent = dirname(target)
  mkdirSync(parent, { recursive: true })
  const beside = mkdtempSync(join(parent, `.${basename(target)}-`))
  try {
    for (const { path, text } of files) {
      const file = resolve(beside, path)
      if (!file.startsWith(join(beside, '/'))) throw new Error(`${path} leaves the folder`)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text, { flag: 'wx' })
    }
    if (existsSync(target)) rmdirSync(target)
    renameSync(beside, target)
  } catch (error) {
    rmSync(beside, { recursive: true, force: true })
    throw error
  }
}
