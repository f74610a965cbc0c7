/** Settings: a value by its name. Which names there are is the application's business. */
import { z } from 'zod'
import { checkedRow, parsedJson, type Json } from './rows.ts'
import type { Session } from './session.ts'

export interface Settings {
  /** The value of a setting; undefined if it was never set. */
  get(key: string): Json | undefined
  all(): Readonly<Record<string, Json>>
  set(key: string, value: Json): void
  remove(key: string): void
}

const settingRow = z.object({ key: z.string(), value: z.string() })

export function settingsIn(session: Session): Settings {
  const { db, nowMs } = session
  const one = db.prepare<[string]>('SELECT key, value FROM settings WHERE key = ?')
  const every = db.prepare<[]>('SELECT key, value FROM settings ORDER BY key')
  const put = db.prepare<[string, string, number]>(
    `INSERT INTO settings (key, value, changed_ms) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_ms = excluded.changed_ms`,
  )
  const drop = db.prepare<[string]>('DELETE FROM settings WHERE key = ?')
  const entry = (row: unknown): [string, Json] => {
    const { key, value } = checkedRow(session, settingRow, row, 'a setting')
    return [key, checkedRow(session, z.json(), parsedJson(value), `the setting ${key}`)]
  }
  return {
    get: key =>
      session.read(() => {
        const row = one.get(key)
        return row === undefined ? undefined : entry(row)[1]
      }),
    all: () => session.read(() => Object.fromEntries(every.all().map(entry))),
    set: (key, value) => session.write('settings', () => void put.run(key, JSON.stringify(value), nowMs())),
    remove: key => session.write('settings', () => void drop.run(key)),
  }
}
