import { HUGE, PAGE, type Area, type Builder } from './builder.ts'
import { insideRange, pagesOf } from './ranges.ts'

/** mremap in its many forms. */
export function remap(g: Builder): void {
  const area = g.area(({ backing }) => backing !== 'heap')
  if (area === undefined) return
  g.chance.weighted<(g: Builder, area: Area) => void>([
    [5, resize],
    [5, move],
    [2, moveOver],
    [2, dontUnmap],
    [1, duplicate],
  ])(g, area)
}

/** Grows or shrinks in place; without `to` the mapping stays where it is. */
function resize(g: Builder, area: Area): void {
  const { chance } = g
  const whole = pagesOf(area)
  const part = chance.yes(0.3) ? insideRange(g, area) : { offset: 0, length: area.bytes }
  const step = area.grain === HUGE && chance.yes(0.4) ? 512 : 1
  const change = chance.int(1, Math.min(16, Math.max(1, whole))) * step
  const pages = Math.ceil(part.length / PAGE)
  const wanted = chance.yes(0.6) ? pages + Math.min(change, 1024) : Math.max(1, pages - change)
  const newLength = wanted * PAGE - (chance.yes(0.08) ? 100 : 0)
  const flags = chance.yes(0.4) ? (['maymove'] as const) : []
  g.add({
    op: 'mremap',
    on: area.name,
    ...at(part.offset),
    oldLength: part.length,
    newLength,
    flags: [...flags],
  })
  if (part.offset === 0 && part.length === area.bytes) area.bytes = newLength
  area.intact = false
}

/** To a new area, whole or in part, sometimes of another size. */
function move(g: Builder, area: Area): void {
  const { chance } = g
  const part = chance.yes(0.5) ? { offset: 0, length: area.bytes } : insideRange(g, area)
  const pages = Math.ceil(part.length / PAGE)
  const newPages = chance.weighted([
    [7, pages],
    [2, pages + chance.int(1, 8)],
    [1, Math.max(1, pages - 1)],
  ])
  const phase = chance.yes(0.25) ? chance.pick([1, 3, 16, 256]) * PAGE : 0
  const to = g.newName()
  g.add({
    op: 'mremap',
    on: area.name,
    ...at(part.offset),
    oldLength: part.length,
    newLength: newPages * PAGE,
    flags: ['maymove'],
    to,
    ...(phase === 0 ? {} : { phase }),
  })
  g.know({ ...area, name: to, bytes: newPages * PAGE, mappedBy: new Set([g.pid]), intact: false })
  area.intact = false
}

/** Onto a place of an area that is there, its own other half included. */
function moveOver(g: Builder, area: Area): void {
  const onto = g.area(({ backing }) => backing !== 'heap' && backing !== 'hugepages' && backing !== 'hugetlb')
  if (onto === undefined) return
  const part = insideRange(g, area, 16)
  const toOffset = g.chance.int(0, pagesOf(onto)) * PAGE
  const newLength = g.chance.yes(0.8) ? part.length : g.chance.int(1, 16) * PAGE
  g.add({
    op: 'mremap',
    on: area.name,
    ...at(part.offset),
    oldLength: part.length,
    newLength,
    flags: ['maymove'],
    to: onto.name,
    ...(toOffset === 0 ? {} : { toOffset }),
  })
  area.intact = false
  onto.intact = false
  onto.bytes = Math.max(onto.bytes, toOffset + newLength)
}

function dontUnmap(g: Builder, area: Area): void {
  const part = g.chance.yes(0.6) ? { offset: 0, length: area.bytes } : insideRange(g, area)
  const to = g.newName()
  const newLength = g.chance.yes(0.92) ? part.length : part.length + PAGE
  const flags = ['maymove', 'dontunmap'] as const
  g.add({ op: 'mremap', on: area.name, ...at(part.offset), oldLength: part.length, newLength, flags, to })
  g.know({ ...area, name: to, bytes: newLength, mappedBy: new Set([g.pid]), intact: false })
  area.intact = false
}

/** Old length 0: a second mapping of shared memory; private memory is refused. */
function duplicate(g: Builder, area: Area): void {
  const shared = g.area(({ backing }) => ['shared', 'memfd', 'file'].includes(backing)) ?? area
  const to = g.newName()
  const newLength = g.chance.int(1, pagesOf(shared)) * PAGE
  const { offset } = g.chance.yes(0.7) ? { offset: 0 } : insideRange(g, shared)
  g.add({ op: 'mremap', on: shared.name, ...at(offset), oldLength: 0, newLength, flags: ['maymove'], to })
  g.know({ ...shared, name: to, bytes: newLength, mappedBy: new Set([g.pid]), intact: false })
}

const at = (offset: number): { offset?: number } => (offset === 0 ? {} : { offset })
