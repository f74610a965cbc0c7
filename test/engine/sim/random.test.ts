import { describe, expect, it } from 'vitest'
import { Random } from '../../../engine/sim/random.ts'

/** sfc32 as its author has it, in 64-bit arithmetic. */
function reference(seed: number, count: number): number[] {
  const mask = 0xffffffffn
  let [a, b, c, counter] = [0x9e3779b9n, BigInt(Math.floor(seed / 2 ** 32)), BigInt(seed) & mask, 1n]
  const next = (): bigint => {
    const sum = (a + b + counter) & mask
    counter = (counter + 1n) & mask
    a = b ^ (b >> 9n)
    b = (c + (c << 3n)) & mask
    c = (((c << 21n) | (c >> 11n)) + sum) & mask
    return sum
  }
  for (let i = 0; i < 15; i++) next()
  return Array.from({ length: count }, () => Number(next()))
}

describe('the generator', () => {
  it.each([0, 1, 42, 2 ** 32 + 7, 2 ** 53 - 1])('is sfc32, seed %d', seed => {
    const random = new Random(seed)
    expect(Array.from({ length: 1000 }, () => random.bits())).toEqual(reference(seed, 1000))
  })

  it('spreads evenly, and normally', () => {
    const random = new Random(3)
    const shares = Array.from({ length: 20_000 }, () => random.share())
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length
    expect(shares.every(share => share >= 0 && share < 1)).toBe(true)
    expect(mean(shares)).toBeCloseTo(0.5, 2)
    const normals = Array.from({ length: 20_000 }, () => random.normal())
    expect(Math.abs(mean(normals))).toBeLessThan(0.03)
    expect(mean(normals.map(value => value ** 2))).toBeCloseTo(1, 1)
  })
})
