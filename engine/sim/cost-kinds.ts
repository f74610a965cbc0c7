/**
 * What is known of each kind of work before anything is fitted: what a unit is, and what it may cost on a desktop
 * processor of 2020 at 4 to 5 GHz. A kind that measured rows determine leaves its value behind; the others keep it.
 */
import type { WorkKind } from '../work.ts'

/** Knowledge of a unit cost before a fit: a value and how far it may be off. */
export interface CostPrior {
  readonly kind: WorkKind
  readonly meaning: string
  readonly ns: number
  readonly spreadNs: number
  readonly beyondCacheNs: number
  readonly beyondCacheSpreadNs: number
  readonly source: string
}

const GUESS = 'order of magnitude of such a step on a desktop processor of 2020'

/**
 * The factor brings them to the machine of the default table: MADV_POPULATE_READ of anonymous memory, which both
 * machines did, took 115 ns a page there and 105 ns where these were measured.
 */
const MEASURED =
  'measured on a virtual machine with Linux 6.18 (64 MiB, shortest of 7 runs), times 1.1: the ratio of what both machines did'
const LIKE_ANON = 'taken for that of an anonymous page, until a machine is calibrated'
const TWO_MEASURED =
  'measured on two virtual machines with Linux 6.18 (mlock of present pages 282 and 112 ns a page, munlock 149 and 74), each scaled by MADV_POPULATE_READ of anonymous memory, and averaged'
const ZRAM_PATH =
  'swap to zram with lz4 takes 1.25 to 2.5 us a page all in all, of which the device is about half'

function prior(
  kind: WorkKind,
  ns: number,
  spreadNs: number,
  meaning: string,
  source: string = GUESS,
  beyondCache: readonly [ns: number, spreadNs: number] = [0, 0],
): CostPrior {
  const [beyondCacheNs, beyondCacheSpreadNs] = beyondCache
  return { kind, meaning, ns, spreadNs, beyondCacheNs, beyondCacheSpreadNs, source }
}

/** One for every kind of work, in the order in which people read them. */
export const COST_PRIORS: readonly CostPrior[] = [
  prior('systemCall', 300, 300, 'Into the kernel and back by a system call.'),
  prior(
    'trap',
    120,
    100,
    'Page fault exception: from user code into the handler and back, with mitigations.',
  ),
  prior('handleFault', 60, 60, 'One fault served: area found, page table walked, entry locked.'),
  prior(
    'retryFault',
    40,
    40,
    'A fault gives up the lock after dirtying a page and goes through the handler again.',
  ),
  prior(
    'touchPage',
    5,
    10,
    'User code reads or writes one byte of a page that is mapped. Beyond the caches: a line from memory and a walk of the page tables.',
    GUESS,
    [70, 50],
  ),
  prior('populateStep', 25, 25, 'One entry looked at by get_user_pages().'),
  prior(
    'clearSmallPage',
    100,
    60,
    'A page of 4 KiB is filled with zeroes. Beyond the caches: its lines go to memory.',
    GUESS,
    [230, 100],
  ),
  prior(
    'clearLargePage',
    60,
    30,
    '4 KiB of a larger page are filled with zeroes. Beyond the caches: its lines go to memory.',
    GUESS,
    [280, 100],
  ),
  prior(
    'copyPage',
    150,
    100,
    'A page of 4 KiB is read and written elsewhere. Beyond the caches: lines from and to memory.',
    GUESS,
    [280, 120],
  ),
  prior('mapZeroPage', 10, 10, 'The entry of a page that reads as zero is set to the zero page.'),
  prior('mapHugeZeroPage', 1100, 500, 'The entry of 2 MiB is set to the huge zero page.', MEASURED),
  prior('mapAnonPage', 120, 80, 'A page is allocated, charged, put on the LRU, and its entry set.'),
  prior('mapAnonFolio', 400, 300, 'The same for a folio of several pages.'),
  prior(
    'mapHugePage',
    1500,
    1000,
    'The same for 2 MiB with one entry, a page table kept in reserve.',
    MEASURED,
  ),
  prior('mapCachePage', 25, 20, 'The entry of a cached page is set, with its share of the reverse map.'),
  prior('faultAround', 60, 50, 'Fault-around looks through the cache for one window of 16 pages.'),
  prior('skipCachedPage', 8, 8, 'A cached page in such a window that is mapped already or not up to date.'),
  prior(
    'allocShmemPage',
    180,
    100,
    'A page of shared memory is allocated, charged and entered into the cache. Beyond the caches: its struct page and tree node.',
    GUESS,
    [15, 15],
  ),
  prior('accountShmemPage', 25, 20, 'A page of a shared memory file is accounted by itself.'),
  prior('breakCow', 80, 60, 'A write-protected entry gives way to one of a copy: taken out, flushed.'),
  prior('makeWritable', 40, 40, 'A write-protected entry is made writable in place.'),
  prior('dirtySharedPage', 10, 10, 'A shared page is marked dirty.'),
  prior('filemapFault', 50, 40, 'A fault looks up and locks the cached page of a file on disk.'),
  prior('pageMkwrite', 300, 200, 'The file system prepares for the first write to a page.'),
  prior('reserveBlock', 80, 60, 'It sets a block aside for a page in a hole.'),
  prior(
    'allocExtent',
    2000,
    1500,
    'fallocate gives a file on disk a run of blocks: a change to journal and inode.',
  ),
  prior('allocBlock', 2, 2, 'A block of 4 KiB in such a run: bits of the map of free blocks.'),
  prior(
    'addFilePage',
    120,
    80,
    'A page is allocated for the cache of a file on disk and entered. Beyond the caches: its struct page and tree node.',
    GUESS,
    [20, 20],
  ),
  prior('readFilePage', 200, 200, 'The processor’s part in reading a page from the disk.'),
  prior('hugetlbFault', 300, 300, 'A hugetlb page is taken from the pool and mapped.'),
  prior('splitPmd', 6000, 3000, 'An entry of 2 MiB is replaced by a table of 512.', MEASURED),
  prior('splitFolio', 180000, 80000, 'A folio of 2 MiB is split into pages.', MEASURED),
  prior(
    'collapseFolio',
    20000,
    10000,
    'Pages are replaced by a folio of 2 MiB, copying apart.',
    'measured on a virtual machine with Linux 6.18: 300 to 570 us a folio, nearly all of it copying',
  ),
  prior('mlockFolio', 46, 20, 'A folio is marked mlocked and moved off the LRU lists.', TWO_MEASURED),
  prior('munlockFolio', 45, 20, 'A folio is unmarked and moved back.', TWO_MEASURED),
  prior('walkPage', 10, 6, 'A small entry on a walk that changes locks.', TWO_MEASURED),
  prior('walkPmd', 200, 150, 'A 2 MiB entry on such a walk.', MEASURED),
  prior('changeVma', 550, 200, 'An area is made, split, merged or changed.', MEASURED),
  prior('findVma', 50, 50, 'An area is looked up.'),
  prior('zapPage', 35, 20, 'An entry is removed, and its share of the reverse map.', MEASURED),
  prior(
    'zapCachePage',
    35,
    20,
    'The same of a page of a page cache, which is told if it was written.',
    LIKE_ANON,
  ),
  prior('zapPmd', 280, 100, 'A 2 MiB entry is removed.', MEASURED),
  prior('freePage', 40, 20, 'A page goes back to the allocator.', MEASURED),
  prior('freeCachePage', 40, 20, 'A page leaves its page cache and goes back to the allocator.', LIKE_ANON),
  prior(
    'freeFolio',
    2500,
    1000,
    'A larger folio goes back to the allocator as one, or a huge page to its pool.',
    MEASURED,
  ),
  prior('freeHugePage', 2500, 1000, 'A transparent huge page goes back to the allocator.', MEASURED),
  prior('copyPte', 36, 12, 'fork copies an entry and counts its page once more.', MEASURED),
  prior('copyPmd', 400, 300, 'fork copies a 2 MiB entry.', MEASURED),
  prior('protectPage', 18, 5, 'mprotect changes an entry.', MEASURED),
  prior('movePte', 12, 4, 'mremap moves an entry.', MEASURED),
  prior('movePmd', 500, 200, 'mremap moves a 2 MiB entry.', MEASURED),
  prior('swapOutPage', 700, 400, 'The processor’s part in writing a page to swap.', ZRAM_PATH),
  prior('swapInPage', 700, 400, 'The processor’s part in reading a page from swap.', ZRAM_PATH),
  prior('pinPage', 47, 15, 'A page is pinned.', MEASURED),
  prior('unpinPage', 9, 5, 'A page is unpinned.', MEASURED),
]
