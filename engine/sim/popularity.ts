/** How accesses spread over the pages of an area: divided into a few classes of pages accessed alike. */

export type Popularity =
  | { readonly kind: 'uniform' }
  /** The n-th most popular item is accessed in proportion to n^-s. */
  | { readonly kind: 'zipf'; readonly exponent: number }
  /** A share of the items gets a share of the accesses; both parts are uniform in themselves. */
  | { readonly kind: 'hotset'; readonly itemShare: number; readonly accessShare: number }
  /** One item after the other, from the first to the last and over again. */
  | { readonly kind: 'cyclic' }

/** Items that are accessed alike; `perAccess` is the chance that an access goes to one given item of the class. */
export interface PopularityClass {
  readonly nrItems: number
  readonly perAccess: number
}

/** Ratio of the ranks at the borders of a Zipf class, at most. The first items are classes of their own. */
const MAX_CLASSES = 16
const SINGLES = 2

/**
 * The classes of so many items, the most popular first. Items sum to `nrItems`, accesses to 1. A Zipf class holds
 * neighbours by rank: borders are spaced evenly by logarithm, each class has the exact sum of its accesses.
 */
export function popularityClasses(popularity: Popularity, nrItems: number): PopularityClass[] {
  if (nrItems <= 0) return []
  if (popularity.kind === 'uniform' || popularity.kind === 'cyclic')
    return [{ nrItems, perAccess: 1 / nrItems }]
  if (popularity.kind === 'hotset') return hotSet(nrItems, popularity.itemShare, popularity.accessShare)
  return zipfClasses(nrItems, popularity.exponent)
}

function hotSet(nrItems: number, itemShare: number, accessShare: number): PopularityClass[] {
  const hot = nrItems * itemShare
  const classes = [
    { nrItems: hot, perAccess: accessShare / hot },
    { nrItems: nrItems - hot, perAccess: (1 - accessShare) / (nrItems - hot) },
  ]
  return classes.filter(part => part.nrItems > 0)
}

function zipfClasses(nrItems: number, exponent: number): PopularityClass[] {
  const total = harmonic(nrItems, exponent)
  return zipfBorders(nrItems).flatMap((to, i, borders) => {
    const from = borders[i - 1] ?? 0
    if (to <= from) return []
    const share = (harmonic(to, exponent) - harmonic(from, exponent)) / total
    return [{ nrItems: to - from, perAccess: share / (to - from) }]
  })
}

function zipfBorders(nrItems: number): number[] {
  const singles = Math.min(SINGLES, Math.floor(nrItems))
  const borders = Array.from({ length: singles }, (_, i) => i + 1)
  const left = MAX_CLASSES - singles
  const step = Math.pow(nrItems / singles, 1 / left)
  for (let i = 1; i <= left; i++) {
    const border = i === left ? nrItems : Math.round(singles * Math.pow(step, i))
    if (border > (borders.at(-1) ?? 0)) borders.push(border)
  }
  return borders
}

/** Terms that are added one by one; the rest is integrated. */
const EXACT_TERMS = 64

/** Sum of k^-s for k from 1 to n: the first terms exactly, the rest by the Euler-Maclaurin formula. */
export function harmonic(n: number, s: number): number {
  let sum = 0
  const exact = Math.min(n, EXACT_TERMS)
  for (let k = 1; k <= exact; k++) sum += Math.pow(k, -s)
  if (n <= EXACT_TERMS) return sum
  const [a, b] = [EXACT_TERMS, n]
  const integral = s === 1 ? Math.log(b / a) : (Math.pow(b, 1 - s) - Math.pow(a, 1 - s)) / (1 - s)
  const ends = (Math.pow(b, -s) - Math.pow(a, -s)) / 2
  const slope = (s / 12) * (Math.pow(a, -s - 1) - Math.pow(b, -s - 1))
  return sum + integral + ends + slope
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
