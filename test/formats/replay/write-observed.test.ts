import { describe, expect, it } from 'vitest'
import type { ObservedVma } from '../../../engine/program.ts'
import { writeObserved } from '../../../formats/replay/write-observed.ts'
import { exampleObserved } from './sample.ts'

describe('observables are written', () => {
  it('so that they read back the same', () => {
    expect(JSON.parse(writeObserved(exampleObserved))).toEqual(exampleObserved)
  })

  it('with keys in the order of the format, without zeros and empty areas', () => {
    const vma: ObservedVma = {
      pgGuard: 1,
      Swap: 0,
      Rss: 4,
      fileOffset: 4096,
      flags: 'rd',
      end: 4096,
      start: 0,
    }
    const { VmSize, ...numbers } = exampleObserved.steps[0]!.procs['p0']!
    const procs = { p0: { ...numbers, VmSize, areas: { a: [vma], b: [] } } }
    const step = { ...exampleObserved.steps[2]!, procs }
    expect(writeObserved({ ...exampleObserved, steps: [step] })).toBe(
      '{"format":"mlock-replay-observed/1","program":"example","kernel":"6.18","steps":[\n' +
        '{"op":"touch","pid":"p0","result":0,"touched":2,"minflt":2,"majflt":0,' +
        '"sys":{"Mlocked":8,"Unevictable":8},"procs":{"p0":{"VmSize":20,"VmLck":0,"VmPin":0,"RssAnon":4,' +
        '"RssFile":0,"RssShmem":0,"VmSwap":0,"HugetlbPages":0,' +
        '"areas":{"a":[{"start":0,"end":4096,"flags":"rd","fileOffset":4096,"Rss":4,"pgGuard":1}]}}}}]}\n',
    )
  })
})
