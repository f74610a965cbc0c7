/** The numbers of a finding by names that people read, with the unit that their name carries. */
import { bytes, duration, figure, share } from './format.ts'

const UNITS: readonly (readonly [suffix: string, shown: (value: number) => string])[] = [
  ['Bytes', value => (value === 0 ? '0' : bytes(value))],
  ['Share', share],
  ['Ns', value => duration(value * 1e-9)],
  ['Kib', value => bytes(value * 1024)],
  ['S', duration],
]

/** `peakHeldBytes` of 4096 is `peak held`, 4 KiB. */
export function shownNumber(name: string, value: number): { readonly name: string; readonly value: string } {
  const [suffix, shown] = UNITS.find(([end]) => name.endsWith(end) && name !== end) ?? ['', figure]
  const words = name
    .slice(0, name.length - suffix.length)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/\b([A-Z])(?=[a-z])/g, letter => letter.toLowerCase())
  return { name: words, value: shown(value) }
}
