import type { Advice } from '../../../engine/op.ts'
import { HARD_LIMIT, HUGE, PAGE, type Area, type Builder } from './builder.ts'
import { insideRange, pagesOf, rangeOf, touchRange } from './ranges.ts'

export function lock(g: Builder): void {
  const area = g.area()
  if (area === undefined) return
  g.add({ op: 'mlock', on: area.name, ...rangeOf(g, area) })
}

export function lock2(g: Builder): void {
  const area = g.area()
  if (area === undefined) return
  const flags = g.chance.weighted<('onfault' | number)[]>([
    [16, ['onfault']],
    [3, []],
    [1, [g.chance.pick([2, 3, 8])]],
  ])
  g.add({ op: 'mlock2', on: area.name, ...rangeOf(g, area), flags })
}

export function unlock(g: Builder): void {
  if (!g.locked && !g.chance.yes(0.1)) return
  const area = g.area()
  if (area === undefined) return
  g.add({ op: 'munlock', on: area.name, ...rangeOf(g, area) })
}

export function lockAll(g: Builder): void {
  const flags = g.chance.weighted<('current' | 'future' | 'onfault' | number)[]>([
    [6, ['current']],
    [6, ['current', 'future']],
    [6, ['future']],
    [4, ['current', 'onfault']],
    [4, ['current', 'future', 'onfault']],
    [4, ['future', 'onfault']],
    [1, ['onfault']],
    [1, []],
    [1, [8]],
  ])
  g.add({ op: 'mlockall', flags })
}

export function unlockAll(g: Builder): void {
  if (!g.locked && !g.chance.yes(0.1)) return
  g.add({ op: 'munlockall' })
}

export function touch(g: Builder): void {
  const area = g.area()
  if (area === undefined) return
  if (area.backing === 'stack' && g.chance.yes(0.5)) touchBelow(g, area)
  else
    g.add({
      op: 'touch',
      on: area.name,
      ...touchRange(g, area),
      access: g.chance.yes(0.62) ? 'write' : 'read',
    })
}

/** Makes a stack grow: one touch some pages below its start, or a walk down from there. */
export function touchBelow(g: Builder, area = g.area(({ backing }) => backing === 'stack')): void {
  if (area === undefined) return
  const below =
    g.chance.weighted([
      [6, g.chance.int(1, 8)],
      [3, g.chance.int(1, 64)],
      [1, 300],
    ]) * PAGE
  const length = g.chance.weighted([
    [3, 1],
    [1, PAGE],
    [2, g.chance.int(1, 8) * PAGE],
  ])
  g.add({ op: 'touch', on: area.name, offset: -below, length, access: g.chance.yes(0.75) ? 'write' : 'read' })
}

/** A new limit a few pages around what the areas would need together, or some of them. */
export function setLimit(g: Builder): void {
  g.add({ op: 'setrlimit', memlock: someLimit(g) })
}

export function someLimit(g: Builder): number {
  const { chance } = g
  const sizes = g.areas.map(pagesOf)
  const all = sizes.reduce((sum, pages) => sum + pages, 1)
  const pages = chance.weighted<number>([
    [4, all + chance.int(-3, 3)],
    [4, (sizes.length > 0 ? chance.pick(sizes) : 4) + chance.int(-2, 2)],
    [3, chance.int(1, all)],
    [1, 2 * all],
    [1, 0],
  ])
  const odd = chance.yes(0.15) ? chance.pick([1, 100, 4095]) : 0
  return Math.min(HARD_LIMIT, Math.max(0, pages) * PAGE + odd)
}

/** Advice that would bring disk reads, or anything else that does not repeat, on this area. */
const unsteady = (area: Area, advice: Advice): boolean =>
  area.backing === 'file' && ['pageout', 'remove', 'collapse', 'willneed'].includes(advice)

export const advise =
  (choices: readonly (readonly [number, Advice])[]): ((g: Builder) => void) =>
  g => {
    const area = g.area()
    const advice = g.chance.weighted(choices)
    if (area === undefined || unsteady(area, advice)) return
    const { offset, length } = g.chance.yes(0.25) ? insideRange(g, area) : rangeOf(g, area)
    // madvise goes on behind holes: half of all addresses would reach areas whose order nobody has defined.
    const own = length === 2n ** 63n ? 2n ** 64n - 1n : length
    g.add({ op: 'madvise', on: area.name, offset, length: own, advice })
  }

/** Child first, mostly: it is where the copy shows. */
export function fork(g: Builder): void {
  if (g.live.length > 3) return
  const child = g.newChild()
  g.add({ op: 'fork', child })
  for (const area of g.areas) if (area.mappedBy.has(g.pid)) area.mappedBy.add(child)
  g.live.push(child)
}

/** A child, mostly; the others go on. */
export function exit(g: Builder): void {
  if (g.live.length < 2) return
  const children = g.live.filter(pid => pid !== 'p0')
  g.pid = g.chance.yes(0.9) || !g.live.includes('p0') ? g.chance.pick(children) : 'p0'
  g.add({ op: 'exit' })
  g.live.splice(g.live.indexOf(g.pid), 1)
  g.pinned.delete(g.pid)
  g.pid = g.chance.pick(g.live)
}

/** Mostly the coming and going of large pages; `exceptAdvised` is refused by older kernels. */
export function thpDisable(g: Builder): void {
  const value = g.chance.yes(0.6)
  g.add({ op: 'thpDisable', value, ...(g.chance.yes(0.25) ? { exceptAdvised: true } : {}) })
}

/**
 * A registered buffer, one per process, on memory that nothing has changed: releasing a buffer that was refused is
 * outside the format. Without the capability the limit also has to hold the ring, so small limits are left alone.
 */
export function pin(g: Builder): void {
  const room = g.capIpcLock || g.limit >= 1024 * 1024
  const steady = g.ops.every(({ op }) => op !== 'setrlimit')
  if (!room || (!g.capIpcLock && !steady)) return
  if (g.pinned.has(g.pid)) {
    if (g.chance.yes(0.6)) unpin(g)
    return
  }
  const area = g.area(
    ({ backing, intact, prot, mappedBy }) =>
      intact && prot === 'rw' && mappedBy.has(g.pid) && ['anon', 'shared'].includes(backing),
  )
  if (area === undefined) return
  const range = insideRange(g, area, area.grain === HUGE ? 512 : 16)
  const odd = g.chance.yes(0.1) && range.length > PAGE ? 100 : 0
  g.add({ op: 'pin', on: area.name, offset: range.offset + odd, length: range.length - odd })
  g.pinned.add(g.pid)
}

function unpin(g: Builder): void {
  g.add({ op: 'unpin' })
  g.pinned.delete(g.pid)
}
