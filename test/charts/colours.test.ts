import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { COLOURS, mix } from '../../charts/colours.ts'

const tokens = readFileSync(new URL('../../renderer/tokens.css', import.meta.url), 'utf8')
const declared = new Map(
  Array.from(tokens.matchAll(/(--[\w-]+): ([^;]+);/g), ([, name = '', value = '']) => [name, value]),
)

/** A pair as tokens.css has it; a reference is followed. */
function pairOf(name: string): readonly string[] | undefined {
  const value = declared.get(name) ?? ''
  const [, light, dark] = /^light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)$/.exec(value) ?? []
  const [, other] = /^var\((--[\w-]+)\)$/.exec(value) ?? []
  return other === undefined ? (light === undefined ? undefined : [light, dark ?? '']) : pairOf(other)
}

describe('colours of reports', () => {
  const plain = Object.keys(COLOURS).filter(name => !/^--tint-[2-6]$/.test(name))

  it.each(plain)('%s is the one of the window', name => {
    expect(COLOURS[name]).toEqual(pairOf(name))
  })

  it('every kind of memory, of fault and of lock that the window has, reports have', () => {
    const kinds = [...declared.keys()].filter(name => /^--(kind|fault|lock|tint)-/.test(name))
    expect(kinds.filter(name => COLOURS[name] === undefined)).toEqual([])
  })

  it('tints are mixed with the shares of tokens.css', () => {
    for (const at of [2, 3, 4, 5, 6]) {
      const [, share = '', other = ''] =
        /color-mix\(in oklab, var\(--kind-locked\) (\d+)%, (?:var\()?([\w-]+)\)/.exec(
          declared.get(`--tint-${at}`) ?? '',
        ) ?? []
      const of = (theme: 0 | 1): string =>
        mix(
          COLOURS['--kind-locked']![theme],
          Number(share) / 100,
          other === 'black' ? '#000000' : COLOURS[other]![theme],
        )
      expect(COLOURS[`--tint-${at}`]).toEqual([of(0), of(1)])
    }
  })

  it('a mix in oklab is what a browser computes', () => {
    // Chromium: color-mix(in oklab, #ff0000 50%, #0000ff) and color-mix(in oklab, #ffffff 25%, #000000).
    expect(mix('#ff0000', 0.5, '#0000ff')).toBe('#8c53a2')
    expect(mix('#ffffff', 0.25, '#000000')).toBe('#222222')
  })
})
