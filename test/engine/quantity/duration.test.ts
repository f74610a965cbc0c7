import { describe, expect, it } from 'vitest'
import { formatDuration, parseCount, parseDuration } from '../../../engine/quantity.ts'

describe('durations', () => {
  it.each([
    ['90 s', 90e9],
    ['1h 30m', 5400e9],
    ['1h30m', 5400e9],
    ['250ms', 250e6],
    ['0.58 us', 580],
    ['1.5 µs', 1500],
    ['24 h', 86400e9],
    ['2 d', 172800e9],
    ['1 min 30 s', 90e9],
  ])('%s', (text, ns) => expect(parseDuration(text)).toEqual({ ok: true, ns }))

  it('a number alone has the unit of its field', () => {
    expect(parseDuration('90', { defaultUnit: 's' })).toEqual({ ok: true, ns: 90e9 })
  })

  it.each([
    ['', 'found nothing'],
    ['90', 'needs a unit'],
    ['5 parsecs', 'unknown unit "parsecs"'],
    ['30m 1h', 'from large to small'],
    ['1h 1h', 'from large to small'],
    ['-1s', 'negative'],
    ['105 d', 'too long'],
    ['9'.repeat(99) + 's', 'too long'],
    ['soon', 'expected a number'],
  ])('%s is refused', (text, why) =>
    expect(parseDuration(text)).toMatchObject({ ok: false, message: expect.stringContaining(why) as string }),
  )

  it.each([
    [0, '0 ns'],
    [580, '580 ns'],
    [1500, '1.5 µs'],
    [999_600, '1 ms'],
    [250e6, '250 ms'],
    [2.345e9, '2.35 s'],
    [59.99e9, '1 min'],
    [90e9, '1 min 30 s'],
    [5400e9, '1 h 30 min'],
    [3599.9e9, '1 h'],
    [86400e9 * 2 + 4 * 3600e9, '2 d 4 h'],
    [Infinity, 'forever'],
  ])('%d ns is printed as %s', (ns, text) => expect(formatDuration(ns)).toBe(text))
})

describe('counts', () => {
  it.each([
    ['0', 0],
    ['1,000', 1000],
    ['1_000_000', 1e6],
    ['9007199254740992', 2 ** 53],
  ])('%s', (text, count) => expect(parseCount(text)).toEqual({ ok: true, count }))

  it.each(['', '-1', '1.5', '1,00', '1e3', '9007199254740994', 'ten'])('%s is refused', text =>
    expect(parseCount(text)).toMatchObject({ ok: false }),
  )
})
