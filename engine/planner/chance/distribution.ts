/** Distributions of an uncertain input, as people write them: `normal(16 GiB, 2 GiB)`. */
import type { Misread } from '../../quantity.ts'
import type { Random } from '../../sim/random.ts'
import type { Catalog } from '../catalog.ts'
import type { FieldSpec } from '../paths.ts'
import { readValue } from '../paths/value.ts'

export type Distribution =
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number }
  /** `sigma` is the standard deviation of the logarithm. */
  | { readonly kind: 'lognormal'; readonly median: number; readonly sigma: number }
  | { readonly kind: 'triangular'; readonly from: number; readonly mode: number; readonly to: number }

const ALLOWED =
  'uniform(from, to), normal(mean, deviation), lognormal(median, sigma), triangular(from, mode, to)'

export type ReadDistribution = { readonly ok: true; readonly distribution: Distribution } | Misread

/** Reads a distribution of a field's values. */
export function readDistribution(text: string, spec: FieldSpec, catalog: Catalog): ReadDistribution {
  const wrong: Misread = { ok: false, message: `${JSON.stringify(text.slice(0, 64))}: allowed: ${ALLOWED}` }
  const [, kind, inside = ''] = /^\s*([a-z]+)\s*\((.*)\)\s*$/i.exec(text) ?? []
  const parts = inside.split(',')
  const numbers = parts.map((part, i) => {
    // A spread is an amount without the bounds of the field; a sigma is a plain number.
    if (kind === 'lognormal' && i === 1) return Number(part)
    const { min: _min, max: _max, ...open } = spec
    const read = readValue(part, i === 1 && kind === 'normal' ? open : spec, catalog)
    return read.ok ? Number(read.value) : NaN
  })
  const [a = NaN, b = NaN, c = NaN] = numbers
  if (numbers.some(value => !Number.isFinite(value))) return wrong
  if (kind === 'uniform' && numbers.length === 2 && a <= b)
    return { ok: true, distribution: { kind, from: a, to: b } }
  if (kind === 'normal' && numbers.length === 2 && b >= 0)
    return { ok: true, distribution: { kind, mean: a, deviation: b } }
  if (kind === 'lognormal' && numbers.length === 2 && a > 0 && b >= 0)
    return { ok: true, distribution: { kind, median: a, sigma: b } }
  if (kind === 'triangular' && numbers.length === 3 && a <= b && b <= c)
    return { ok: true, distribution: { kind, from: a, mode: b, to: c } }
  return wrong
}

/** One value. */
export function draw(distribution: Distribution, random: Random): number {
  switch (distribution.kind) {
    case 'uniform':
      return distribution.from + (distribution.to - distribution.from) * random.share()
    case 'normal':
      return distribution.mean + distribution.deviation * random.normal()
    case 'lognormal':
      return distribution.median * Math.exp(distribution.sigma * random.normal())
    case 'triangular':
      return triangular(distribution, random.share())
  }
}

/** By the inverse of the distribution function. */
function triangular({ from, mode, to }: { from: number; mode: number; to: number }, share: number): number {
  const width = to - from
  if (width === 0) return from
  if (share < (mode - from) / width) return from + Math.sqrt(share * width * (mode - from))
  return to - Math.sqrt((1 - share) * width * (to - mode))
}
