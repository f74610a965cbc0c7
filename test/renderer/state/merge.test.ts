import { describe, expect, it } from 'vitest'
import { merged } from '../../../renderer/state/merge.ts'

const base = {
  name: 'p',
  horizon: '60 s',
  workloads: [
    { name: 'a', count: 1 },
    { name: 'b', count: 2 },
  ],
}

describe('edits of two windows', () => {
  it('in different places both stay', () => {
    const mine = { ...base, horizon: '90 s' }
    const theirs = { ...base, workloads: [base.workloads[0], { name: 'b', count: 7 }] }
    expect(merged(base, mine, theirs)).toEqual({ ...theirs, horizon: '90 s' })
  })

  it('in the same place the later one stays', () => {
    expect(merged(base, { ...base, name: 'mine' }, { ...base, name: 'theirs' })).toMatchObject({
      name: 'mine',
    })
  })

  it('what only one side has done is taken as it is: a workload more, a key less', () => {
    const more = { ...base, workloads: [...base.workloads, { name: 'c', count: 3 }] }
    expect(merged(base, base, more)).toEqual(more)
    expect(merged(base, more, { ...base, name: 'theirs' })).toEqual({ ...more, name: 'theirs' })
    const { horizon: _, ...less } = base
    expect(merged(base, less, { ...base, name: 'theirs' })).toEqual({ ...less, name: 'theirs' })
    expect(merged(base, { ...base, name: 'mine' }, less)).toEqual({ ...less, name: 'mine' })
  })

  it('a list that both have made longer is the later one’s', () => {
    const mine = { ...base, workloads: [...base.workloads, { name: 'mine', count: 1 }] }
    const theirs = { ...base, name: 'theirs', workloads: [...base.workloads, { name: 'theirs', count: 1 }] }
    expect(merged(base, mine, theirs)).toEqual({ ...mine, name: 'theirs' })
  })

  it('nothing changed elsewhere changes nothing', () => {
    const mine = { ...base, name: 'mine' }
    expect(merged(base, mine, structuredClone(base))).toBe(mine)
  })
})
