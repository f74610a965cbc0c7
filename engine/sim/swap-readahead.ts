/**
 * How many neighbours a swap fault reads, and how many of them are of use. The rules for one fault are in
 * `engine/mm/swap.ts`; here they are followed to where they settle.
 */

export interface ReadaheadAccess {
  /** vm.page-cluster: up to 2 to its power pages are read at once. */
  readonly pageCluster: number
  /** Share of the faults that go on where the last one stopped; 0 for random access, 1 for a scan. */
  readonly sequentialShare: number
  /** Share of neighbouring pages that are swapped out too: those in memory are not read. */
  readonly swappedNeighbourShare: number
  /** zram and the like: a page that one process alone uses is read without neighbours. */
  readonly synchronousDevice: boolean
}

export interface Readahead {
  /** Pages that one reading fault reads in the mean, its own included. */
  readonly windowPages: number
  /** Share of accesses to swapped pages that find the page read already: minor faults instead of major ones. */
  readonly hitShare: number
  /** Pages read by page used: 1 means nothing is read in vain. */
  readonly readsPerUse: number
}

/**
 * Window and hits of read-ahead once it has settled: the window grows with the hits since the last fault, halves at most
 * per fault, and falls to one page without hits.
 * Estimate: mean-field; faults of several threads share one window in the kernel (per area since 4.14), which this ignores.
 * Random access and pure scans come out as the rule says (1 page; the whole cluster); mixtures were not measured.
 */
export function settledReadahead(access: ReadaheadAccess): Readahead {
  if (access.synchronousDevice || access.pageCluster === 0)
    return { windowPages: 1, hitShare: 0, readsPerUse: 1 }
  const most = 2 ** access.pageCluster
  let window = most
  for (let fault = 0; fault < 2 * access.pageCluster + 2; fault++) {
    const hits = (window - 1) * access.sequentialShare
    window = Math.max(nextWindow(hits, access.sequentialShare, most), Math.floor(window / 2))
  }
  return outcome(1 + (window - 1) * access.swappedNeighbourShare, access.sequentialShare)
}

/** The rule of __swapin_nr_pages() for a mean number of hits. */
function nextWindow(hits: number, sequentialShare: number, most: number): number {
  if (hits < 0.5) return sequentialShare >= 0.5 ? Math.min(2, most) : 1
  let pages = 4
  while (pages < hits + 2) pages *= 2
  return Math.min(pages, most)
}

function outcome(windowPages: number, sequentialShare: number): Readahead {
  const usedAhead = (windowPages - 1) * sequentialShare
  return {
    windowPages,
    hitShare: usedAhead / (1 + usedAhead),
    readsPerUse: windowPages / (1 + usedAhead),
  }
}
