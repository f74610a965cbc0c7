import { describe, expect, it } from 'vitest'
import type { Params } from '../../../engine/scenario.ts'
import { STRATEGIES } from '../../../engine/strategies/index.ts'
import { refusalsOf, runJob } from '../../support/plans.ts'

const MIB = 2 ** 20

/** 64 MiB of anonymous memory, and what a strategy makes of it on 6.18 before anything else happens. */
function guest(strategy: string, more: { params?: Params; area?: object; kernel?: string } = {}) {
  const area = { name: 'ram', bytes: 64 * MIB, ...more.area }
  const { counters, actions } = runJob({
    kind: 'generic',
    params: { areas: JSON.stringify([area]), ops: '[]' },
    strategy,
    ...(more.params === undefined ? {} : { strategyParams: more.params }),
    ...(more.kernel === undefined ? {} : { kernel: more.kernel }),
  })
  const { lockedVm, rssAnon, rssShmem, rssFile, hugetlb, pinnedVm, minorFaults } = counters
  const rss = rssAnon + rssShmem + rssFile - 1 // the page that the process starts with
  return { VmLck: lockedVm, VmPin: pinnedVm, rss, hugetlb, faults: minorFaults, refused: refusalsOf(actions) }
}

/** Pages of 64 MiB. */
const ALL = 16384
const HUGE = 32

/** Faults that a call runs into count like those of the program. */
describe('a guest of 64 MiB under each strategy on 6.18: VmLck, VmPin, resident, huge pages, faults', () => {
  const rows: readonly (readonly [string, number, number, number, number, number])[] = [
    ['none', 0, 0, 0, 0, 0],
    // The zero page is not resident memory.
    ['touch-read', 0, 0, 0, 0, ALL],
    ['touch-write', 0, 0, ALL, 0, ALL],
    ['touch-read-write', 0, 0, ALL, 0, 2 * ALL],
    ['map-populate', 0, 0, ALL, 0, ALL],
    ['map-locked', ALL, 0, ALL, 0, ALL],
    ['mlock', ALL, 0, ALL, 0, ALL],
    ['mlock-onfault', ALL, 0, 0, 0, 0],
    ['onfault-populate', ALL, 0, ALL, 0, ALL],
    ['populate-read', 0, 0, 0, 0, ALL],
    ['populate-write', 0, 0, ALL, 0, ALL],
    // Anonymous memory has no storage to reserve.
    ['fallocate', 0, 0, 0, 0, 0],
    ['fallocate-populate-read', 0, 0, 0, 0, ALL],
    ['fallocate-populate-write', 0, 0, ALL, 0, ALL],
    // One page more: the process itself.
    ['mlockall', ALL + 1, 0, ALL, 0, ALL],
    ['hugetlb-2m', 0, 0, 0, ALL, HUGE],
    // Rounded up to 1 GiB.
    ['hugetlb-1g', 0, 0, 0, 16 * ALL, 16 * HUGE],
    ['thp-madvise', 0, 0, 0, 0, 0],
    ['prealloc', 0, 0, ALL, 0, ALL],
    ['pin', 0, ALL, ALL, 0, ALL],
    ['pin-mlock', ALL, ALL, ALL, 0, ALL],
    ['mpin', 0, ALL, ALL, 0, ALL],
  ]

  it.each(rows)('%s', (strategy, VmLck, VmPin, rss, hugetlb, faults) => {
    expect(guest(strategy)).toEqual({ VmLck, VmPin, rss, hugetlb, faults, refused: [] })
  })

  it('has a row for every strategy', () => {
    expect(rows.map(([id]) => id)).toEqual(STRATEGIES.map(strategy => strategy.id))
  })
})

describe('strategies with parameters', () => {
  it('lock on fault and populate the hot half: half is resident, all of it counts', () => {
    expect(guest('onfault-populate', { params: { share: 0.5 } })).toMatchObject({ VmLck: ALL, rss: ALL / 2 })
  })

  it('mlockall for the future locks mappings as they come', () => {
    expect(guest('mlockall', { params: { scope: 'future' } })).toMatchObject({ VmLck: ALL, rss: ALL })
  })

  it('mlockall on fault populates nothing', () => {
    expect(guest('mlockall', { params: { onfault: true } })).toMatchObject({ VmLck: ALL + 1, rss: 0 })
  })

  it('advice for huge pages and populating comes to one fault for each 2 MiB of work, all resident', () => {
    expect(guest('thp-madvise', { params: { populate: true } })).toMatchObject({ rss: ALL, VmLck: 0 })
  })

  it('memory that is pinned under VM_PINNED and locked counts as pinned alone', () => {
    expect(guest('mpin', { params: { mlock: true } })).toMatchObject({ VmLck: 0, VmPin: ALL })
  })

  it('huge pages are touched once each', () => {
    const { hugetlb, faults } = guest('hugetlb-2m', { kernel: '5.13' })
    expect({ hugetlb, faults }).toEqual({ hugetlb: ALL, faults: HUGE })
  })
})

describe('what a kernel does not have', () => {
  it.each([
    ['mlock-onfault', '4.3', 'ENOSYS'],
    ['populate-write', '5.13', 'EINVAL'],
    ['populate-read', '5.13', 'EINVAL'],
  ])('%s on %s is refused with %s', (strategy, kernel, errno) => {
    expect(guest(strategy, { kernel }).refused).toEqual([expect.stringMatching(errno)])
  })

  it('preallocation touches every page where there is no MADV_POPULATE_WRITE', () => {
    expect(guest('prealloc', { kernel: '5.13' })).toMatchObject({ rss: ALL, faults: ALL, refused: [] })
  })
})

describe('read-only files', () => {
  const area = {
    backing: 'file',
    sharing: 'shared',
    prot: 'r',
    file: { name: 'f', kind: 'file', cachedShare: 1 },
  }

  it.each(['touch-write', 'populate-write', 'prealloc', 'mlock'])(
    '%s reads them, and is not refused',
    strategy => {
      expect(guest(strategy, { area })).toMatchObject({ rss: ALL, refused: [] })
    },
  )

  it('stay files under the strategies of huge pages', () => {
    expect(guest('hugetlb-2m', { area })).toMatchObject({ hugetlb: 0, refused: [] })
  })
})
