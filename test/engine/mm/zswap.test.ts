import { describe, expect, it } from 'vitest'
import {
  newZswap,
  zswapAcceptThrPages,
  zswapLoad,
  zswapMaxPages,
  zswapShrink,
  zswapStore,
  zswapTotalPages,
  type ZswapProfile,
} from '../../../engine/mm/zswap.ts'

const profile: ZswapProfile = {
  totalRamPages: 100_000,
  maxPoolPercent: 20,
  acceptThresholdPercent: 90,
  ratio: 3,
  incompressibleShare: 0,
}

describe('zswap', () => {
  it('takes a fifth of memory, and accepts again at nine tenths of that', () => {
    expect(zswapMaxPages(profile)).toBe(20_000)
    expect(zswapAcceptThrPages(profile)).toBe(18_000)
  })

  it('stores pages by their ratio until the pool is full; the rest goes to the backing swap', () => {
    const move = zswapStore(newZswap(profile), 70_000)
    expect(move).toMatchObject({ stored: 60_000, spilled: 10_000, ramPagesTaken: 20_000 })
    expect(move.state.reachedFull).toBe(true)
  })

  it('refuses pages that do not compress', () => {
    expect(zswapStore(newZswap({ ...profile, incompressibleShare: 0.1 }), 1000)).toMatchObject({
      stored: 900,
      spilled: 100,
    })
  })

  it('once full, refuses everything until it has shrunk to the accept threshold', () => {
    const full = zswapStore(newZswap(profile), 60_000).state
    const little = zswapLoad(full, 3000).state
    expect(zswapStore(little, 10)).toMatchObject({ stored: 0, spilled: 10 })
    const enough = zswapLoad(full, 6000).state
    expect(zswapStore(enough, 10).stored).toBe(10)
  })

  it('writes the oldest pages back until it is at the accept threshold, as fast as the device allows', () => {
    const full = zswapStore(newZswap(profile), 60_000).state
    expect(zswapShrink(full, 1000)).toMatchObject({ writtenBack: 1000 })
    const shrunk = zswapShrink(full, 1e9)
    expect(shrunk.writtenBack).toBe(6000)
    expect(zswapTotalPages(shrunk.state)).toBe(18_000)
    expect(shrunk.state.reachedFull).toBe(false)
    expect(zswapShrink(shrunk.state, 1e9).writtenBack).toBe(0)
  })

  it('gives memory back when pages are read', () => {
    const some = zswapStore(newZswap(profile), 300).state
    expect(zswapLoad(some, 1000)).toMatchObject({ stored: 300, ramPagesTaken: -100 })
  })
})
