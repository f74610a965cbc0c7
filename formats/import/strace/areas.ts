/** Addresses of a traced process, as areas with offsets: what operations are made of. */

export interface Region {
  readonly start: number
  readonly end: number
  readonly area: string
  /** Address of the area's beginning. */
  readonly origin: number
}

/** Regions in the order of their addresses, none over another. */
export class AddressMap {
  #regions: Region[]

  constructor(regions: readonly Region[] = []) {
    this.#regions = [...regions]
  }

  copy(): AddressMap {
    return new AddressMap(this.#regions)
  }

  clear(): void {
    this.#regions = []
  }

  /** Index of the first region that ends behind an address. */
  #from(address: number): number {
    let low = 0
    let high = this.#regions.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#regions[middle]?.end ?? 0) <= address) low = middle + 1
      else high = middle
    }
    return low
  }

  at(address: number): Region | undefined {
    const region = this.#regions[this.#from(address)]
    return region !== undefined && region.start <= address ? region : undefined
  }

  /** Takes a range away; what is left of regions stays. */
  remove(start: number, end: number): void {
    if (!(end > start)) return
    const first = this.#from(start)
    let last = first
    const kept: Region[] = []
    for (; last < this.#regions.length; last++) {
      const region = this.#regions[last]
      if (region === undefined || region.start >= end) break
      if (region.start < start) kept.push({ ...region, end: start })
      if (region.end > end) kept.push({ ...region, start: end })
    }
    this.#regions.splice(first, last - first, ...kept)
  }

  add(region: Region): void {
    if (!(region.end > region.start)) return
    this.remove(region.start, region.end)
    this.#regions.splice(this.#from(region.start), 0, region)
  }
}
