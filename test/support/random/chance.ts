/** Seeded chance: the same seed gives the same decisions on every machine. */
export class Chance {
  readonly #state: Uint32Array

  /** xoshiro128** (Blackman and Vigna, 2018), its state filled by splitmix32 as the authors advise. */
  constructor(seed: number) {
    let mixed = seed >>> 0
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0
      let z = mixed
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
      return z ^ (z >>> 16)
    })
  }

  #next(): number {
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = this.#state
    const product = Math.imul(s1, 5)
    const x2 = s2 ^ s0
    const x3 = s3 ^ s1
    this.#state.set([s0 ^ x3, s1 ^ x2, x2 ^ (s1 << 9), (x3 << 11) | (x3 >>> 21)])
    return Math.imul((product << 7) | (product >>> 25), 9) >>> 0
  }

  /** An integer from min to max, both included. */
  int(min: number, max: number): number {
    return min + Math.floor((this.#next() / 2 ** 32) * (max - min + 1))
  }

  /** True in the given share of cases, from 0 to 1. */
  yes(share: number): boolean {
    return this.#next() < share * 2 ** 32
  }

  pick<T>(list: readonly T[]): T {
    const index = this.int(0, list.length - 1)
    if (index >= list.length) throw new RangeError('nothing to pick from')
    return list[index] as T
  }

  /** One of the values, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.int(
      1,
      choices.reduce((sum, [weight]) => sum + weight, 0),
    )
    for (const [weight, value] of choices) {
      left -= weight
      if (left <= 0) return value
    }
    throw new RangeError('nothing to choose from')
  }
}
