/** How KenLM loads a model; populate is its default on Linux. */
export const NGRAM_LOADS = ['lazy', 'populate', 'read', 'parallel'] as const
export type NgramLoad = (typeof NGRAM_LOADS)[number]

/** Ranks below this are taken one by one, the others in classes of 2 % each. */
const SINGLY = 1000
const STEP = 1.02

/**
 * Expected number of different pages after so many lookups, each of which touches one page at random: uniform, or by
 * Zipf's law with an exponent. N (1 - e^(-q/N)), or the sum over pages of 1 - e^(-q p). Within 0.1 % of the exact sum.
 */
export function expectedUniquePages(nrPages: number, lookups: number, skew = 0): number {
  if (nrPages <= 0 || lookups <= 0) return 0
  if (skew === 0) return nrPages * -Math.expm1(-lookups / nrPages)
  const classes = rankClasses(nrPages, skew)
  const total = classes.reduce((sum, { count, weight }) => sum + count * weight, 0)
  return classes.reduce((sum, { count, weight }) => sum - count * Math.expm1((-lookups * weight) / total), 0)
}

interface RankClass {
  readonly count: number
  /** Mean of rank^-skew over the class. */
  readonly weight: number
}

function rankClasses(nrPages: number, skew: number): RankClass[] {
  const classes: RankClass[] = []
  for (let rank = 1; rank <= nrPages;) {
    const end = rank < SINGLY ? rank + 1 : Math.min(nrPages + 1, Math.floor(rank * STEP))
    const count = end - rank
    classes.push({ count, weight: count === 1 ? rank ** -skew : area(rank - 0.5, end - 0.5, skew) / count })
    rank = end
  }
  return classes
}

/** Integral of x^-skew. */
function area(from: number, to: number, skew: number): number {
  if (skew === 1) return Math.log(to / from)
  return (to ** (1 - skew) - from ** (1 - skew)) / (1 - skew)
}
