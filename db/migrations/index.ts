/**
 * The migrations, in order. A file that has been released is never edited: what changes is the next file. The number of
 * the last one applied stands in the store as `PRAGMA user_version`.
 */
import { readFileSync } from 'node:fs'

export interface Migration {
  readonly version: number
  readonly sql: string
}

// The bundler puts the text of each file in place of these expressions.
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: readFileSync(new URL('./0001-library-and-plans.sql', import.meta.url), 'utf8') },
  { version: 2, sql: readFileSync(new URL('./0002-runs.sql', import.meta.url), 'utf8') },
  { version: 3, sql: readFileSync(new URL('./0003-measurements.sql', import.meta.url), 'utf8') },
]
