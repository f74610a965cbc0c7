/**
 * sfc32, Chris Doty-Humphrey's small fast counting generator (PractRand, 2010): 128 bits of state, a counter among
 * them, so that no seed has a short cycle. Same seed, same numbers, on every machine.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** `seed`: a whole number up to 2^53. */
  constructor(seed: number) {
    this.#a = 0x9e3779b9
    this.#b = Math.floor(seed / 2 ** 32) | 0
    this.#c = seed | 0
    // The author's rounds after seeding.
    for (let i = 0; i < 15; i++) this.bits()
  }

  /** 32 random bits, as a number from 0. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    this.#c |= 0
    return sum >>> 0
  }

  /** Uniform in [0, 1), with 53 bits. */
  share(): number {
    return ((this.bits() >>> 5) * 2 ** 26 + (this.bits() >>> 6)) / 2 ** 53
  }

  /** Standard normal: Box and Muller's transformation, one of the pair. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.share()))
    return radius * Math.cos(2 * Math.PI * this.share())
  }
}
