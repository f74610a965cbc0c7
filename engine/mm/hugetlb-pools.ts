/** Pools of huge pages of any size, as numbers per node: mm/hugetlb.c. Quantities are huge pages unless named otherwise. */
import { refuse, type Refusal } from '../errno.ts'
import { PAGE_SIZE } from '../units.ts'
import { addPages, inTurns, sumOf, takeSurplus, type HugetlbNode } from './hugetlb-nodes.ts'

/** One size: nr_hugepages is `total - surplus` over all nodes. */
export interface HugetlbPool {
  /** 2 MiB or 1 GiB. */
  readonly pageBytes: number
  readonly nodes: readonly HugetlbNode[]
  /** Promised to mappings and not yet touched: HugePages_Rsvd. */
  readonly reserved: number
  /** nr_overcommit_hugepages */
  readonly overcommit: number
}

export function newHugetlbPool(pageBytes: number, nodes: number, overcommit = 0): HugetlbPool {
  const empty = { total: 0, free: 0, surplus: 0 }
  return { pageBytes, nodes: Array.from({ length: nodes }, () => empty), reserved: 0, overcommit }
}

/** HugePages_Total, _Free and _Surp: sums over the nodes. */
export function poolSum(pool: HugetlbPool, of: keyof HugetlbNode): number {
  return pool.nodes.reduce((sum, node) => sum + node[of], 0)
}

/** Pages of 4 KiB that the pool takes from the host, used or not. */
export function poolRamPages(pool: HugetlbPool): number {
  return (poolSum(pool, 'total') * pool.pageBytes) / PAGE_SIZE
}

export interface PoolChange {
  readonly pool: HugetlbPool
  /** Huge pages that came from (or went back to) each node's memory. */
  readonly moved: readonly number[]
}

/**
 * Kernel: set_max_huge_pages(), mm/hugetlb.c
 * Brings the pool to `wanted` pages in all, taking turns among the nodes; surplus pages are taken over first. `available` is
 * how many each node has (see huge-availability.ts): there may be fewer than wanted, and nobody is told. Pages that are
 * in use or promised are not given back, they become surplus.
 */
export function setMaxHugePages(pool: HugetlbPool, wanted: number, available: readonly number[]): PoolChange {
  const own = poolSum(pool, 'total') - poolSum(pool, 'surplus')
  if (wanted < own) return shrinkPool(pool, wanted)
  const fromSurplus = Math.min(wanted - own, poolSum(pool, 'surplus'))
  const nodes = takeSurplus(pool.nodes, -fromSurplus)
  const parts = inTurns(wanted - own - fromSurplus, available)
  return { pool: { ...pool, nodes: addPages(nodes, parts) }, moved: parts }
}

function shrinkPool(pool: HugetlbPool, wanted: number): PoolChange {
  const total = poolSum(pool, 'total')
  const surplus = poolSum(pool, 'surplus')
  const kept = Math.max(wanted, pool.reserved + total - poolSum(pool, 'free'))
  const parts = inTurns(
    Math.max(0, total - surplus - kept),
    pool.nodes.map(node => node.free),
  )
  const removed = parts.map(part => -part)
  const nodes = addPages(pool.nodes, removed)
  const left = nodes.reduce((sum, node) => sum + node.total - node.surplus, 0)
  return { pool: { ...pool, nodes: takeSurplus(nodes, left - wanted) }, moved: removed }
}

/** Boot: `hugepages=0:32,1:32` names the count of each node; a bare count is spread over all. */
export function bootHugePages(pool: HugetlbPool, perNode: readonly number[]): PoolChange {
  return { pool: { ...pool, nodes: addPages(pool.nodes, perNode) }, moved: perNode }
}

/**
 * Kernel: hugetlb_acct_memory(), gather_surplus_pages(), mm/hugetlb.c
 * Promises `delta` pages to a mapping. What is not free is allocated as surplus, within nr_overcommit_hugepages and
 * `available`; a negative delta gives a promise back, and surplus pages that nobody needs with it.
 */
export function hugetlbAcctMemory(
  pool: HugetlbPool,
  delta: number,
  available: readonly number[],
): PoolChange | Refusal {
  const unmoved = pool.nodes.map(() => 0)
  if (delta <= 0) return returnUnusedSurplus({ ...pool, reserved: Math.max(0, pool.reserved + delta) })
  const free = poolSum(pool, 'free')
  const needed = pool.reserved + delta - free
  const reserved = pool.reserved + delta
  if (needed <= 0) return { pool: { ...pool, reserved }, moved: unmoved }
  const mayAdd = Math.max(0, pool.overcommit - poolSum(pool, 'surplus'))
  const parts = inTurns(needed, available)
  if (needed > mayAdd || sumOf(parts) < needed)
    return refuse('ENOMEM', 'hugetlb pool', { asked: delta, counted: pool.reserved, limit: free })
  const nodes = addPages(pool.nodes, parts).map((node, at) => ({
    ...node,
    surplus: node.surplus + (parts[at] ?? 0),
  }))
  return { pool: { ...pool, nodes, reserved }, moved: parts }
}

/**
 * Kernel: dequeue_hugetlb_folio_vma(), mm/hugetlb.c
 * A touch: takes one free page of each asked for, from `node` first. Promised pages may be taken by those that they
 * were promised to alone; returns null if there are not enough, which the process sees as SIGBUS.
 */
export function dequeueHugePages(
  pool: HugetlbPool,
  count: number,
  promised: boolean,
  node = 0,
): HugetlbPool | null {
  const usable = poolSum(pool, 'free') - (promised ? 0 : pool.reserved)
  if (count > usable) return null
  let left = count
  const order = pool.nodes.map((_, at) => (at + node) % pool.nodes.length)
  const nodes = [...pool.nodes]
  for (const at of order) {
    const from = nodes[at] as HugetlbNode
    const part = Math.min(left, from.free)
    nodes[at] = { ...from, free: from.free - part }
    left -= part
  }
  return { ...pool, nodes, reserved: promised ? pool.reserved - count : pool.reserved }
}

/**
 * Kernel: free_huge_folio(), mm/hugetlb.c
 * Pages of `node` come back: a node with surplus gives them to the host, otherwise they stay in the pool.
 */
export function freeHugePages(pool: HugetlbPool, count: number, node = 0): PoolChange {
  const moved = pool.nodes.map(() => 0)
  const from = pool.nodes[node]
  if (from === undefined) return { pool, moved }
  const given = Math.min(count, from.surplus)
  moved[node] = -given
  const nodes = pool.nodes.with(node, {
    total: from.total - given,
    free: from.free + count - given,
    surplus: from.surplus - given,
  })
  return { pool: { ...pool, nodes }, moved }
}

/** return_unused_surplus_pages(): surplus pages that are free and promised to nobody go. */
function returnUnusedSurplus(pool: HugetlbPool): PoolChange {
  const spare = Math.max(0, poolSum(pool, 'free') - pool.reserved)
  const parts = inTurns(
    Math.min(spare, poolSum(pool, 'surplus')),
    pool.nodes.map(node => Math.min(node.free, node.surplus)),
  ).map(part => -part)
  const nodes = addPages(pool.nodes, parts).map((node, at) => ({
    ...node,
    surplus: node.surplus + (parts[at] ?? 0),
  }))
  return { pool: { ...pool, nodes }, moved: parts }
}
