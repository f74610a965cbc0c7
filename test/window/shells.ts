/** Every shell that the jobs are run in. */
import { electronShell } from './electron-shell.ts'
import { serverShell } from './server-shell.ts'
import type { Shell } from './shell.ts'
import { standInShell } from './stand-in-shell.ts'

export const SHELLS: readonly Shell[] = [serverShell, standInShell, electronShell]
