import { PAGE, type Area, type Builder, type Range } from './builder.ts'

/** A range of an area as a person who looks for trouble would choose it. */
export function rangeOf(g: Builder, area: Area): Range {
  const range = comeBack(g, area) ?? freshRange(g, area)
  g.remember(area, range)
  return range
}

/** A range that is certainly inside the area and page aligned, for calls where anything else is only EINVAL. */
export function insideRange(g: Builder, area: Area, maxPages = Infinity): { offset: number; length: number } {
  const pages = pagesOf(area)
  const first = g.chance.int(0, pages - 1)
  const count = g.chance.int(1, Math.min(pages - first, maxPages))
  const range = { offset: first * PAGE, length: count * PAGE }
  g.remember(area, range)
  return range
}

export const pagesOf = (area: Area): number => Math.max(1, Math.ceil(area.bytes / PAGE))

/** The range of the operation before, the same or a little different: lock it, touch it, unlock a part of it. */
function comeBack(g: Builder, area: Area): Range | undefined {
  const last = g.lastRange(area)
  if (last === undefined || typeof last.length === 'bigint' || !g.chance.yes(0.4)) return undefined
  const { offset, length } = last
  const page = Math.floor(offset / PAGE)
  const pages = Math.max(1, Math.ceil(length / PAGE))
  return g.chance.weighted<() => Range>([
    [5, () => last],
    [2, () => pageRange(page + g.chance.int(0, pages - 1), 1)],
    [2, () => pageRange(page, g.chance.int(1, pages))],
    [2, () => pageRange(Math.max(0, page - g.chance.int(0, 3)), pages + g.chance.int(0, 4))],
    [1, () => pageRange(page + pages, g.chance.int(1, 4))],
  ])()
}

const pageRange = (first: number, count: number): Range => ({ offset: first * PAGE, length: count * PAGE })

function freshRange(g: Builder, area: Area): Range {
  const { chance } = g
  const pages = pagesOf(area)
  const first = chance.int(0, pages - 1)
  const count = chance.int(1, pages - first)
  const odd = chance.pick([1, 100, 512, 2048, 4095])
  return chance.weighted<() => Range>([
    [26, () => ({ offset: 0, length: area.bytes })],
    [26, () => pageRange(first, count)],
    [8, () => pageRange(first, 1)],
    [6, () => pageRange(0, count)],
    [6, () => pageRange(first, pages - first)],
    [area.grain > PAGE ? 30 : 0, () => grainRange(g, area)],
    [5, () => ({ offset: first * PAGE + odd, length: count * PAGE })],
    [5, () => ({ offset: first * PAGE, length: Math.max(1, count * PAGE - odd) })],
    [3, () => ({ offset: first * PAGE + odd, length: chance.pick([1, 2, 4096, 4097, 8192]) })],
    [5, () => pageRange(first, pages - first + chance.int(1, 8))],
    [1, () => pageRange(pages + chance.int(0, 4), chance.int(1, 4))],
    [2, () => ({ offset: first * PAGE + chance.pick([0, 0, odd]), length: 0 })],
    [
      1,
      () => ({ offset: first * PAGE, length: chance.pick([2n ** 64n - 1n, 2n ** 64n - 4096n, 2n ** 63n]) }),
    ],
  ])()
}

/** Whole large folios, halves across two of them, and cuts near their edges. */
function grainRange(g: Builder, { bytes, grain }: Area): Range {
  const { chance } = g
  const folios = Math.max(1, Math.floor(bytes / grain))
  const folio = chance.int(0, folios - 1)
  const start = folio * grain
  return chance.weighted<() => Range>([
    [4, () => ({ offset: start, length: grain * chance.int(1, folios - folio) })],
    [2, () => ({ offset: start + grain / 2, length: grain })],
    [2, () => ({ offset: start + chance.pick([0, grain / 2]), length: grain / 2 })],
    [1, () => ({ offset: start + PAGE, length: grain - PAGE })],
    [1, () => ({ offset: start, length: grain - PAGE })],
    [1, () => ({ offset: Math.max(0, start - PAGE), length: 2 * PAGE })],
    [1, () => ({ offset: start + chance.int(0, 15) * (grain / 16), length: PAGE * chance.int(1, 16) })],
  ])()
}

/** No more accesses than a program that is to stay fast should do. */
const MAX_ACCESSES = 2048

/** Where to touch and how far apart. Mostly inside, sometimes over the end. */
export function touchRange(g: Builder, area: Area): { offset: number; length: number; stride?: number } {
  const { chance } = g
  const wanted = rangeOf(g, area)
  const offset = wanted.offset
  const length = typeof wanted.length === 'bigint' ? PAGE : Math.max(1, wanted.length)
  const fitting = length / PAGE > MAX_ACCESSES ? 4 * PAGE : PAGE
  const stride = chance.weighted([
    [area.grain > PAGE ? 16 : 24, fitting],
    [2, 2 * PAGE],
    [1, 16 * PAGE],
    [1, Math.max(512, Math.ceil(length / MAX_ACCESSES))],
    [1, 3 * PAGE + 100],
    [area.grain > PAGE && length > area.grain ? 16 : 0, area.grain],
  ])
  return stride === PAGE ? { offset, length } : { offset, length, stride }
}
