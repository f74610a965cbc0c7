import type { MmapFlag, Prot } from '../../../engine/op.ts'
import { HUGE, PAGE, type Area, type Builder } from './builder.ts'
import { insideRange, pagesOf, rangeOf } from './ranges.ts'

export const anyProt = (g: Builder): Prot =>
  g.chance.weighted<Prot>([
    [5, 'r'],
    [5, 'rw'],
    [4, 'none'],
    [1, 'rx'],
    [1, 'w'],
    [1, 'x'],
    [1, 'rwx'],
  ])

const newProt = (g: Builder): Prot => (g.chance.yes(0.75) ? 'rw' : anyProt(g))

/** Page counts as people write them: often round, rarely large. */
export const someBytes = (g: Builder): number => {
  const pages = g.chance.weighted<number>([
    [6, g.chance.pick([1, 2, 4, 8, 16, 32, 64])],
    [4, g.chance.int(1, 24)],
    [2, g.chance.int(16, 64)],
  ])
  return pages * PAGE - (g.chance.yes(0.06) ? g.chance.pick([1, 100, 4095]) : 0)
}

const phaseOf = (g: Builder): number =>
  g.chance.yes(0.15) ? g.chance.pick([1, 2, 8, 16, 255, 256, 511]) * PAGE : 0

/** Flags that fill or lock a mapping as it is made. */
const fillFlags = (g: Builder): MmapFlag[] =>
  g.chance.weighted<MmapFlag[]>([
    [60, []],
    [9, ['populate']],
    [10, ['locked']],
    [4, ['noreserve']],
    [3, ['locked', 'populate']],
    [2, ['populate', 'nonblock']],
    [2, ['locked', 'nonblock']],
    [2, ['locked', 'noreserve']],
  ])

export function mapAnon(g: Builder, bytes = someBytes(g)): Area {
  const prot = newProt(g)
  return g.map({ bytes, backing: 'anon', grain: PAGE, prot }, withPrivate(g, fillFlags(g)), phaseOf(g))
}

/** private is the default; programs write it out now and then. */
const withPrivate = (g: Builder, flags: MmapFlag[]): MmapFlag[] =>
  g.chance.yes(0.1) ? ['private', ...flags] : flags

export function mapShared(g: Builder, bytes = someBytes(g)): Area {
  const flags: MmapFlag[] = ['shared', ...fillFlags(g)]
  return g.map({ bytes, backing: 'shared', grain: PAGE, prot: newProt(g) }, flags, phaseOf(g))
}

/** A few aligned blocks of 2 MiB, mostly; sometimes a little off, so that head and tail get small pages. */
export function mapHuge(g: Builder, shared = false): Area {
  const { chance } = g
  const bytes = chance.pick([1, 2, 2, 2, 3, 4]) * HUGE + (chance.yes(0.15) ? chance.int(1, 32) * PAGE : 0)
  const phase = chance.yes(0.2) ? chance.pick([1, 16, 256, 511]) * PAGE : 0
  const flags = chance.yes(0.75) ? [] : fillFlags(g)
  const backing = shared ? 'shared' : 'anon'
  const prot = chance.yes(0.9) ? 'rw' : 'r'
  return g.map({ bytes, backing, grain: HUGE, prot }, shared ? ['shared', ...flags] : flags, phase)
}

export function mapDroppable(g: Builder): void {
  const flags: MmapFlag[] = ['droppable', ...(g.chance.yes(0.2) ? fillFlags(g) : [])]
  g.map({ bytes: someBytes(g), backing: 'anon', grain: PAGE, prot: 'rw' }, flags)
}

export function mapStack(g: Builder): Area {
  const flags: MmapFlag[] = ['growsdown', ...(g.chance.yes(0.3) ? (['stack'] as const) : []), ...fillFlags(g)]
  const bytes = g.chance.int(1, 16) * PAGE
  return g.map({ bytes, backing: 'stack', grain: PAGE, prot: g.chance.yes(0.9) ? 'rw' : 'r' }, flags)
}

export function mapHugePages(g: Builder): Area {
  const { chance } = g
  const flags: MmapFlag[] = [
    chance.yes(0.3) ? 'shared' : 'private',
    'hugetlb',
    ...(chance.yes(0.6) ? [] : fillFlags(g)),
  ]
  const bytes = chance.int(1, 3) * HUGE - (chance.yes(0.05) ? PAGE : 0)
  return g.map({ bytes, backing: 'hugepages', grain: HUGE, prot: chance.yes(0.85) ? 'rw' : 'r' }, flags)
}

/** Maps a file, whole or in part, now and then beyond its end. */
export function mapFile(g: Builder, file = g.chance.pick(Object.keys(g.files))): Area | undefined {
  const { chance } = g
  const spec = g.files[file]
  if (spec === undefined) return undefined
  const large = spec.kind === 'hugetlb' || (spec.kind === 'memfd' && spec.bytes >= HUGE)
  const step = spec.kind === 'hugetlb' ? HUGE : PAGE
  const whole = Math.ceil(Math.max(1, spec.bytes) / step)
  const first = chance.yes(0.7) ? 0 : chance.int(0, whole - 1)
  const length = chance.weighted<number>([
    [6, whole - first],
    [3, chance.int(1, whole - first)],
    [1, whole - first + chance.int(1, spec.kind === 'hugetlb' ? 1 : 8)],
  ])
  const shared = spec.kind === 'secretmem' ? !chance.yes(0.05) : chance.yes(0.6)
  const prot =
    spec.open === 'r' && shared
      ? chance.weighted<Prot>([
          [8, 'r'],
          [1, 'rw'],
          [1, 'none'],
        ])
      : newProt(g)
  const flags: MmapFlag[] = [shared ? 'shared' : 'private', ...fillFlags(g)]
  const area = { bytes: length * step, backing: spec.kind, file, grain: large ? HUGE : PAGE, prot }
  return g.map(area, flags, large ? 0 : phaseOf(g), first * step)
}

/** MAP_FIXED over a part of an area: replaces what is there, fills a hole, or extends it. */
export function mapOver(g: Builder): void {
  const { chance } = g
  const area = g.area(({ backing }) => backing !== 'heap' && backing !== 'hugepages' && backing !== 'hugetlb')
  if (area === undefined) return
  const inside = insideRange(g, area)
  const range = chance.yes(0.15) ? { offset: pagesOf(area) * PAGE, length: chance.int(1, 8) * PAGE } : inside
  const flags = chance.yes(0.8) ? fillFlags(g) : (['shared', ...fillFlags(g)] as MmapFlag[])
  const prot = chance.yes(0.6) ? area.prot : newProt(g)
  const { file } = area
  const back = file !== undefined && chance.yes(0.4) ? { file, fileOffset: range.offset } : {}
  g.add({
    op: 'mmap',
    on: area.name,
    ...range,
    prot,
    flags: chance.yes(0.15) && flags[0] !== 'shared' ? ['private', ...flags] : flags,
    ...back,
  })
  area.intact = false
}

export function unmap(g: Builder): void {
  const area = g.area(({ backing }) => backing !== 'heap')
  if (area === undefined) return
  const range = g.chance.yes(0.15) ? { offset: 0, length: area.bytes } : someOf(g, area)
  g.add({ op: 'munmap', on: area.name, ...range })
  area.intact = false
}

/** Rather a part than the whole, so that something is left to work with. */
function someOf(g: Builder, area: Area): { offset: number; length: number | bigint } {
  if (area.grain === HUGE && area.backing !== 'anon' && area.backing !== 'shared' && g.chance.yes(0.7))
    return { offset: g.chance.int(0, Math.max(0, Math.floor(area.bytes / HUGE) - 1)) * HUGE, length: HUGE }
  return g.chance.yes(0.7)
    ? insideRange(g, area, Math.max(1, Math.floor(pagesOf(area) / 2)))
    : rangeOf(g, area)
}

export function protect(g: Builder): void {
  const area = g.area()
  if (area === undefined) return
  const prot = anyProt(g)
  g.add({ op: 'mprotect', on: area.name, ...rangeOf(g, area), prot })
  area.prot = prot
  area.intact = false
}

export function brk(g: Builder): void {
  const { chance } = g
  const heap = g.areas.find(({ backing }) => backing === 'heap')
  const size = heap?.bytes ?? 0
  const delta = chance.weighted<number>([
    [6, chance.int(1, 16) * PAGE],
    [2, chance.int(1, 5 * PAGE)],
    [3, -chance.int(1, Math.max(1, Math.ceil(size / PAGE))) * PAGE],
    [1, 0 - size],
    [1, 0],
  ])
  g.add({ op: 'brk', delta })
  const bytes = Math.max(PAGE, size + delta)
  if (heap === undefined)
    g.know({
      name: '$heap',
      bytes,
      backing: 'heap',
      grain: PAGE,
      prot: 'rw',
      mappedBy: new Set([g.pid]),
      intact: true,
    })
  else heap.bytes = bytes
}
