/** A process of its own on a store: `node test/db/child.ts JOB PATH [NUMBER]`. Prints what has been confirmed, line by line. */
import { writeSync } from 'node:fs'
import Database from 'better-sqlite3'
import { openStore } from '../../db/open.ts'
import { MIGRATIONS } from '../../db/migrations/index.ts'
import type { Store } from '../../db/store.ts'
import { bodyOf, CURVES, POINTS, runOf } from './kill-data.ts'

const [job = '', path = '', number = '0'] = process.argv.slice(2)

/** At once and whole: what was said before a kill has been said. */
const say = (line: string): void => void writeSync(1, `${line}\n`)

function open(): Store {
  const result = openStore(path)
  if (!result.ok) {
    say(`refused ${result.problem}`)
    process.exit(3)
  }
  return result.store
}

/** Edits for ever, now and then a run, a setting, a copy of the plan and its removal. */
function write(): void {
  const store = open()
  const plan = store.plans.list().find(({ name }) => name === 'the plan')
  const first = plan === undefined ? store.plans.create({ name: 'the plan', body: bodyOf(0) }) : null
  const planId = plan?.id ?? first?.planId ?? 0
  let after = plan?.revision ?? first?.number ?? 0
  say(`ready ${after}`)
  for (let i = Number(number); ; i++) {
    const edited = store.plans.edit(planId, { after, name: 'the plan', label: `edit ${i}`, body: bodyOf(i) })
    if (!edited.ok) throw new Error(edited.why)
    after = edited.revision.number
    say(`edit ${i}`)
    if (i % 7 === 0) {
      const run = store.runs.save({
        planId,
        revision: after,
        title: String(i),
        scenario: bodyOf(i),
        result: runOf(POINTS, CURVES, i),
        kept: i % 2 === 0,
      })
      say(`run ${run.id}`)
    }
    if (i % 5 === 0) {
      store.settings.set('last', i)
      say(`setting ${i}`)
    }
    if (i % 11 === 0) {
      const copy = store.plans.duplicate(planId, 'a copy')
      if (copy !== null) store.plans.remove(copy.planId)
      store.plans.emptyTrash()
    }
    if (i % 13 === 0) store.changedElsewhere()
  }
}

/** Has the store to itself until it is killed. */
function hold(): void {
  const db = new Database(path)
  db.pragma('locking_mode = EXCLUSIVE')
  db.exec('BEGIN EXCLUSIVE')
  say('holding')
  setInterval(() => undefined, 1_000)
}

/** Brings an old store up to date. */
function upgrade(): void {
  say('opening')
  open().close()
  say(`upgraded to ${MIGRATIONS.at(-1)?.version ?? 0}`)
}

/** Adds so many settings of its own, against whoever else does. */
function count(): void {
  const store = open()
  say('ready')
  for (let i = 0; i < Number(number); i++) store.settings.set(`${process.pid}-${i}`, i)
  store.close()
  say('done')
}

/** Writes one setting each time it is told to. */
function echo(): void {
  const store = open()
  say('ready')
  process.stdin.on('data', data => {
    store.settings.set('echo', data.toString().trim())
    say('written')
  })
  process.stdin.on('end', () => store.close())
}

const jobs: Readonly<Record<string, () => void>> = { write, hold, upgrade, count, echo }
jobs[job]?.()
