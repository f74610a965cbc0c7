/** First access to private anonymous memory: mm/memory.c. */
import { alignDown, alignUp, HPAGE_PMD_NR, orderPages } from '../units.ts'
import { anonVmaPrepare } from './anon-vma.ts'
import { blockIsFree, mthpOrders, newAnonBits, thpAllowed } from './huge-memory.ts'
import { type Kernel, type Task } from './kernel.ts'
import {
  PG_MLOCKED,
  PG_SWAPBACKED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_WRITE,
  PTE_ZERO,
  VM_DROPPABLE,
  VM_WRITE,
  type Vma,
} from './mm-types.ts'
import { emptyUntil, setPtes } from './pgtable.ts'
import { allocFolios } from './rmap.ts'

/** End of the stretch from `vpn` on in which no fault can be huge. */
function smallUntil(k: Kernel, vma: Vma, vpn: number, end: number): number {
  const limit = emptyUntil(vma.mm, vpn, end)
  if (!thpAllowed(k, vma)) return limit
  for (let block = alignUp(vpn + 1, HPAGE_PMD_NR); block < limit; block += HPAGE_PMD_NR)
    if (blockIsFree(vma, block)) return block
  return limit
}

/**
 * Kernel: do_anonymous_page(), mm/memory.c
 * Reads map the zero page, writes a folio of the largest enabled size below 2 MiB that fits.
 */
export function doAnonymousPage(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  end: number,
  write: boolean,
): number {
  const limit = smallUntil(k, vma, vpn, end)
  if (!write) {
    setPtes(vma.mm, vpn, limit, 0, PTE_PRESENT | PTE_ZERO)
    task.minflt += limit - vpn
    k.spend('mapZeroPage', limit - vpn)
    return limit
  }
  anonVmaPrepare(k, vma)
  const orders = mthpOrders(k, vma)
  if (orders.length > 0) return doMthpFault(k, task, vma, vpn, limit, orders)
  return mapNewSmallPages(k, task, vma, vpn, limit)
}

function mapNewSmallPages(k: Kernel, task: Task, vma: Vma, vpn: number, end: number): number {
  mapNewAnon(k, vma, vpn, end, 0)
  task.minflt += end - vpn
  return end
}

/** Maps new anonymous folios of one order at [start, end), which must be empty: cleared, or to be copied into. */
export function mapNewAnon(
  k: Kernel,
  vma: Vma,
  start: number,
  end: number,
  order: number,
  fill: 'cleared' | 'copied' = 'cleared',
): void {
  const bits = vma.flags & VM_DROPPABLE ? newAnonBits(vma) & ~PG_SWAPBACKED : newAnonBits(vma)
  const nr = end - start
  const pfn = allocFolios(k, nr, {
    order,
    bits,
    mapcount: 1,
    mlockCount: bits & PG_MLOCKED && k.behaviour.mlockCount ? 1 : 0,
  })
  const access = vma.flags & VM_WRITE ? PTE_WRITE | PTE_DIRTY : 0
  setPtes(vma.mm, start, end, pfn, PTE_PRESENT | access)
  vma.mm.rssAnon += nr
  if (order === 0) {
    k.spend(fill === 'cleared' ? 'clearSmallPage' : 'copyPage', nr)
    k.spend('mapAnonPage', nr)
  } else {
    k.spend(fill === 'cleared' ? 'clearLargePage' : 'copyPage', nr)
    k.spend('mapAnonFolio', nr / orderPages(order))
  }
}

/** alloc_anon_folio(): the largest order whose aligned block around the fault is inside the area and empty. */
function doMthpFault(
  k: Kernel,
  task: Task,
  vma: Vma,
  vpn: number,
  limit: number,
  orders: readonly number[],
): number {
  const mm = vma.mm
  let nextLarger = Infinity
  for (const order of orders) {
    const size = orderPages(order)
    const base = alignDown(vpn, size)
    if (base < vma.start || base + size > vma.end || mm.pages.any(base, base + size)) {
      nextLarger = Math.min(nextLarger, base + size)
      continue
    }
    const room = emptyUntil(mm, vpn, Math.min(vma.end, alignUp(limit, size)))
    const folios = Math.max(1, Math.floor((Math.min(room, nextLarger) - base) / size))
    mapNewAnon(k, vma, base, base + folios * size, order)
    task.minflt += folios
    return base + folios * size
  }
  const smallest = orderPages(orders[orders.length - 1] ?? 0)
  return mapNewSmallPages(k, task, vma, vpn, Math.min(limit, alignUp(vpn + 1, smallest)))
}
