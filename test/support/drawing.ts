/**
 * Address spaces as drawings. One character is a page:
 *
 *     a  private memory, readable and writable      r  readable only      n  neither      s  shared memory
 *     .  nothing mapped
 *
 * in upper case where it is locked. A bar stands between two areas that look alike and are not one.
 *
 *     after(mlock(1, 3), on('aaaa'))   is   'aAAa'
 *
 * Ranges are half open, in pages, from the left edge.
 */
import type { KernelProfile } from '../../engine/kernels/releases.ts'
import type { Advice, Op, Prot } from '../../engine/op.ts'
import type { ObservedVma } from '../../engine/program.ts'
import { PAGE_SIZE } from '../../engine/units.ts'
import { Model, profile, type Settings } from './model.ts'

const range = (from: number, to: number) => ({
  on: 'a',
  offset: from * PAGE_SIZE,
  length: (to - from) * PAGE_SIZE,
})

export const mlock = (from: number, to: number): Op => ({ op: 'mlock', ...range(from, to) })
export const onfault = (from: number, to: number): Op => ({
  op: 'mlock2',
  ...range(from, to),
  flags: ['onfault'],
})
export const munlock = (from: number, to: number): Op => ({ op: 'munlock', ...range(from, to) })
export const munmap = (from: number, to: number): Op => ({ op: 'munmap', ...range(from, to) })
export const mprotect = (from: number, to: number, prot: Prot): Op => ({
  op: 'mprotect',
  ...range(from, to),
  prot,
})
export const write = (from: number, to: number): Op => ({ op: 'touch', ...range(from, to), access: 'write' })
export const read = (from: number, to: number): Op => ({ op: 'touch', ...range(from, to), access: 'read' })
export const madvise = (from: number, to: number, advice: Advice): Op => ({
  op: 'madvise',
  ...range(from, to),
  advice,
})
export const mpin = (from: number, to: number): Op => ({ op: 'mpin', ...range(from, to) })
export const munpin = (from: number, to: number): Op => ({ op: 'munpin', ...range(from, to) })
/** MAP_FIXED. */
export const map = (
  from: number,
  to: number,
  prot: Prot = 'rw',
  type: 'private' | 'shared' = 'private',
): Op => ({
  op: 'mmap',
  ...range(from, to),
  prot,
  flags: [type],
})
export const mlockall = (...flags: ('current' | 'future' | 'onfault')[]): Op => ({ op: 'mlockall', flags })
export const munlockall = (): Op => ({ op: 'munlockall' })
/** In place: the range ends at `end` afterwards. */
export const resize = (from: number, to: number, end: number): Op => ({
  op: 'mremap',
  on: 'a',
  offset: from * PAGE_SIZE,
  oldLength: (to - from) * PAGE_SIZE,
  newLength: (end - from) * PAGE_SIZE,
})
/** To page `at` (MREMAP_FIXED), with `pages` pages there. */
export const move = (from: number, to: number, at: number, pages = to - from): Op => ({
  op: 'mremap',
  on: 'a',
  offset: from * PAGE_SIZE,
  oldLength: (to - from) * PAGE_SIZE,
  newLength: pages * PAGE_SIZE,
  flags: ['maymove'],
  to: 'a',
  toOffset: at * PAGE_SIZE,
})
/** MREMAP_DONTUNMAP to page `at`. */
export const dontunmap = (from: number, to: number, at: number): Op => ({
  op: 'mremap',
  on: 'a',
  offset: from * PAGE_SIZE,
  oldLength: (to - from) * PAGE_SIZE,
  newLength: (to - from) * PAGE_SIZE,
  flags: ['maymove', 'dontunmap'],
  to: 'a',
  toOffset: at * PAGE_SIZE,
})

const PROT_OF: Readonly<Record<string, Prot>> = { a: 'rw', s: 'rw', r: 'r', n: 'none' }

/** Operations that lead to a drawing: every stretch of one character is mapped by itself, from left to right. */
export function on(picture: string): Op[] {
  const ops: Op[] = [
    { op: 'mmap', as: 'a', length: picture.length * PAGE_SIZE, prot: 'none' },
    munmap(0, picture.length),
  ]
  for (const { 0: stretch, index } of picture.matchAll(/(.)\1*/g)) {
    const [letter = ''] = stretch
    const prot = PROT_OF[letter.toLowerCase()]
    if (prot === undefined) continue
    const end = index + stretch.length
    ops.push(map(index, end, prot, letter.toLowerCase() === 's' ? 'shared' : 'private'))
    if (letter !== letter.toLowerCase()) ops.push(mlock(index, end))
  }
  return ops
}

/** The drawing of an area. */
export function draw(model: Model, pid = 'p0'): string {
  let picture = ''
  let end = 0
  for (const vma of model.vmas('a', pid)) {
    const letter = letterOf(vma)
    const start = vma.start / PAGE_SIZE
    if (start > end) picture += '.'.repeat(start - end)
    else if (picture.endsWith(letter)) picture += '|'
    end = vma.end / PAGE_SIZE
    picture += letter.repeat(end - start)
  }
  return picture
}

function letterOf({ flags }: ObservedVma): string {
  const has = new Set(flags.split(' '))
  const letter = has.has('sh') ? 's' : has.has('wr') ? 'a' : has.has('rd') ? 'r' : 'n'
  return has.has('lo') ? letter.toUpperCase() : letter
}

/** The model after some operations. */
export function modelAfter(
  ops: Op | readonly Op[],
  before: readonly Op[],
  how: Settings = {},
  kernel: string | KernelProfile = '6.18',
): Model {
  const all = [...before, ...(Array.isArray(ops) ? (ops as readonly Op[]) : [ops as Op])]
  return new Model(all, how, typeof kernel === 'string' ? profile(kernel) : kernel)
}

/** The drawing after some operations. */
export const after = (...args: Parameters<typeof modelAfter>): string => draw(modelAfter(...args))
