/** Areas: finding, splitting and merging them. mm/vma.c (until 6.11 mm/mmap.c). */
import { refuse, type Refusal } from '../errno.ts'
import { splitPmdAcross } from './huge-memory.ts'
import type { Kernel } from './kernel.ts'
import { HPAGE_PMD_NR } from '../units.ts'
import {
  VM_ACCESS_FLAGS,
  VM_EXEC,
  VM_HUGETLB,
  VM_SPECIAL,
  type AddressSpace,
  type PageCache,
  type Vma,
  type VmFlags,
} from './mm-types.ts'

/** vm.max_map_count. */
export const MAX_MAP_COUNT = 65530

/** Index of the first area that ends after `vpn` (find_vma); `vmas.length` if there is none. */
export function vmaIndexAfter(mm: AddressSpace, vpn: number): number {
  const vmas = mm.vmas
  let low = 0
  let high = vmas.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((vmas[middle] as Vma).end > vpn) high = middle
    else low = middle + 1
  }
  return low
}

/** The first area that ends after `vpn`: find_vma(). */
export function findVma(mm: AddressSpace, vpn: number): Vma | undefined {
  return mm.vmas[vmaIndexAfter(mm, vpn)]
}

/** The area that holds `vpn`: vma_lookup(). */
export function vmaLookup(mm: AddressSpace, vpn: number): Vma | undefined {
  const vma = findVma(mm, vpn)
  return vma !== undefined && vma.start <= vpn ? vma : undefined
}

/** vma_is_pkey_exec_only(): execute-only memory gets a protection key that forbids reading. */
export function isExecuteOnly(k: Kernel, vma: Vma): boolean {
  return k.host.protectionKeys && (vma.flags & VM_ACCESS_FLAGS) === VM_EXEC
}

/** The areas that touch [start, end). */
export function vmasOver(mm: AddressSpace, start: number, end: number): Vma[] {
  const found: Vma[] = []
  for (let i = vmaIndexAfter(mm, start); i < mm.vmas.length; i++) {
    const vma = mm.vmas[i] as Vma
    if (vma.start >= end) break
    found.push(vma)
  }
  return found
}

/** What a range must have in common with a neighbour to become one area with it. */
export interface MergeKey {
  readonly flags: VmFlags
  readonly file: PageCache | null
  readonly pgoff: number
}

/**
 * Kernel: is_mergeable_vma(), mm/vma.c
 */
function isMergeable(k: Kernel, vma: Vma, key: MergeKey): boolean {
  if (((vma.flags ^ key.flags) & ~k.behaviour.flagsIgnoredInMerge) !== 0) return false
  return vma.file === key.file && ((vma.flags | key.flags) & VM_SPECIAL) === 0
}

/**
 * Kernel: is_mergeable_anon_vma(), mm/vma.c
 * Areas whose anonymous pages have different owners never become one. An area without anonymous pages takes the other's
 * owner, unless fork made the chain of owners longer.
 */
function anonMergeable(k: Kernel, range: Vma | null, neighbour: Vma): boolean {
  const own = range?.anonVma ?? null
  if (own === neighbour.anonVma) return true
  if (own !== null && neighbour.anonVma !== null) return false
  if (neighbour.anonVma !== null) return neighbour.anonChain === 1
  return k.behaviour.mergesIntoUnfaulted && range?.anonChain === 1
}

function anonCompatible(a: Vma, b: Vma): boolean {
  return a.anonVma === null || b.anonVma === null || a.anonVma === b.anonVma
}

interface Neighbours {
  readonly left: Vma | null
  readonly right: Vma | null
}

/** The neighbours that [start, end) can become one area with, given that it is `range` (or new) and gets `key`. */
function mergeableNeighbours(
  k: Kernel,
  range: Vma | null,
  prev: Vma | undefined,
  next: Vma | undefined,
  start: number,
  end: number,
  key: MergeKey,
): Neighbours {
  const left =
    prev?.end === start &&
    prev.pgoff + (prev.end - prev.start) === key.pgoff &&
    isMergeable(k, prev, key) &&
    anonMergeable(k, range, prev)
      ? prev
      : null
  const joinsNext =
    next?.start === end &&
    next.pgoff === key.pgoff + (end - start) &&
    isMergeable(k, next, key) &&
    anonMergeable(k, range, next)
  if (!joinsNext) return { left, right: null }
  if (left === null || anonCompatible(left, next)) return { left, right: next }
  return range === null && k.behaviour.mmapPrefersNext ? { left: null, right: next } : { left, right: null }
}

/** dup_anon_vma(): the area that survives a merge takes over the owner of the other's pages. */
function adoptAnonVma(into: Vma, from: Vma): void {
  if (into.anonVma !== null || from.anonVma === null) return
  into.anonVma = from.anonVma
  into.anonChain = from.anonChain
}

/**
 * Kernel: vma_merge_new_range(), mm/vma.c
 * Extends a neighbour over the empty range [start, end) if that can be; returns the area that now holds it, or null.
 * `copiedFrom` is the area that mremap moves there.
 */
export function vmaMergeNew(
  k: Kernel,
  mm: AddressSpace,
  start: number,
  end: number,
  key: MergeKey,
  copiedFrom: Vma | null = null,
): Vma | null {
  const i = vmaIndexAfter(mm, start)
  const { left, right } = mergeableNeighbours(k, copiedFrom, mm.vmas[i - 1], mm.vmas[i], start, end, key)
  if (left !== null && right !== null) {
    left.end = right.end
    left.flags |= right.flags | key.flags
    if (copiedFrom !== null) adoptAnonVma(left, copiedFrom)
    adoptAnonVma(left, right)
    mm.vmas.splice(i, 1)
    return left
  }
  if (left !== null) {
    left.end = end
    left.flags |= key.flags
    if (copiedFrom !== null) adoptAnonVma(left, copiedFrom)
    return left
  }
  if (right !== null) {
    if (copiedFrom !== null) adoptAnonVma(right, copiedFrom)
    right.pgoff -= right.start - start
    right.start = start
    right.flags |= key.flags
    return right
  }
  return null
}

/** Puts a new area into its place. */
export function insertVma(mm: AddressSpace, vma: Vma): void {
  mm.vmas.splice(vmaIndexAfter(mm, vma.start), 0, vma)
}

/**
 * Kernel: __split_vma(), mm/vma.c
 * Cuts the area at `at`; `vma` keeps the part before. Returns the part behind.
 */
export function splitVma(k: Kernel, vma: Vma, at: number): Vma {
  const mm = vma.mm
  splitPmdAcross(k, vma, at)
  const rest: Vma = { ...vma, start: at, pgoff: vma.pgoff + (at - vma.start) }
  vma.end = at
  mm.vmas.splice(vmaIndexAfter(mm, at), 0, rest)
  k.spend('changeVma', 1)
  return rest
}

const TOO_MANY_AREAS = refuse('ENOMEM', 'vm.max_map_count')

/**
 * Kernel: vma_modify(), mm/vma.c
 * Gives [start, end) of `vma` the flags `flags`, by merging it into its neighbours where that is possible and by
 * splitting it off otherwise. Returns the area that then holds the range.
 */
export function vmaModifyFlags(
  k: Kernel,
  vma: Vma,
  start: number,
  end: number,
  flags: VmFlags,
): Vma | Refusal {
  const mm = vma.mm
  const i = vmaIndexAfter(mm, vma.start)
  const prev = start === vma.start ? mm.vmas[i - 1] : undefined
  const next = end === vma.end ? mm.vmas[i + 1] : undefined
  const key = { flags, file: vma.file, pgoff: vma.pgoff + (start - vma.start) }
  k.spend('changeVma', 1)
  const { left, right } = mergeableNeighbours(k, vma, prev, next, start, end, key)
  if (left !== null) return mergeLeft(k, mm, i, vma, left, right, end, flags)
  if (right !== null) return mergeRight(k, mm, i, vma, right, start, flags)
  let part = vma
  if (vma.start < start) {
    const refusal = maySplit(vma, start)
    if (refusal !== null) return refusal
    part = splitVma(k, vma, start)
  }
  if (part.end > end) {
    const refusal = maySplit(part, end)
    if (refusal !== null) return refusal
    splitVma(k, part, end)
  }
  part.flags = flags
  return part
}

/** Whether the area may be cut at `at`: vm_ops->may_split() and the limit of areas. */
export function maySplit(vma: Vma, at: number): Refusal | null {
  if (vma.flags & VM_HUGETLB && at % HPAGE_PMD_NR !== 0)
    return refuse('EINVAL', 'a huge page cannot be split')
  return vma.mm.vmas.length >= MAX_MAP_COUNT ? TOO_MANY_AREAS : null
}

function mergeLeft(
  k: Kernel,
  mm: AddressSpace,
  i: number,
  vma: Vma,
  left: Vma,
  right: Vma | null,
  end: number,
  flags: VmFlags,
): Vma {
  adoptAnonVma(left, vma)
  left.flags |= flags
  if (right !== null) {
    adoptAnonVma(left, right)
    left.flags |= right.flags
    left.end = right.end
    mm.vmas.splice(i, 2)
    return left
  }
  if (end < vma.end) splitPmdAcross(k, vma, end)
  left.end = end
  if (end === vma.end) mm.vmas.splice(i, 1)
  else {
    vma.pgoff += end - vma.start
    vma.start = end
  }
  return left
}

function mergeRight(
  k: Kernel,
  mm: AddressSpace,
  i: number,
  vma: Vma,
  right: Vma,
  start: number,
  flags: VmFlags,
): Vma {
  adoptAnonVma(right, vma)
  right.flags |= flags
  if (start > vma.start) splitPmdAcross(k, vma, start)
  right.pgoff -= right.start - start
  right.start = start
  if (start === vma.start) mm.vmas.splice(i, 1)
  else vma.end = start
  return right
}

/** Whether a call's answer is a refusal. */
export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === 'object' && answer !== null && 'errno' in answer
}
