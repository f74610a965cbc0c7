/**
 * What one fault of the steady state costs, found by letting the model of the kernel take it: a small mapping like
 * the one in question, one touch, the work of that touch, priced. No figure is kept here.
 */
import type { KernelProfile } from '../kernels/releases.ts'
import type { Op } from '../op.ts'
import type { FileSpec, Machine } from '../program.ts'
import type { Backing } from '../scenario.ts'
import { HPAGE_PMD_SIZE, PAGE_SIZE } from '../units.ts'
import type { Phase, WorkKind } from '../work.ts'
import { costOfPhase, kindShares, type CostTable } from './costs.ts'
import { Replay, type Outcome } from './replay.ts'

/** A mapping as far as faults care. */
export interface FaultSite {
  readonly backing: Backing
  readonly sharing: 'private' | 'shared'
  readonly prot: 'r' | 'rw'
  readonly advice: 'hugepage' | 'nohugepage' | 'normal'
  readonly lock: 'none' | 'locked' | 'onfault'
}

/** One fault. */
export interface FaultCost {
  readonly ns: number
  /** Pages that it maps: 1, 16 around a cached page, 512 of a huge page. */
  readonly mappedPages: number
  readonly kinds: ReadonlyMap<WorkKind, number>
}

export interface FaultCosts {
  /** First touch of memory that is not there. */
  readonly firstRead: FaultCost
  readonly firstWrite: FaultCost
  /** A page that was swapped out, without the device's share. */
  readonly swapIn: FaultCost
}

const AREA_BYTES = 4 * HPAGE_PMD_SIZE

/** Prices the faults of `site` on a kernel and a machine. */
export function faultCosts(
  site: FaultSite,
  profile: KernelProfile,
  machine: Machine,
  costs: CostTable,
): FaultCosts {
  const touch = (access: 'read' | 'write', prepared: readonly Op[]): FaultCost => {
    const replay = new Replay(probe(site, machine), { profile })
    for (const op of [mapOp(site), ...adviceOps(site), ...prepared]) replay.apply(op)
    const rss = residentPages(replay)
    const fault = replay.apply({ op: 'touch', on: 'a', offset: 0, length: PAGE_SIZE, access })
    return costOf(fault, Math.max(1, residentPages(replay) - rss), costs)
  }
  const access = site.prot === 'r' ? 'read' : 'write'
  const swapped: Op[] = [
    { op: 'touch', on: 'a', length: PAGE_SIZE, access },
    { op: 'munlock', on: 'a', length: AREA_BYTES },
    { op: 'madvise', on: 'a', length: PAGE_SIZE, advice: 'pageout' },
  ]
  const lock = lockOps(site)
  return {
    firstRead: touch('read', lock),
    firstWrite: touch(access, lock),
    swapIn: touch('read', site.backing.startsWith('hugetlb') ? lock : swapped),
  }
}

function costOf(outcome: Outcome, mappedPages: number, costs: CostTable): FaultCost {
  const kinds = new Map<WorkKind, number>()
  let ns = 0
  for (const phase of outcome.phases) {
    ns += costOfPhase(costs, phase)
    addShares(kinds, phase, costs)
  }
  return { ns, mappedPages, kinds }
}

function addShares(kinds: Map<WorkKind, number>, phase: Phase, costs: CostTable): void {
  for (const [kind, ns] of kindShares(costs, phase)) kinds.set(kind, (kinds.get(kind) ?? 0) + ns)
}

function residentPages(replay: Replay): number {
  const mm = replay.kernel.tasks[0]?.mm
  return mm === undefined ? 0 : mm.rssAnon + mm.rssFile + mm.rssShmem + mm.hugetlbPages
}

function probe(site: FaultSite, machine: Machine) {
  const file = fileKind(site.backing)
  const files: Record<string, FileSpec> = file === null ? {} : { f: { kind: file, bytes: AREA_BYTES } }
  return {
    format: 'mlock-replay/1' as const,
    name: 'probe',
    machine: { ...machine, swapBytes: 2 ** 30, hugetlb: { '2M': 8 } },
    process: { rlimitMemlock: 'unlimited' as const, capIpcLock: true },
    files,
    ops: [mapOp(site)],
  }
}

function fileKind(backing: Backing): FileSpec['kind'] | null {
  return backing === 'memfd' ? 'memfd' : backing === 'file' ? 'file' : null
}

function mapOp(site: FaultSite): Op {
  const huge = site.backing.startsWith('hugetlb') ? (['hugetlb'] as const) : []
  const file = fileKind(site.backing) === null ? {} : { file: 'f' }
  return { op: 'mmap', as: 'a', length: AREA_BYTES, prot: site.prot, flags: [site.sharing, ...huge], ...file }
}

function adviceOps(site: FaultSite): Op[] {
  return site.advice === 'normal' ? [] : [{ op: 'madvise', on: 'a', length: AREA_BYTES, advice: site.advice }]
}

/** Locks without populating, where the kernel can. */
function lockOps(site: FaultSite): Op[] {
  return site.lock === 'none' ? [] : [{ op: 'mlock2', on: 'a', length: AREA_BYTES, flags: ['onfault'] }]
}
