import { describe, expect, it } from 'vitest'
import {
  newZram,
  zramLoad,
  zramPoolPages,
  zramRamPages,
  zramStore,
  zramTablePages,
  type ZramProfile,
} from '../../../engine/mm/zram.ts'

const profile: ZramProfile = {
  slots: 100_000,
  memLimitPages: 0,
  ratio: 2.6,
  sameFilledShare: 0,
  incompressibleShare: 0,
}

describe('zram', () => {
  it('takes 16 bytes per slot from the start', () => {
    expect(zramTablePages(2 ** 21)).toBe(8192)
    expect(zramRamPages(newZram(profile))).toBe(zramTablePages(profile.slots))
  })

  it('takes pages by their ratio, and 4 % for the allocator', () => {
    const move = zramStore(newZram(profile), 2600)
    expect(move).toMatchObject({ stored: 2600, spilled: 0 })
    expect(move.ramPagesTaken).toBeCloseTo(1040, 6)
  })

  it('takes nothing for pages of one value, and whole pages for those that do not compress', () => {
    expect(zramPoolPages({ ...profile, sameFilledShare: 1 }, 1000)).toBe(0)
    expect(zramPoolPages({ ...profile, incompressibleShare: 1 }, 1000)).toBe(1000)
  })

  it('refuses pages beyond its slots', () => {
    expect(zramStore(newZram(profile), 150_000)).toMatchObject({ stored: 100_000, spilled: 50_000 })
  })

  it('refuses pages beyond mem_limit', () => {
    const limited = newZram({ ...profile, memLimitPages: 1040 })
    const first = zramStore(limited, 5000)
    expect(first.stored).toBe(2600)
    expect(first.spilled).toBe(2400)
    expect(zramStore(first.state, 1)).toMatchObject({ stored: 0, spilled: 1 })
  })

  it('gives back what it took when the pages are read', () => {
    const full = zramStore(newZram(profile), 1000)
    const back = zramLoad(full.state, 5000)
    expect(back.stored).toBe(1000)
    expect(back.ramPagesTaken + full.ramPagesTaken).toBeCloseTo(0, 9)
    expect(back.state.storedPages).toBe(0)
  })
})
