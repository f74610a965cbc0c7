/** Stores in folders of their own, and processes that work on them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { onTestFinished } from 'vitest'
import { APPLICATION_ID } from '../../db/check-file.ts'
import { MIGRATIONS } from '../../db/migrations/index.ts'
import { openStore, type OpenOptions, type OpenResult } from '../../db/open.ts'
import { checksum } from '../../db/rows.ts'
import type { Store } from '../../db/store.ts'
import type { Snapshot } from '../../engine/sim/result.ts'

/** A folder that goes when the test is over. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-store-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export const storePath = (): string => join(folder(), 'plans.holdfast')

/** An open store; it is closed when the test is over. */
export function opened(path = ':memory:', options: OpenOptions = {}): Store {
  const result = openStore(path, options)
  if (!result.ok) throw new Error(`${result.problem}: ${result.sentence}`)
  onTestFinished(() => result.store.close())
  return result.store
}

/** What kind of problem an opening met; `ok` if none, and the store is closed again. */
export function problemAt(path: string, options: OpenOptions = {}): string {
  const result = openStore(path, options)
  if (!result.ok) return result.problem
  result.store.close()
  return 'ok'
}

export function refusal(result: OpenResult): Extract<OpenResult, { ok: false }> {
  if (!result.ok) return result
  result.store.close()
  throw new Error('the store opened')
}

/** A store as an older version left it: its tables, and so many plans of one revision each. */
export function storeOfVersion(version: number, plans: readonly string[], path = storePath()): string {
  const db = new Database(path)
  for (const { sql } of MIGRATIONS.slice(0, version)) db.exec(sql)
  if (version > 0) {
    db.pragma(`application_id = ${APPLICATION_ID}`)
    db.pragma(`user_version = ${version}`)
    const plan = db.prepare<[]>(
      'INSERT INTO plans (position, last_number, made_ms, edited_ms) VALUES (1, 1, 5, 5) RETURNING id',
    )
    const revision = db.prepare<[unknown, number, number, string]>(
      `INSERT INTO revisions (plan_id, number, name, label, bytes, made_ms, crc, body)
       VALUES (?, 1, 'old', 'Made', ?, 5, ?, ?)`,
    )
    const addAll = db.transaction(() => {
      for (const body of plans) revision.run(plan.pluck().get(), body.length, checksum(body), body)
    })
    addAll()
  }
  db.close()
  return path
}

export interface Child {
  readonly process: ChildProcess
  /** Lines that it printed so far. */
  readonly lines: readonly string[]
  /** The first line that says this. */
  said(start: string): Promise<string>
  /** Ends as soon as the process has: with its exit code, or the signal that killed it. */
  readonly ended: Promise<number | string>
}

/** Runs `test/db/child.ts` beside the test. */
export function child(...args: string[]): Child {
  const script = fileURLToPath(new URL('./child.ts', import.meta.url))
  const running = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines: string[] = []
  const waiting: { start: string; resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  const reader = createInterface({ input: running.stdout })
  reader.on('line', line => {
    lines.push(line)
    for (const { start, resolve } of waiting) if (line.startsWith(start)) resolve(line)
  })
  const ended = new Promise<number | string>(resolve => {
    running.on('close', (code, signal) => {
      for (const { start, reject } of waiting) reject(new Error(`the process ended before it said ${start}`))
      resolve(signal ?? code ?? -1)
    })
  })
  return {
    process: running,
    lines,
    ended,
    said: start => {
      const line = lines.find(said => said.startsWith(start))
      if (line !== undefined) return Promise.resolve(line)
      return new Promise((resolve, reject) => waiting.push({ start, resolve, reject }))
    },
  }
}

export const SNAPSHOT: Snapshot = {
  atS: 12.5,
  meminfo: { MemTotal: 1024, MemFree: 512 },
  tasks: [
    {
      workload: 'guests',
      instance: 0,
      instances: 2,
      state: 'running',
      status: { VmLck: 64 },
      areas: [{ name: 'ram', maps: [{ start: 0, end: 4096, flags: 'rd wr lo', Rss: 4 }] }],
    },
  ],
}
