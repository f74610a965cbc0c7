/** How accesses spread over the pages of an area: divided into a few classes of pages accessed alike. */
import type { Popularity } from '../scenario.ts'

/** Items that are accessed alike; `perAccess` is the chance that an access goes to one given item of the class. */
export interface PopularityClass {
  readonly nrItems: number
  readonly perAccess: number
}

/** Groups of neighbouring ranks that a Zipf distribution is divided into; each yields two classes. */
const GROUPS = 8
/** Below this rank there is one group per rank, or the groups would be too wide for the few most popular items. */
const FIRST_BORDER = 2

/**
 * The classes of so many items, or of those from rank `from` up to `to` among them, the most popular first. The
 * items of all classes sum to their number, and their accesses to the share of all accesses that goes to them.
 */
export function popularityClasses(
  popularity: Popularity,
  nrItems: number,
  ranks: { readonly from: number; readonly to: number } = { from: 0, to: nrItems },
): PopularityClass[] {
  const { from, to } = ranks
  if (!(to > from)) return []
  if (popularity.kind === 'zipf') return zipfClasses(nrItems, popularity.exponent, from, to)
  if (popularity.kind !== 'hotset') return [{ nrItems: to - from, perAccess: 1 / nrItems }]
  const { itemShare, accessShare } = popularity
  const hot = nrItems * itemShare
  const classes = [
    { nrItems: Math.min(hot, to) - Math.min(hot, from), perAccess: accessShare / hot },
    { nrItems: Math.max(hot, to) - Math.max(hot, from), perAccess: (1 - accessShare) / (nrItems - hot) },
  ]
  return classes.filter(part => part.nrItems > 0)
}

function zipfClasses(nrItems: number, exponent: number, from: number, to: number): PopularityClass[] {
  const total = powerSum(0, nrItems, exponent)
  const borders = zipfBorders(nrItems)
    .filter((border, i, all) => border > from && border < to && border !== all[i - 1])
    .concat(to)
  return borders.flatMap((end, i) => twoClasses(borders[i - 1] ?? from, end, exponent, total))
}

/** Ranks spaced evenly by logarithm. */
function zipfBorders(nrItems: number): number[] {
  const step = Math.pow(nrItems / FIRST_BORDER, 1 / (GROUPS - 1))
  return Array.from({ length: GROUPS - 1 }, (_, i) => Math.round(FIRST_BORDER * Math.pow(step, i)))
}

/**
 * Two classes that stand for the items of ranks from + 1 to `to`: as many items, and the same sums of the rates, of
 * their squares and of their cubes (Gaussian quadrature with two nodes). Whatever is summed over the items, such as
 * how many were touched, comes out right to a small part of a per cent.
 */
function twoClasses(from: number, to: number, exponent: number, total: number): PopularityClass[] {
  const items = to - from
  const mean = powerSum(from, to, exponent) / total / items
  const second = powerSum(from, to, 2 * exponent) / total ** 2 / items - mean ** 2
  const one = [{ nrItems: items, perAccess: mean }]
  if (items < 2 || !(second > mean ** 2 * 1e-9)) return one
  const cubes = powerSum(from, to, 3 * exponent) / total ** 3 / items
  const skew = cubes - 3 * mean * second - mean ** 3
  const middle = skew / second / 2
  const spread = Math.sqrt(middle ** 2 + second)
  const [high, low] = [middle + spread, middle - spread]
  const highItems = (items * -low) / (high - low)
  if (!(mean + low > 0)) return one
  return [
    { nrItems: highItems, perAccess: mean + high },
    { nrItems: items - highItems, perAccess: mean + low },
  ]
}

/** Terms that are added one by one; the rest is integrated. */
const EXACT_TERMS = 64

/** Sum of k^-s for k from `from` + 1 to `to`: the first terms exactly, the rest by the Euler-Maclaurin formula. */
export function powerSum(from: number, to: number, s: number): number {
  let sum = 0
  const exact = Math.min(to, EXACT_TERMS)
  for (let k = Math.floor(from) + 1; k <= exact; k++) sum += Math.pow(k, -s)
  const a = Math.max(from, EXACT_TERMS)
  if (to <= a) return sum
  const integral = s === 1 ? Math.log(to / a) : (Math.pow(to, 1 - s) - Math.pow(a, 1 - s)) / (1 - s)
  const ends = (Math.pow(to, -s) - Math.pow(a, -s)) / 2
  return sum + integral + ends + (s / 12) * (Math.pow(a, -s - 1) - Math.pow(to, -s - 1))
}

/** Expected number of distinct items after so many accesses. */
export function expectedUnique(classes: readonly PopularityClass[], accesses: number): number {
  let sum = 0
  for (const { nrItems, perAccess } of classes) sum -= nrItems * Math.expm1(accesses * Math.log1p(-perAccess))
  return sum
}

/**
 * The same area in folios of several items. Contiguous classes fill folios of their own, so a folio has the rate of
 * its items together; scattered ones share every folio, so that all folios are alike.
 */
export function folioClasses(
  classes: readonly PopularityClass[],
  folioPages: number,
  placement: 'contiguous' | 'scattered',
): PopularityClass[] {
  if (folioPages === 1) return [...classes]
  if (placement === 'contiguous')
    return classes.map(part => ({
      nrItems: part.nrItems / folioPages,
      perAccess: part.perAccess * folioPages,
    }))
  let nrItems = 0
  let share = 0
  for (const part of classes) {
    nrItems += part.nrItems
    share += part.nrItems * part.perAccess
  }
  return nrItems === 0 ? [] : [{ nrItems: nrItems / folioPages, perAccess: (share * folioPages) / nrItems }]
}
