import { describe, expect, it } from 'vitest'
import { settledReadahead, type ReadaheadAccess } from '../../../engine/sim/swap-readahead.ts'

const access: ReadaheadAccess = {
  pageCluster: 3,
  sequentialShare: 1,
  swappedNeighbourShare: 1,
  synchronousDevice: false,
}

describe('swap read-ahead', () => {
  it('of a scan reads 8 pages at a fault, and 7 of 8 accesses find theirs', () => {
    expect(settledReadahead(access)).toEqual({ windowPages: 8, hitShare: 7 / 8, readsPerUse: 1 })
  })

  it('of random access falls to the page itself', () => {
    expect(settledReadahead({ ...access, sequentialShare: 0 })).toEqual({
      windowPages: 1,
      hitShare: 0,
      readsPerUse: 1,
    })
  })

  it('does not happen with page-cluster 0, nor for memory-backed swap', () => {
    expect(settledReadahead({ ...access, pageCluster: 0 }).windowPages).toBe(1)
    expect(settledReadahead({ ...access, synchronousDevice: true }).hitShare).toBe(0)
  })

  it('of mixed access reads pages in vain', () => {
    const mixed = settledReadahead({ ...access, sequentialShare: 0.5 })
    expect(mixed.readsPerUse).toBeGreaterThan(1.5)
    expect(mixed.hitShare).toBeGreaterThan(0.5)
  })

  it('reads only what is swapped out', () => {
    const half = settledReadahead({ ...access, swappedNeighbourShare: 0.5 })
    expect(half.windowPages).toBe(4.5)
    expect(half.readsPerUse).toBe(1)
  })

  it('grows with the share of sequential access', () => {
    const hits = [0, 0.2, 0.4, 0.6, 0.8, 1].map(
      sequentialShare => settledReadahead({ ...access, sequentialShare }).hitShare,
    )
    expect(hits).toEqual([...hits].sort((a, b) => a - b))
  })
})
