import { describe, expect, it } from 'vitest'
import { isShallow, MOST_DEPTH, plain } from '../../app/plain.ts'

describe('a value on its way out', () => {
  it('is what JSON can carry: packed numbers as lists, what is no number as null', () => {
    const value = {
      a: Float64Array.of(1, NaN),
      b: Infinity,
      c: undefined,
      d: [undefined, -0.5],
      e: 'x',
      f: () => 1,
    }
    expect(plain(value)).toEqual({ a: [1, null], b: null, d: [null, -0.5], e: 'x' })
    expect(JSON.parse(JSON.stringify(plain(value)))).toEqual(plain(value))
  })
})

describe('a value on its way in', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })

  it('is refused where it is nested deeper than anything that is meant', () => {
    expect(isShallow(nested(MOST_DEPTH))).toBe(true)
    expect(isShallow(nested(MOST_DEPTH + 1))).toBe(false)
  })
})
