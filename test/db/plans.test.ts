import { describe, expect, it } from 'vitest'
import { HISTORY_LIMITS } from '../../db/revisions.ts'
import type { Store } from '../../db/store.ts'
import { opened, storePath } from './support.ts'

/** Edits that follow each other. */
function edit(store: Store, planId: number, body: string, gesture?: string): number {
  const after = store.plans.info(planId)!.revision
  const more = gesture === undefined ? {} : { gesture }
  const done = store.plans.edit(planId, { after, body, name: 'plan', label: `to ${body}`, ...more })
  if (!done.ok) throw new Error(done.why)
  return done.revision.number
}

const bodies = (store: Store, planId: number): string => store.plans.current(planId)!.body
const planIn = (store: Store): number => store.plans.create({ name: 'plan', body: 'a' }).planId

describe('undo and redo', () => {
  it('go back and forth through the edits, across a restart', () => {
    const path = storePath()
    let store = opened(path)
    const id = planIn(store)
    for (const body of ['b', 'c', 'd']) edit(store, id, body)
    expect(store.plans.undo(id)!.body).toBe('c')
    expect(store.plans.undo(id)!.body).toBe('b')
    store.close()
    store = opened(path)
    expect(bodies(store, id)).toBe('b')
    expect(store.plans.info(id)).toMatchObject({ canUndo: true, canRedo: true })
    expect(store.plans.redo(id)!.body).toBe('c')
    expect(store.plans.redo(id)!.body).toBe('d')
    expect(store.plans.redo(id)).toBeNull()
    expect(bodies(store, id)).toBe('d')
    while (store.plans.undo(id) !== null);
    expect(bodies(store, id)).toBe('a')
    expect(store.plans.info(id)).toMatchObject({ canUndo: false, canRedo: true })
  })

  it('an edit after undo ends what could be redone, and its number is new', () => {
    const store = opened()
    const id = planIn(store)
    const b = edit(store, id, 'b')
    store.plans.undo(id)
    const c = edit(store, id, 'c')
    expect(c).toBeGreaterThan(b)
    expect(store.plans.redo(id)).toBeNull()
    expect(store.plans.goTo(id, b)).toBeNull()
    expect(store.plans.undo(id)!.body).toBe('a')
  })

  it('edits of one gesture are one step', () => {
    const store = opened()
    const id = planIn(store)
    edit(store, id, 'b')
    for (const body of ['c', 'd', 'e']) edit(store, id, body, 'slider 1')
    edit(store, id, 'f', 'slider 2')
    expect(store.plans.undo(id)!.body).toBe('e')
    expect(store.plans.undo(id)!.body).toBe('b')
    expect(store.plans.history(id).map(({ label }) => label)).toEqual(['to f', 'to e', 'to b', 'Made'])
  })

  it('the history names every edit, and each can be gone to', () => {
    const store = opened()
    const id = planIn(store)
    for (const body of ['b', 'c']) edit(store, id, body)
    const [, b] = store.plans.history(id)
    expect(b).toMatchObject({ label: 'to b', isCurrent: false })
    expect(store.plans.goTo(id, b!.number)!.body).toBe('b')
    expect(store.plans.history(id).map(({ isCurrent }) => isCurrent)).toEqual([false, true, false])
  })

  it('the history keeps as many edits as it says, the newest', () => {
    const store = opened()
    const id = planIn(store)
    for (let i = 0; i < HISTORY_LIMITS.revisions + 10; i++) edit(store, id, `edit ${i}`)
    const history = store.plans.history(id)
    expect(history).toHaveLength(HISTORY_LIMITS.revisions)
    expect(history.at(-1)!.label).toBe('to edit 10')
  })

  it('the history keeps as many bytes as it says, and at least one step back', () => {
    const store = opened()
    const id = planIn(store)
    const large = (letter: string): string => letter.repeat(HISTORY_LIMITS.bytes / 4)
    for (const letter of 'bcdefg') edit(store, id, large(letter))
    expect(store.plans.history(id)).toHaveLength(4)
    edit(store, id, 'x'.repeat(HISTORY_LIMITS.bytes + 1))
    expect(store.plans.undo(id)!.body).toBe(large('g'))
  })
})

describe('an edit of what is not shown any more', () => {
  it('is refused with what is shown now, and nothing is written', () => {
    const path = storePath()
    const [one, other] = [opened(path), opened(path)]
    const { planId, number: after } = one.plans.create({ name: 'plan', body: 'a' })
    expect(one.plans.edit(planId, { after, body: 'b', name: 'plan', label: '' }).ok).toBe(true)
    const late = { after, body: 'late', name: 'plan', label: '' }
    expect(other.plans.edit(planId, late)).toMatchObject({
      ok: false,
      why: 'changed-elsewhere',
      current: { body: 'b' },
    })
    expect(other.plans.rename(planId, { after, name: 'late' })).toMatchObject({ ok: false })
    expect(bodies(other, planId)).toBe('b')
    one.plans.remove(planId)
    expect(other.plans.edit(planId, late)).toEqual({ ok: false, why: 'gone' })
  })
})

describe('the library', () => {
  it('lists plans, the last edited first', () => {
    let now = 0
    const store = opened(':memory:', { nowMs: () => ++now })
    const ids = [planIn(store), planIn(store), planIn(store)]
    edit(store, ids[0]!, 'b')
    expect(store.plans.list().map(({ id }) => id)).toEqual([ids[0], ids[2], ids[1]])
  })

  it('renaming is an edit that can be undone', () => {
    const store = opened()
    const id = planIn(store)
    const after = store.plans.info(id)!.revision
    expect(store.plans.rename(id, { after, name: 'better' })).toMatchObject({ ok: true })
    expect(store.plans.list()).toMatchObject([{ name: 'better' }])
    store.plans.undo(id)
    expect(store.plans.list()).toMatchObject([{ name: 'plan' }])
  })

  it('a duplicate has a history of its own', () => {
    const store = opened()
    const id = planIn(store)
    edit(store, id, 'b')
    const copy = store.plans.duplicate(id, 'copy')!
    edit(store, copy.planId, 'c')
    expect(store.plans.history(copy.planId).map(({ label }) => label)).toEqual(['to c', 'Copy of plan'])
    expect(bodies(store, id)).toBe('b')
    expect(store.plans.duplicate(99, 'copy')).toBeNull()
  })

  it('a plan in the trash comes back with its history, until the trash is emptied', () => {
    let now = 1_000
    const store = opened(':memory:', { nowMs: () => now })
    const id = planIn(store)
    edit(store, id, 'b')
    expect(store.plans.remove(id)).toBe(true)
    expect(store.plans.remove(id)).toBe(false)
    expect(store.plans.list()).toEqual([])
    expect(store.plans.undo(id)).toBeNull()
    expect(store.plans.trash()).toMatchObject([{ id, trashedMs: 1_000 }])
    expect(store.plans.restore(id)).toBe(true)
    expect(store.plans.undo(id)!.body).toBe('a')
    store.plans.remove(id)
    now = 5_000
    expect(store.plans.emptyTrash(1_000)).toBe(0)
    expect(store.plans.emptyTrash()).toBe(1)
    expect([store.plans.trash(), store.plans.history(id), store.plans.restore(id)]).toEqual([[], [], false])
  })
})
