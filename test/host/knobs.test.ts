import { describe, expect, it } from 'vitest'
import { currentValue, isKnob, hugePagesFor, usesHugetlb } from '../../host/knobs.ts'
import { programOf } from './live.ts'

describe('a setting', () => {
  it('is read from a choice or as it stands', () => {
    expect(currentValue('always [madvise] never\n')).toBe('madvise')
    expect(currentValue('4096\n')).toBe('4096')
  })

  it('is put back from a file only if it is one that live runs change', () => {
    expect(isKnob('/sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none')).toBe(true)
    expect(isKnob('/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages')).toBe(true)
    expect(isKnob('/sys/kernel/mm/transparent_hugepage/../../../etc/passwd')).toBe(false)
    expect(isKnob('/etc/passwd')).toBe(false)
  })

  it('gives huge pages of some size to private or to shared memory', () => {
    const of = (path: string, value: string) =>
      hugePagesFor([{ path: `/sys/kernel/mm/transparent_hugepage/${path}`, value }])
    expect(of('hugepages-64kB/enabled', 'always')).toBe('private')
    expect(of('hugepages-2048kB/enabled', 'inherit')).toBe(null)
    expect(of('enabled', 'never')).toBe(null)
    expect(of('shmem_enabled', 'advise')).toBe('shared')
  })
})

describe('the pool of huge pages', () => {
  it('is left alone for programs that do not use it', () => {
    expect(usesHugetlb(programOf([{ op: 'mmap', as: 'a', length: 4096 }]))).toBe(false)
    expect(usesHugetlb(programOf([{ op: 'mmap', as: 'a', length: 4096, flags: ['hugetlb'] }]))).toBe(true)
    expect(usesHugetlb(programOf([], { machine: { hugetlb: { '2M': 1 } } }))).toBe(true)
    expect(usesHugetlb(programOf([], { files: { f: { kind: 'hugetlb', bytes: 0 } } }))).toBe(true)
  })
})
