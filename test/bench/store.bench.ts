/** What the store costs: edits, a long run, opening. Prints figures; asserts nothing about time. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openStore } from '../../db/open.ts'
import type { Store } from '../../db/store.ts'
import { runOf } from '../db/kill-data.ts'

const EDITS = 10_000
const POINTS = 100_000
const CURVES = 40

function open(path: string): Store {
  const result = openStore(path)
  if (!result.ok) throw new Error(result.sentence)
  return result.store
}

function timed<T>(what: string, work: () => T, per = 1): T {
  const started = performance.now()
  const result = work()
  const ms = performance.now() - started
  console.log(`${what}: ${ms.toFixed(1)} ms${per > 1 ? `, ${((ms / per) * 1_000).toFixed(0)} us each` : ''}`)
  return result
}

const mib = (path: string): string => `${(statSync(path).size / 2 ** 20).toFixed(1)} MiB`

describe('the store', () => {
  test(`${EDITS} edits, and a run of ${POINTS} points and ${CURVES} curves`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
    const path = join(folder, 'plans.holdfast')
    let store = timed('a new store', () => open(path))
    // A plan of 50 workloads is about this long.
    const body = (i: number): string => JSON.stringify({ i, text: 'x'.repeat(24_000) })
    const { planId, number } = store.plans.create({ name: 'plan', body: body(0) })
    let after = number
    const edits = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const done = store.plans.edit(planId, { after, body: body(i), name: 'plan', label: `edit ${i}` })
        if (!done.ok) throw new Error(done.why)
        after = done.revision.number
      }
    }
    timed(`${EDITS} edits of 24 KB, each on disk`, () => edits(EDITS), EDITS)
    timed(
      '500 steps back',
      () => {
        while (store.plans.undo(planId) !== null);
      },
      500,
    )
    timed(
      '500 steps forward',
      () => {
        while (store.plans.redo(planId) !== null);
      },
      500,
    )
    console.log(`the file after that: ${mib(path)}`)
    const result = runOf(POINTS, CURVES, 1)
    const { id } = timed('saving the run', () =>
      store.runs.save({ planId, revision: after, title: '', scenario: body(0), result }),
    )
    expect(timed('loading all of it', () => store.runs.load(id))?.series).toHaveLength(CURVES)
    timed('loading times and one curve', () => [
      store.runs.times(id),
      store.runs.series(id, { scope: 'host', name: 'curve 7' }),
    ])
    timed(
      'its summary, 100 times',
      () => {
        for (let i = 0; i < 100; i++) store.runs.summary(id)
      },
      100,
    )
    timed(
      'asking for changes, 1,000 times',
      () => {
        for (let i = 0; i < 1_000; i++) store.changedElsewhere()
      },
      1_000,
    )
    timed('closing', () => store.close())
    console.log(`the file: ${mib(path)}`)
    store = timed('opening, all of it checked', () => open(path))
    timed('a backup', () => store.backUpDaily())
    for (let i = 0; i < 10; i++) store.runs.save({ planId, revision: after, title: '', scenario: '', result })
    store.close()
    console.log(`with ten such runs more: ${mib(path)}`)
    store = timed('opening that', () => open(path))
    store.close()
    rmSync(folder, { recursive: true })
  }, 600_000)
})
