/**
 * What a kernel can do, found by trying: one test for each change that a few calls tell apart. Everything is done on
 * memory mapped for the test, and given back.
 */
import { readFileSync } from 'node:fs'
import { errnoName } from '../libc.ts'
import { parseSmaps, type SmapsEntry } from '../smaps.ts'
import {
  ADVICE_NUMBERS,
  MAP_ANONYMOUS,
  MAP_DROPPABLE,
  MAP_PRIVATE,
  MAP_SHARED,
  MLOCK2_BITS,
  MREMAP_BITS,
  PR_SET_THP_DISABLE,
  PROT_BITS,
  THP_DISABLE_EXCEPT_ADVISED,
} from '../system-calls.ts'
import type { Caller } from './caller.ts'

/** Whether the kernel has a change, or why the test could not tell. */
export type Tried = boolean | { readonly untold: string }

export interface FeatureTest {
  /** Id of the change in `engine/kernels/changes.ts`. */
  readonly change: string
  /** The call that is tried, for people. */
  readonly by: string
  readonly run: (caller: Caller) => Tried
}

const PAGE = 4096n
const HUGE_PAGE = 2n << 20n
const EINVAL = -22n
const ENOMEM = -12n
const ENOSYS = -38n
/** mremap moves, so that there must be room. */
const DONTUNMAP = MREMAP_BITS.maymove | MREMAP_BITS.dontunmap

const untold = (untold: string): Tried => ({ untold })
const named = (value: bigint): string => (value < 0n ? errnoName(Number(-value)) : 'success')

/** Fresh memory for a test; mapped twice as large, so that it can begin at a multiple of `alignment`. */
function withMemory(caller: Caller, bytes: bigint, flags: number, test: (address: bigint) => Tried): Tried {
  const alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : PAGE
  const whole = bytes + alignment
  const mapped = caller.call('mmap', 0, whole, PROT_BITS.rw, flags, -1, 0)
  if (mapped < 0n) return untold(`mmap: ${named(mapped)}`)
  try {
    return test((mapped + alignment - 1n) & ~(alignment - 1n))
  } finally {
    caller.call('munmap', mapped, whole)
  }
}

const ANON = MAP_PRIVATE | MAP_ANONYMOUS

/** An advice of no bytes is checked to exist, and then there is nothing to do: madvise(2). */
const advice = (change: string, name: keyof typeof ADVICE_NUMBERS): FeatureTest => ({
  change,
  by: `madvise of no bytes with MADV_${name.toUpperCase()}`,
  run: caller =>
    withMemory(caller, PAGE, ANON, address => {
      const value = caller.call('madvise', address, 0, ADVICE_NUMBERS[name])
      return value === 0n ? true : value === EINVAL ? false : untold(`madvise: ${named(value)}`)
    }),
})

/** The flags that smaps shows of the area at an address. */
function flagsAt(caller: Caller, address: bigint): readonly string[] {
  const at = Number(address)
  const lines = caller.smaps().split('\n')
  const from = lines.findIndex(line => {
    const [, start = '', end = ''] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line) ?? []
    return Number.parseInt(start, 16) <= at && at < Number.parseInt(end, 16)
  })
  const flags = lines.slice(from).find(line => line.startsWith('VmFlags:'))
  return flags?.split(/\s+/).slice(1) ?? []
}

const areaAt = (caller: Caller, address: bigint): SmapsEntry | undefined =>
  parseSmaps(caller.smaps()).find(({ start, end }) => start <= Number(address) && Number(address) < end)

/** Kernels that do not know the move refuse its flag. */
const dontunmap = (change: string, flags: number, what: string): FeatureTest => ({
  change,
  by: `mremap of ${what} memory with MREMAP_DONTUNMAP`,
  run: caller =>
    withMemory(caller, PAGE, flags | MAP_ANONYMOUS, address => {
      const value = caller.call('mremap', address, PAGE, PAGE, DONTUNMAP, 0)
      if (value >= 0n) caller.call('munmap', value, PAGE)
      return value >= 0n ? true : value === EINVAL ? false : untold(`mremap: ${named(value)}`)
    }),
})

const mlockedPages = (): number =>
  Number(/^nr_mlock (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1] ?? NaN)

/** Pages in a huge page, less what counters of each processor may still hold back. */
const MOST_OF_HUGE = 512 * 0.6

/**
 * Whether a step marks, or keeps marked, a whole huge page. The number of marked pages is the machine's, and others
 * lock memory too: two tries have to agree.
 */
function marksHugePage(
  caller: Caller,
  prepare: (address: bigint) => bigint,
  step: (address: bigint) => bigint,
): Tried {
  const once = (): Tried =>
    withMemory(caller, HUGE_PAGE, ANON, address => {
      caller.call('madvise', address, HUGE_PAGE, ADVICE_NUMBERS.hugepage)
      caller.touch(address)
      if (areaAt(caller, address)?.sizes.AnonHugePages !== 2048)
        return untold('no transparent huge page could be had')
      const before = mlockedPages()
      const failed = [prepare(address), step(address)].find(value => value < 0n)
      if (failed !== undefined) return untold(`mlock: ${named(failed)}`)
      return mlockedPages() - before > MOST_OF_HUGE
    })
  const [first, second] = [once(), once()]
  if (typeof first !== 'boolean') return first
  return first === second ? first : untold('others lock memory meanwhile')
}

/** The limit that the traced process has: {@link LIMITED_BYTES}. */
export const LIMITED_BYTES = 64 << 10

export const FEATURE_TESTS: readonly FeatureTest[] = [
  {
    change: 'mlock2',
    by: 'mlock2 of no bytes with MLOCK_ONFAULT',
    // EPERM, too, comes from a kernel that has the call: the limit is 0.
    run: caller => caller.call('mlock2', 0, 0, MLOCK2_BITS.onfault) !== ENOSYS,
  },
  advice('madv-free', 'free'),
  advice('madv-wipeonfork', 'wipeonfork'),
  advice('madv-cold-pageout', 'pageout'),
  dontunmap('mremap-dontunmap', MAP_PRIVATE, 'private'),
  dontunmap('mremap-dontunmap-shared', MAP_SHARED, 'shared'),
  advice('madv-populate', 'populate_write'),
  {
    change: 'secretmem',
    by: 'memfd_secret',
    run: caller => {
      const fd = caller.call('memfd_secret', 0)
      if (fd >= 0n) caller.call('close', fd)
      return fd >= 0n || untold(`memfd_secret: ${named(fd)}: it is absent, or off since boot`)
    },
  },
  {
    change: 'secretmem-per-user',
    by: 'a mapping of memfd_secret, and whether it is locked at once',
    run: caller => {
      const fd = caller.call('memfd_secret', 0)
      if (fd < 0n) return untold(`memfd_secret: ${named(fd)}: it is absent, or off since boot`)
      try {
        caller.call('ftruncate', fd, PAGE)
        const address = caller.call('mmap', 0, PAGE, PROT_BITS.rw, MAP_SHARED, fd, 0)
        if (address < 0n) return untold(`mmap: ${named(address)}`)
        const isLocked = flagsAt(caller, address).includes('lo')
        caller.call('munmap', address, PAGE)
        return !isLocked
      } finally {
        caller.call('close', fd)
      }
    },
  },
  advice('madv-dontneed-locked', 'dontneed_locked'),
  advice('madv-collapse', 'collapse'),
  {
    change: 'smaps-lf',
    by: 'the flags in smaps of a page locked on fault',
    run: caller =>
      withMemory(caller, PAGE, ANON, address => {
        const value = caller.call('mlock2', address, PAGE, MLOCK2_BITS.onfault)
        if (value < 0n) return untold(`mlock2: ${named(value)}`)
        return flagsAt(caller, address).includes('lf')
      }),
  },
  {
    change: 'remove-needs-may-write',
    by: 'MADV_REMOVE through a shared mapping that was made read-only',
    run: caller =>
      withMemory(caller, PAGE, MAP_SHARED | MAP_ANONYMOUS, address => {
        caller.call('mprotect', address, PAGE, PROT_BITS.r)
        const value = caller.call('madvise', address, PAGE, ADVICE_NUMBERS.remove)
        return value === 0n ? true : value === -13n ? false : untold(`madvise: ${named(value)}`)
      }),
  },
  {
    change: 'mlock-large-folios',
    by: 'mlock of a huge page that small entries map, and what it adds to nr_mlock',
    run: caller =>
      marksHugePage(
        caller,
        address => {
          // An area of its own for one page takes the huge entry apart; then it is one area again.
          caller.call('madvise', address + 8n * PAGE, PAGE, ADVICE_NUMBERS.dontfork)
          return caller.call('madvise', address + 8n * PAGE, PAGE, ADVICE_NUMBERS.dofork)
        },
        address => caller.call('mlock', address, HUGE_PAGE),
      ),
  },
  {
    change: 'populate-stops-at-hole',
    by: 'MADV_POPULATE_WRITE over a hole, and whether what lies behind it is there',
    run: caller =>
      withMemory(caller, 3n * PAGE, ANON, address => {
        const last = address + 2n * PAGE
        // Small pages, so that the first does not bring the last.
        caller.call('madvise', address, 3n * PAGE, ADVICE_NUMBERS.nohugepage)
        caller.call('munmap', address + PAGE, PAGE)
        const value = caller.call('madvise', address, 3n * PAGE, ADVICE_NUMBERS.populate_write)
        if (value !== ENOMEM) return untold(`madvise: ${named(value)}`)
        return (areaAt(caller, last)?.sizes.Rss ?? 0) === 0
      }),
  },
  {
    change: 'map-droppable',
    by: 'mmap with MAP_DROPPABLE',
    run: caller => {
      const address = caller.call('mmap', 0, PAGE, PROT_BITS.rw, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0)
      if (address >= 0n) caller.call('munmap', address, PAGE)
      return address >= 0n ? true : address === EINVAL ? false : untold(`mmap: ${named(address)}`)
    },
  },
  advice('guard-regions', 'guard_install'),
  {
    change: 'mremap-growth-merges',
    by: 'mremap that fills a hole, and how many areas there are then',
    run: caller =>
      withMemory(caller, 8n * PAGE, ANON, address => {
        caller.call('munmap', address + 2n * PAGE, 2n * PAGE)
        const value = caller.call('mremap', address, 2n * PAGE, 4n * PAGE, 0, 0)
        if (value < 0n) return untold(`mremap: ${named(value)}`)
        return !parseSmaps(caller.smaps()).some(({ start }) => start === Number(address + 4n * PAGE))
      }),
  },
  {
    change: 'map-stack-nohugepage',
    by: 'the flags in smaps of a mapping with MAP_STACK',
    run: caller =>
      withMemory(caller, PAGE, ANON | 0x20000, address => flagsAt(caller, address).includes('nh')),
  },
  {
    change: 'mremap-several-areas',
    by: 'mremap of two areas at once to another place',
    run: caller =>
      withMemory(caller, 8n * PAGE, ANON, address => {
        caller.call('mprotect', address + PAGE, PAGE, PROT_BITS.r)
        const to = address + 4n * PAGE
        const value = caller.call('mremap', address, 2n * PAGE, 2n * PAGE, 3, to)
        return value === to ? true : value === -14n ? false : untold(`mremap: ${named(value)}`)
      }),
  },
  {
    change: 'mlock-large-at-map',
    by: 'mlock of a huge page whose entry is then taken apart, and what stays in nr_mlock',
    run: caller =>
      marksHugePage(
        caller,
        address => caller.call('mlock', address, HUGE_PAGE),
        address => caller.call('mprotect', address, HUGE_PAGE / 2n, PROT_BITS.r),
      ),
  },
  {
    change: 'thp-disable-except-advised',
    by: 'prctl PR_SET_THP_DISABLE that spares advised memory',
    run: caller => {
      // It would say so for all of a process that has other work.
      if (caller.kind !== 'traced process') return untold('it is only tried in a process of its own')
      const value = caller.call('prctl', PR_SET_THP_DISABLE, 1, THP_DISABLE_EXCEPT_ADVISED, 0, 0)
      if (value === 0n) caller.call('prctl', PR_SET_THP_DISABLE, 0, 0, 0, 0)
      return value === 0n ? true : value === EINVAL ? false : untold(`prctl: ${named(value)}`)
    },
  },
  {
    change: 'smaps-gu',
    by: 'the flags in smaps of an area with a guard region',
    run: caller =>
      withMemory(caller, PAGE, ANON, address => {
        if (caller.call('madvise', address, PAGE, ADVICE_NUMBERS.guard_install) < 0n) return false
        return flagsAt(caller, address).includes('gu')
      }),
  },
]

/** For the process with the limit {@link LIMITED_BYTES}. */
export const LIMITED_TESTS: readonly FeatureTest[] = [
  {
    change: 'mlock-counts-overlap-once',
    by: 'mlock of the same memory twice, all that the limit allows',
    run: caller =>
      withMemory(caller, BigInt(LIMITED_BYTES), ANON, address => {
        const first = caller.call('mlock', address, LIMITED_BYTES)
        if (first < 0n) return untold(`mlock: ${named(first)}`)
        const second = caller.call('mlock', address, LIMITED_BYTES)
        return second === 0n ? true : second === ENOMEM ? false : untold(`mlock: ${named(second)}`)
      }),
  },
]
