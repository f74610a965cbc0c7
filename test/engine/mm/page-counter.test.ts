import { describe, expect, it } from 'vitest'
import {
  applyProportionalProtection,
  calculateProtection,
  isSkippedByReclaim,
} from '../../../engine/mm/page-counter.ts'

const MIB = 256
const child = (
  usagePages: number,
  protectedPages: number,
): { usagePages: number; protectedPages: number } => ({
  usagePages,
  protectedPages,
})

describe('protection of cgroups', () => {
  it('below the root is what was set', () => {
    const root = { effectivePages: Infinity, usagePages: 1000 }
    expect(calculateProtection([child(10, 50), child(100, 50)], root)).toEqual([50, 50])
  })

  it('is shared by use when the children claim more than the parent has', () => {
    // The kernel's own example: A low = 2G; B 3G of 2G, C 1G of 2G, E 10G of 0.
    const parent = { effectivePages: 2048 * MIB, usagePages: 6144 * MIB }
    const got = calculateProtection(
      [child(2048 * MIB, 3072 * MIB), child(2048 * MIB, 1024 * MIB), child(2048 * MIB, 0)],
      parent,
    )
    expect(got.map(pages => Math.round(pages / MIB))).toEqual([1365, 683, 0])
  })

  it('that nobody claims is spread over the unprotected use, with memory_recursiveprot alone', () => {
    const parent = { effectivePages: 1000, usagePages: 2000 }
    const children = [child(1000, 400), child(1000, 0)]
    expect(calculateProtection(children, parent, false)).toEqual([400, 0])
    expect(calculateProtection(children, parent, true)).toEqual([625, 375])
  })

  it('shrinks what reclaim considers in proportion to the protected share of the use', () => {
    const half = { minPages: 0, lowPages: 50_000 }
    expect(applyProportionalProtection(10_000, 99_999, half, false)).toBe(5000)
    expect(applyProportionalProtection(10_000, 99_999, half, true)).toBe(10_000)
    expect(applyProportionalProtection(10_000, 99_999, { minPages: 50_000, lowPages: 0 }, true)).toBe(5000)
    expect(applyProportionalProtection(10_000, 100, half, false)).toBe(32)
  })

  it('keeps reclaim out altogether while all of the use is protected', () => {
    expect(isSkippedByReclaim(100, { minPages: 100, lowPages: 0 }, true)).toBe(true)
    expect(isSkippedByReclaim(100, { minPages: 0, lowPages: 100 }, false)).toBe(true)
    expect(isSkippedByReclaim(100, { minPages: 0, lowPages: 100 }, true)).toBe(false)
    expect(isSkippedByReclaim(101, { minPages: 100, lowPages: 100 }, false)).toBe(false)
  })
})
