import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Observed } from '../../../engine/program.ts'
import { compareObserved, groupOf } from '../../../formats/replay/compare.ts'
import { exampleObserved } from './sample.ts'

/** The example after a change. */
function changed(change: (observed: Observed) => void): Observed {
  const copy = structuredClone(exampleObserved)
  change(copy)
  return copy
}
const fields = (expected: unknown, actual: unknown): string[] =>
  compareObserved(expected, actual).differences.map(({ step, field, path }) =>
    `${step} ${field} ${path}`.trim(),
  )

/** Stands for a value that was not stable in a recording. */
const unstable = null as never

describe('observables are compared', () => {
  it('a document equals itself, and every answer counts', () => {
    expect(compareObserved(exampleObserved, exampleObserved)).toEqual({
      exact: true,
      differences: [],
      groups: {
        result: { compared: 4, matched: 4 },
        faults: { compared: 2, matched: 2 },
        sys: { compared: 4, matched: 4 },
        proc: { compared: 11, matched: 11 },
        vma: { compared: 11, matched: 11 },
        pages: { compared: 8, matched: 8 },
        detail: { compared: 10, matched: 10 },
      },
    })
  })

  it('a number that differs is one difference, with its place', () => {
    const actual = changed(({ steps }) => (steps[1]!.procs['p0']!.areas['a']![0]!.pgMlocked = 1))
    expect(compareObserved(exampleObserved, actual).differences).toEqual([
      { step: 1, field: 'vma.pgMlocked', path: 'p0/a[0,8192)', expected: 2, actual: 1 },
    ])
  })

  it('absent is 0, and 0 on both sides does not count', () => {
    const zeros = changed(({ steps }) => (steps[0]!.procs['p0']!.areas['a']![0]!.Rss = 0))
    expect(compareObserved(exampleObserved, zeros)).toEqual(compareObserved(exampleObserved, exampleObserved))
  })

  it('null in the recording is accepted, whatever the answer', () => {
    const recorded = changed(({ steps }) => {
      steps[0]!.sys = unstable
      steps[1]!.procs['p0']!.areas['a'] = unstable
      steps[2]!.minflt = unstable
    })
    const actual = changed(({ steps }) => {
      steps[0]!.sys.Mlocked = 99
      steps[1]!.procs['p0']!.areas = { $rt: steps[1]!.procs['p0']!.areas['$rt']!, a: [] }
      steps[2]!.minflt = 99
    })
    expect(fields(recorded, actual)).toEqual([])
  })

  it('the order of flags is free', () => {
    const actual = changed(({ steps }) => (steps[1]!.procs['p0']!.areas['a']![0]!.flags = 'ac  lo wr rd'))
    expect(fields(exampleObserved, actual)).toEqual([])
  })

  it('a recorded VMA without a partner of the same bounds loses all its fields', () => {
    const actual = changed(({ steps }) => (steps[2]!.procs['p0']!.areas['a']![1]!.end = 12288))
    expect(fields(exampleObserved, actual)).toEqual([
      '2 vma.bounds p0/a',
      '2 vma.flags p0/a[8192,16384)',
      '2 vma.Rss p0/a[8192,16384)',
      '2 vma.Anonymous p0/a[8192,16384)',
      '2 vma.Private_Dirty p0/a[8192,16384)',
      '2 vma.pgPresent p0/a[8192,16384)',
    ])
  })

  it('the runtime page counts once something happened to it', () => {
    const actual = changed(({ steps }) => (steps[0]!.procs['p0']!.areas['$rt']![0]!.flags = 'rd ex lo ac'))
    expect(fields(exampleObserved, actual)).toEqual(['0 vma.flags p0/$rt[0,4096)'])
  })

  it('an empty area is the same as none, a process too many is not', () => {
    const actual = changed(({ steps }) => {
      steps[0]!.procs['p0']!.areas['b'] = []
      steps[0]!.procs['p1'] = steps[0]!.procs['p0']!
    })
    expect(fields(exampleObserved, actual)).toEqual(['0 procs'])
  })

  it('steps that are missing lose everything, steps too many are one difference', () => {
    const short = changed(({ steps }) => steps.pop())
    expect(fields(exampleObserved, short)).toContain('2 result')
    const long = changed(({ steps }) => steps.push(steps[0]!))
    expect(fields(exampleObserved, long)).toEqual(['3 steps'])
  })

  it('anything at all may stand on the other side', () => {
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.anything()), (document, steps) => {
        compareObserved(exampleObserved, document)
        compareObserved(exampleObserved, { steps })
      }),
    )
    expect(compareObserved(exampleObserved, null).exact).toBe(false)
  })

  it('every field has its group', () => {
    const groups = [
      'touched',
      'majflt',
      'sys.Mlocked',
      'procs',
      'areas',
      'vma.fileOffset',
      'vma.Private_Hugetlb',
      'vma.Swap',
      'vma.Shared_Dirty',
      'vma.pgGuard',
    ]
    expect(groups.map(groupOf)).toEqual([
      'result',
      'faults',
      'sys',
      'proc',
      'vma',
      'vma',
      'pages',
      'pages',
      'detail',
      'detail',
    ])
  })
})
