/**
 * What holds of the model after every operation, whatever the program: counters equal a recount of what they count,
 * and everything that refers to something refers to something that exists.
 */
import type { Kernel } from '../../engine/mm/kernel.ts'
import {
  PG_ANON,
  PG_ANON_EXCLUSIVE,
  PG_CACHE,
  PG_FOLIO,
  PG_HUGETLB,
  PG_SHMEM,
  PG_SWAPCACHE,
  PTE_GUARD,
  PTE_PMD,
  PTE_PRESENT,
  PTE_SWAP,
  PTE_ZERO,
  VM_LOCKED,
  VM_LOCKONFAULT,
  VM_PINNED,
  folioStart,
  mapsFrames,
  type AddressSpace,
  type FrameRun,
  type PageCache,
  type PteRun,
} from '../../engine/mm/mm-types.ts'
import type { Run } from '../../engine/runs.ts'
import { HPAGE_PMD_NR, orderPages } from '../../engine/units.ts'

export interface Exempt {
  /** VmLck may be more than what is locked: some releases leak it. */
  readonly lockedVm?: boolean
}

/** Every broken invariant, as a sentence; none if all is well. */
export function brokenInvariants(k: Kernel, exempt: Exempt = {}): string[] {
  const broken: string[] = []
  const say = (what: string) => broken.push(what)
  for (const mm of addressSpaces(k)) {
    const name = `mm ${mm.id}`
    checkAreas(mm, name, exempt, say)
    checkEntries(k, mm, name, say)
  }
  checkFrames(k, say)
  checkSwap(k, say)
  checkPool(k, say)
  return broken
}

type Say = (what: string) => void

const addressSpaces = (k: Kernel): AddressSpace[] => [...new Set(k.tasks.map(({ mm }) => mm))]

function equal(say: Say, what: string, counted: number, found: number): void {
  if (counted !== found) say(`${what}: counter ${counted}, recount ${found}`)
}

const length = ({ start, end }: Run): number => end - start

function sorted(say: Say, what: string, runs: readonly Run[]): void {
  let end = -Infinity
  for (const run of runs) {
    if (run.start >= run.end) say(`${what}: [${run.start}, ${run.end}) is empty`)
    if (run.start < end) say(`${what}: [${run.start}, ${run.end}) begins before ${end}`)
    end = run.end
  }
}

function checkAreas(mm: AddressSpace, name: string, exempt: Exempt, say: Say): void {
  sorted(say, `${name} areas`, mm.vmas)
  const sum = (wanted: (flags: number) => boolean) =>
    mm.vmas.filter(({ flags }) => wanted(flags)).reduce((total, vma) => total + length(vma), 0)
  equal(
    say,
    `${name} total_vm`,
    mm.totalVm,
    sum(() => true),
  )
  const locked = sum(flags => (flags & (VM_LOCKED | VM_PINNED)) === VM_LOCKED)
  if (exempt.lockedVm !== true) equal(say, `${name} locked_vm`, mm.lockedVm, locked)
  else if (mm.lockedVm < locked) say(`${name} locked_vm: counter ${mm.lockedVm} below ${locked}`)
  for (const vma of mm.vmas) {
    if (vma.mm !== mm) say(`${name}: area ${vma.start} belongs to another address space`)
    if (vma.flags & VM_LOCKONFAULT && !(vma.flags & VM_LOCKED))
      say(`${name}: area ${vma.start} is lf, not lo`)
  }
}

function checkEntries(k: Kernel, mm: AddressSpace, name: string, say: Say): void {
  sorted(say, `${name} entries`, mm.pages.items)
  sorted(say, `${name} tables`, mm.tables.items)
  const found = { anon: 0, shmem: 0, file: 0, hugetlb: 0, swap: 0 }
  for (const run of mm.pages.items) {
    checkEntry(mm, name, run, say)
    if (run.bits & PTE_SWAP) found.swap += length(run)
    if (!mapsFrames(run.bits)) continue
    for (const frame of k.frames.over(run.target, run.target + length(run)))
      found[counterOf(frame.bits)] += overlap(frame, run.target, run.target + length(run))
  }
  equal(say, `${name} RssAnon`, mm.rssAnon, found.anon)
  equal(say, `${name} RssShmem`, mm.rssShmem, found.shmem)
  equal(say, `${name} RssFile`, mm.rssFile, found.file)
  equal(say, `${name} HugetlbPages`, mm.hugetlbPages, found.hugetlb)
  equal(say, `${name} VmSwap`, mm.swapEntries, found.swap)
}

function checkEntry(mm: AddressSpace, name: string, run: PteRun, say: Say): void {
  const where = `${name} entry [${run.start}, ${run.end})`
  const kinds = [PTE_PRESENT, PTE_SWAP, PTE_GUARD].filter(bit => run.bits & bit)
  if (kinds.length !== 1) say(`${where}: bits ${run.bits}`)
  if (run.bits & PTE_ZERO && !(run.bits & PTE_PRESENT)) say(`${where}: zero page that is not present`)
  for (let at = run.start; at < run.end;) {
    const vma = mm.vmas.find(({ start, end }) => start <= at && at < end)
    if (vma === undefined) return say(`${where}: outside any area at ${at}`)
    at = vma.end
  }
  if (run.bits & PTE_PMD) {
    if (run.start % HPAGE_PMD_NR !== 0 || run.end % HPAGE_PMD_NR !== 0) say(`${where}: PMD not aligned`)
    if (!(run.bits & PTE_ZERO) && run.target % HPAGE_PMD_NR !== 0) say(`${where}: PMD of an unaligned folio`)
  } else {
    const first = Math.floor(run.start / HPAGE_PMD_NR)
    const last = Math.floor((run.end - 1) / HPAGE_PMD_NR)
    if (!mm.tables.covers(first, last + 1)) say(`${where}: no page table`)
  }
}

function counterOf(bits: number): 'anon' | 'shmem' | 'file' | 'hugetlb' {
  if (bits & PG_HUGETLB) return 'hugetlb'
  if (bits & PG_ANON) return 'anon'
  return bits & PG_SHMEM ? 'shmem' : 'file'
}

const overlap = (run: Run, start: number, end: number): number =>
  Math.max(0, Math.min(run.end, end) - Math.max(run.start, start))

/** How many references each position of a line has: the sum of ranges laid over one another. */
class Tally {
  readonly #steps = new Map<number, number>()

  add(start: number, end: number): void {
    this.#steps.set(start, (this.#steps.get(start) ?? 0) + 1)
    this.#steps.set(end, (this.#steps.get(end) ?? 0) - 1)
  }

  /** Runs of equal counts that are not 0. */
  runs(): { start: number; end: number; count: number }[] {
    const found: { start: number; end: number; count: number }[] = []
    let count = 0
    let start = 0
    for (const [at, change] of [...this.#steps].sort(([a], [b]) => a - b)) {
      if (count !== 0 && at > start) found.push({ start, end: at, count })
      count += change
      start = at
    }
    return found
  }
}

/** Says where the counts of a tally and of the runs differ. */
function compare<R extends Run>(
  say: Say,
  what: string,
  tally: Tally,
  runs: readonly R[],
  count: (run: R) => number,
): void {
  const expected = tally.runs()
  for (const run of runs) {
    let at = run.start
    for (const part of expected) {
      if (part.end <= run.start || part.start >= run.end) continue
      if (part.start > at) equal(say, `${what} of ${at}`, count(run), 0)
      equal(say, `${what} of ${Math.max(at, part.start)}`, count(run), part.count)
      at = part.end
    }
    if (at < run.end) equal(say, `${what} of ${at}`, count(run), 0)
  }
  for (const part of expected) {
    const there = runs.reduce((sum, run) => sum + overlap(run, part.start, part.end), 0)
    if (there !== length(part)) say(`${what}: [${part.start}, ${part.end}) is referred to and does not exist`)
  }
}

function checkFrames(k: Kernel, say: Say): void {
  sorted(say, 'frames', k.frames.items)
  const [small, pmd, cached, pinned] = [new Tally(), new Tally(), new Tally(), new Tally()]
  for (const mm of addressSpaces(k))
    for (const run of mm.pages.items)
      if (mapsFrames(run.bits)) (run.bits & PTE_PMD ? pmd : small).add(run.target, run.target + length(run))
  for (const cache of allCaches(k))
    for (const run of cache.pages.items)
      if (run.bits & PTE_PRESENT) cached.add(run.target, run.target + length(run))
  for (const task of k.tasks) for (const { start, end } of task.buffer?.frames ?? []) pinned.add(start, end)
  const frames = k.frames.items
  compare(say, '_mapcount', small, frames, f => f.mapcount)
  compare(say, '_entire_mapcount', pmd, frames, f => f.pmdMapcount)
  compare(say, 'PG_CACHE', cached, frames, f => (f.bits & PG_CACHE ? 1 : 0))
  compare(say, 'pins', pinned, frames, f => f.pins)
  for (const frame of frames) checkFrame(k, frame, say)
}

/** Anonymous shared memory and hugetlb have page caches without a name. */
const allCaches = (k: Kernel): Set<PageCache> =>
  new Set([...k.caches, ...addressSpaces(k).flatMap(mm => mm.vmas.flatMap(({ file }) => file ?? []))])

function checkFrame(k: Kernel, frame: FrameRun, say: Say): void {
  const where = `frame [${frame.start}, ${frame.end})`
  const mapped = frame.mapcount + frame.pmdMapcount
  if (frame.bits & PG_ANON_EXCLUSIVE && k.behaviour.anonExclusive && mapped > 1)
    say(`${where}: exclusive and mapped ${mapped} times`)
  if (!(frame.bits & PG_SWAPCACHE) !== frame.slot < 0) say(`${where}: swap cache flag and slot ${frame.slot}`)
  const held = mapped + frame.pins + (frame.bits & (PG_CACHE | PG_SWAPCACHE))
  if (frame.order === 0) {
    if (held === 0) say(`${where}: held by nothing`)
    return
  }
  const size = orderPages(frame.order)
  for (let head = folioStart(frame, frame.start); head < frame.end; head += size)
    checkFolio(k, head, size, frame, say)
}

function checkFolio(k: Kernel, head: number, size: number, of: FrameRun, say: Say): void {
  const parts = k.frames.over(head, head + size)
  const where = `folio ${head} of order ${of.order}`
  if (parts.reduce((sum, part) => sum + overlap(part, head, head + size), 0) !== size)
    say(`${where}: pages are missing`)
  const held = (f: FrameRun) => f.mapcount + f.pmdMapcount + f.pins + (f.bits & (PG_CACHE | PG_SWAPCACHE))
  if (parts.every(part => held(part) === 0)) say(`${where}: held by nothing`)
  for (const part of parts) {
    if (part.order !== of.order) say(`${where}: a page of order ${part.order}`)
    if ((part.bits ^ of.bits) & PG_FOLIO) say(`${where}: flags ${part.bits} and ${of.bits}`)
    if (part.mlockCount !== of.mlockCount)
      say(`${where}: mlock_count ${part.mlockCount} and ${of.mlockCount}`)
    if (part.pmdMapcount !== of.pmdMapcount) say(`${where}: _entire_mapcount differs`)
  }
}

function checkSwap(k: Kernel, say: Say): void {
  sorted(say, 'swap', k.swap.items)
  const entries = new Tally()
  for (const { pages } of [...addressSpaces(k), ...allCaches(k)])
    for (const run of pages.items) if (run.bits & PTE_SWAP) entries.add(run.target, run.target + length(run))
  compare(say, 'swap count', entries, k.swap.items, run => run.count)
  for (const slot of k.swap.items) {
    if (slot.pfn < 0) continue
    for (const frame of k.frames.over(slot.pfn, slot.pfn + length(slot))) {
      const at = Math.max(frame.start, slot.pfn)
      if (frame.slot + (at - frame.start) !== slot.start + (at - slot.pfn))
        say(`swap slot ${slot.start}: frame ${at} is in the swap cache for another`)
    }
  }
}

function checkPool(k: Kernel, say: Say): void {
  const used = k.frames.items
    .filter(({ bits }) => bits & PG_HUGETLB)
    .reduce((sum, run) => sum + length(run), 0)
  equal(say, 'HugePages_Free', k.pool.free, k.host.hugetlbPages - used / HPAGE_PMD_NR)
  if (k.pool.reserved < 0 || k.pool.reserved > k.pool.free)
    say(`hugetlb pool: ${k.pool.reserved} promised of ${k.pool.free}`)
}
