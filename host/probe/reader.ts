/** How the probe reads files of the host: those of the running machine, or of a recorded one below some folder. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Why a file was not read: it is not there, or this user may not. */
export type Unread = 'absent' | 'denied'

export interface HostReader {
  /** Whether this is the running machine: only that one can be asked by system calls. */
  readonly isRunning: boolean
  /** Its text, without the end of its last line. */
  read: (path: string) => { readonly text: string } | { readonly unread: Unread }
  /** Names in a folder, sorted; none where it is not there or not readable. */
  list: (path: string) => readonly string[]
}

/** Files below `root`; the running machine if absent. */
export function hostReader(root = '/'): HostReader {
  return {
    isRunning: root === '/',
    read: path => {
      try {
        return { text: readFileSync(join(root, path), 'latin1').replace(/\n$/, '') }
      } catch (error) {
        return { unread: isDenied(error) ? 'denied' : 'absent' }
      }
    },
    list: path => {
      try {
        return readdirSync(join(root, path)).sort()
      } catch {
        return []
      }
    },
  }
}

const isDenied = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')
