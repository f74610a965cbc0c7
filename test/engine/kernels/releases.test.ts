import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BASELINE } from '../../../engine/kernels/behaviour.ts'
import { CHANGES } from '../../../engine/kernels/changes.ts'
import { KERNELS, behaviourOf, changesOf, kernelNamed } from '../../../engine/kernels/releases.ts'
import { replay } from '../../../engine/sim/replay.ts'
import { randomProgram } from '../../support/random-programs.ts'

const ids = CHANGES.map(({ id }) => id)

describe('the list of changes', () => {
  it('names each change once', () => {
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([])
  })

  it('gives releases as major.minor, and commits as twelve digits with their subject', () => {
    for (const { id, since, commit, subject } of CHANGES) {
      expect(since ?? '0.0', id).toMatch(/^\d+\.\d+$/)
      if (commit === undefined) continue
      expect(commit, id).toMatch(/^[0-9a-f]{12}$/)
      expect(subject, id).not.toBeUndefined()
    }
  })

  it('says of each what it does, in a sentence', () => {
    for (const { id, effect } of CHANGES) expect(effect, id).toMatch(/^\S.{10,}\.$/)
  })
})

describe('the kernels on offer', () => {
  it('have names of their own', () => {
    const names = KERNELS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(kernelNamed(name)?.name).toBe(name)
    expect(kernelNamed('2.4')).toBeUndefined()
  })

  it('stand in docs/model.md, with what they are compared with', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/model.md'), 'utf8')
    const rows = [...text.matchAll(/^\| `([\w.]+)` +\| [^|]*\| ([\d.]*) *\|$/gm)].map(
      ([, name, measured]) => [name, measured],
    )
    expect(rows).toEqual(KERNELS.map(({ name, measured = '' }) => [name, measured]))
  })

  it('add and take away changes that exist', () => {
    for (const { name, plus = [], minus = [] } of KERNELS)
      for (const id of [...plus, ...minus]) expect(ids, name).toContain(id)
  })

  it('add what their release does not have, and take away what it has', () => {
    for (const { name, release, plus = [], minus = [] } of KERNELS) {
      const own = changesOf({ release }).map(({ id }) => id)
      for (const id of plus) expect(own, name).not.toContain(id)
      for (const id of minus) expect(own, name).toContain(id)
    }
  })
})

describe('behaviour', () => {
  it('of the oldest kernel is the baseline', () => {
    expect(behaviourOf({ release: '3.7' })).toEqual(BASELINE)
  })

  it('is frozen', () => {
    for (const kernel of KERNELS) expect(Object.isFrozen(behaviourOf(kernel)), kernel.name).toBe(true)
    expect(() => Object.assign(behaviourOf({ release: '6.18' }), { mlock2: false })).toThrow(TypeError)
  })

  it('orders releases by number: 4.9 comes before 4.14', () => {
    const has = (release: string, id: string) => changesOf({ release }).some(change => change.id === id)
    expect(has('4.9', 'madv-wipeonfork')).toBe(false)
    expect(has('4.14', 'mlock-counts-overlap-once')).toBe(true)
    expect(has('6.10', 'smaps-lf')).toBe(true)
  })

  it('of a release has every change up to it, and none after', () => {
    const value = (release: string) => {
      const [major = 0, minor = 0] = release.split('.').map(Number)
      return major * 1000 + minor
    }
    for (const { release } of KERNELS)
      expect(changesOf({ release })).toEqual(
        CHANGES.filter(({ since }) => since !== null && value(since) <= value(release)),
      )
  })

  it('takes a change more or less', () => {
    expect(behaviourOf({ release: '6.1', plus: ['smaps-lf'] }).printsLockOnFault).toBe(true)
    expect(behaviourOf({ release: '6.18', minus: ['smaps-lf'] }).printsLockOnFault).toBe(false)
  })
})

/** Releases from 5.10 on are generated for; the programs of 5.10 serve older ones. */
const seeds = Array.from({ length: 20 }, (_, i) => i)
const programs = new Map(
  ['5.10', '6.1', '6.18', '7.2'].map(kernel => [kernel, seeds.map(seed => randomProgram(seed, { kernel }))]),
)

describe.each(['3.7', '4.4', '5.10', '6.1', '6.12', '6.18', '7.2'])('on %s', release => {
  const made = programs.get(release) ?? programs.get(release.startsWith('6') ? '6.1' : '5.10')!

  it('every change can be added or taken away', () => {
    for (const { id } of CHANGES) {
      const own = changesOf({ release }).some(change => change.id === id)
      const profile = own ? { release, minus: [id] } : { release, plus: [id] }
      for (const program of made) {
        const run = () => replay(program, { profile })
        expect(run, `${program.name} with${own ? 'out' : ''} ${id}`).not.toThrow()
      }
    }
  })
})
