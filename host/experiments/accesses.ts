/** Seeded accesses: which page is touched next. */
import type { Popularity } from '../../engine/scenario.ts'

/** mulberry32: a seed gives the same sequence everywhere. From 0 to 1. */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let z = Math.imul(state ^ (state >>> 15), state | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws page numbers from 0 to pages - 1, the most popular ones lowest. */
export function pageDrawer(popularity: Popularity, pages: number, chance: () => number): () => number {
  if (popularity.kind === 'uniform') return () => Math.floor(chance() * pages)
  if (popularity.kind === 'hotset') {
    const hot = Math.round(pages * popularity.itemShare)
    return () =>
      chance() < popularity.accessShare
        ? Math.floor(chance() * hot)
        : hot + Math.floor(chance() * (pages - hot))
  }
  if (popularity.kind === 'cyclic') {
    let next = -1
    return () => (next = (next + 1) % pages)
  }
  const cumulated = cumulatedZipf(pages, popularity.exponent)
  return () => firstAbove(cumulated, chance() * (cumulated.at(-1) ?? 0))
}

function cumulatedZipf(pages: number, exponent: number): Float64Array {
  let sum = 0
  return Float64Array.from({ length: pages }, (_, i) => (sum += Math.pow(i + 1, -exponent)))
}

/** Index of the first entry that is larger than the value. */
function firstAbove(cumulated: Float64Array, value: number): number {
  let [low, high] = [0, cumulated.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((cumulated[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return low
}
