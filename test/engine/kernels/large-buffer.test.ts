import { expect, it } from 'vitest'
import { mmap, pin } from '../../conformance/programs/build.ts'
import { Model } from '../../support/model.ts'

it('a buffer of more huge pages than a call can have arguments is pinned', () => {
  const pages = 150_000
  const ops = [mmap('a', pages * 512, 'hugetlb'), pin('a', pages * 512)]
  const model = new Model(ops, { cap: true, hugetlb: pages })
  expect(model.last.result).toBe(0)
  expect(model.pinnedVm).toBe(pages * 512)
})
