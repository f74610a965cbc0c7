/** Which addresses a task accesses next: its areas by their rates, pages by their popularity. */
import type { AreaNeed } from '../../engine/scenario.ts'
import { pageDrawer, seededChance } from '../experiments/accesses.ts'

const PAGE = 4096

interface AccessedArea {
  readonly address: number
  readonly ratePerS: number
  readonly writeShare: number
  readonly draw: () => number
}

export class AccessList {
  /** All areas together. */
  readonly ratePerS: number
  readonly #areas: readonly AccessedArea[]
  readonly #chance: () => number

  constructor(areas: readonly AreaNeed[], addressOf: (name: string) => number, seed: number) {
    this.#chance = seededChance(seed)
    this.#areas = areas.flatMap(area => {
      if (area.access === null) return []
      const { ratePerS, writeShare } = area.access
      const draw = drawerOf(area, this.#chance)
      return [
        { address: addressOf(area.name), ratePerS, writeShare: area.prot === 'r' ? 0 : writeShare, draw },
      ]
    })
    this.ratePerS = this.#areas.reduce((sum, area) => sum + area.ratePerS, 0)
  }

  /** Fills the first `count` entries: the address of a page, plus one where it is written to. */
  fill(words: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const area = this.#pick()
      if (area === undefined) return
      const isWrite = area.writeShare === 1 || (area.writeShare > 0 && this.#chance() < area.writeShare)
      const address = area.address + area.draw() * PAGE + (isWrite ? 1 : 0)
      words[2 * i] = address >>> 0
      words[2 * i + 1] = Math.floor(address / 2 ** 32)
    }
  }

  #pick(): AccessedArea | undefined {
    if (this.#areas.length === 1) return this.#areas[0]
    let left = this.#chance() * this.ratePerS
    for (const area of this.#areas) {
      left -= area.ratePerS
      if (left <= 0) return area
    }
    return this.#areas.at(-1)
  }
}

/** Pages of the part in use, the popular ones together at its beginning or anywhere in it. */
function drawerOf(area: AreaNeed, chance: () => number): () => number {
  const { access } = area
  if (access === null) return () => 0
  const pages = Math.max(1, Math.round((area.bytes * access.footprintShare) / PAGE))
  const draw = pageDrawer(access.popularity, pages, chance)
  const { kind } = access.popularity
  if (access.layout === 'contiguous' || kind === 'uniform' || kind === 'cyclic') return draw
  const place = shuffled(pages, chance)
  return () => place[draw()] ?? 0
}

function shuffled(pages: number, chance: () => number): Uint32Array {
  const places = Uint32Array.from({ length: pages }, (_, i) => i)
  for (let i = pages - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1))
    const at = places[i] ?? 0
    places[i] = places[j] ?? 0
    places[j] = at
  }
  return places
}
