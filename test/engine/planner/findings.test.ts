import { describe, expect, it } from 'vitest'
import { findingsOf } from '../../../engine/planner/findings.ts'
import { memlockFixes } from '../../../engine/planner/limit-fixes.ts'
import type { Finding, LockWait, RunEvent, RunRefusal } from '../../../engine/sim/result.ts'
import { GIB, resultOf, scenario, workload, type Outcome } from './fake.ts'

const found = (id: string, outcome: Outcome, asked = scenario()): Finding | undefined =>
  findingsOf(resultOf('test', outcome), asked).find(finding => finding.id === id)

const refusal = (changes: Partial<RunRefusal> = {}): RunRefusal => ({
  atS: 0.5,
  workload: 'guest',
  instance: 0,
  instances: 1,
  call: 'mlock ram',
  errno: 'ENOMEM',
  rule: 'RLIMIT_MEMLOCK',
  askedBytes: 34 * GIB,
  countedBytes: 0,
  limitBytes: 8 * 2 ** 20,
  consequence: 'task ends',
  ...changes,
})
const event = (kind: RunEvent['kind'], text = 'it happened.'): RunEvent => ({
  ...{ atS: 2, kind, workload: 'guest', instance: 0, instances: 1, text },
})

describe('findings', () => {
  it('are none of a run that does nothing', () => {
    expect(findingsOf(resultOf('test'), scenario())).toEqual([])
  })

  it('name the limit that is too low, by how much, and the fix in every unit', () => {
    const finding = found('refused', { result: { refusals: [refusal()] } })!
    expect(finding).toMatchObject({
      severity: 'error',
      title: 'guest: mlock ram is refused with ENOMEM by RLIMIT_MEMLOCK',
      numbers: { askedBytes: 34 * GIB, limitBytes: 2 ** 23, shortBytes: 34 * GIB - 2 ** 23, instances: 1 },
    })
    expect(finding.detail).toContain('it is too low by 33.99 GiB')
    for (const fix of [
      'ulimit -l 35651584',
      'LimitMEMLOCK=34G',
      'USER - memlock 35651584',
      '--ulimit memlock=36507222016:36507222016',
      "<hard_limit unit='KiB'>35651584</hard_limit>",
    ])
      expect(finding.fix).toContain(fix)
  })

  it('tell a refusal once for all alike, and are milder where the program goes on', () => {
    const refusals = [
      refusal({ consequence: 'goes on without' }),
      refusal({ consequence: 'goes on without', instance: 1, instances: 3 }),
    ]
    const all = findingsOf(resultOf('test', { result: { refusals } }), scenario()).filter(
      ({ id }) => id === 'refused',
    )
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ severity: 'warning', numbers: { instances: 4 } })
  })

  it.each([
    ['hugetlb pool', 'Enlarge the pool by at least 512 pages of 2 MiB'],
    ['overcommit', 'vm.overcommit_ratio'],
    ['kernel without mlock2', 'Linux 4.4 or later'],
    ['unknown advice', 'Linux 5.14 or later'],
    ['no page behind the access', 'MAP_NORESERVE'],
  ])('know what to do about %s', (rule, fix) => {
    const numbers = { askedBytes: GIB, countedBytes: 0, limitBytes: 0 }
    expect(found('refused', { result: { refusals: [refusal({ rule, ...numbers })] } })?.fix).toContain(fix)
  })

  it.each<readonly [string, Outcome, string, Finding['severity']]>([
    [
      'locked-absent',
      { workload: { finalVmLckBytes: 10 * GIB, finalLockedResidentBytes: GIB } },
      'guest: 10 GiB count as locked, 1 GiB are there',
      'note',
    ],
    [
      'hugetlb-stranded',
      { host: { hugetlbStrandedBytes: 3 * GIB } },
      '3 GiB of the huge page pools are never used',
      'warning',
    ],
    [
      'locked-budget',
      { host: { peakHeldBytes: 54 * GIB } },
      '54 GiB cannot be given back: 90 % of the 60 GiB',
      'warning',
    ],
    [
      'locked-budget',
      { host: { peakHeldBytes: 61 * GIB } },
      '61 GiB cannot be given back: 102 % of the 60 GiB',
      'error',
    ],
    ['oom-kill', { result: { events: [event('oom-kill')] } }, 'guest killed after 2 s', 'error'],
    [
      'memcg-oom-kill',
      { result: { events: [event('memcg-oom-kill')] } },
      'guest killed by its memory cgroup',
      'error',
    ],
    ['swap-full', { result: { events: [event('swap-full')] } }, 'swap is full after 2 s', 'warning'],
    [
      'direct-reclaim',
      { host: { directReclaimStallS: 1 } },
      'tasks reclaim memory themselves for 1 s',
      'warning',
    ],
    ['thrashing', { workload: { progressShare: 0.25 } }, 'guest makes 25 % of its accesses', 'warning'],
    [
      'swap-without-effect',
      { host: { peakMlockedBytes: 30 * GIB } },
      '8 GiB of swap do nothing for 30 GiB',
      'note',
    ],
  ])('%s', (id, outcome, title, severity) => {
    const finding = found(id, outcome)
    expect(finding?.title).toContain(title)
    expect(finding?.severity).toBe(severity)
  })

  it.each<readonly [string, Outcome]>([
    ['locked-absent', { workload: { finalVmLckBytes: 100, finalLockedResidentBytes: 96 } }],
    ['locked-budget', { host: { peakHeldBytes: 48 * GIB } }],
    ['direct-reclaim', { host: { directReclaimStallS: 0.05 } }],
    ['thrashing', { workload: { progressShare: 0.95 } }],
    ['mmap-lock-stall', { result: { waits: [wait(9_999_999)] } }],
  ])('%s does not cry wolf', (id, outcome) => {
    expect(found(id, outcome)).toBeUndefined()
  })

  it('say who waited for whom, and for what, once', () => {
    const finding = found('mmap-lock-stall', { result: { waits: [wait(20_000_000), wait(1.2e9)] } })
    expect(finding).toMatchObject({ title: 'guest: B waits 1.2 s for A', numbers: { ns: 1.2e9 } })
    expect(finding?.detail).toBe(
      'B wanted the mmap lock to fault while A held it for mmap with MAP_POPULATE.',
    )
  })

  it('know that locked and pinned memory are counted apart', () => {
    const asked = scenario({
      workloads: [workload({ limits: { memlockBytes: 4 * GIB, capIpcLock: false } })],
    })
    const both = { finalVmLckBytes: 4 * GIB, finalLockedResidentBytes: 4 * GIB, finalPinnedBytes: 4 * GIB }
    expect(found('locked-and-pinned', { workload: both }, asked)?.title).toBe(
      'guest holds 8 GiB under a limit of 4 GiB',
    )
  })

  it('know that a memory cgroup counts locked pages', () => {
    const memcg = { maxBytes: GIB, highBytes: null, swapMaxBytes: null }
    const asked = scenario({ workloads: [workload({ memcg })] })
    expect(found('memcg-below-locked', { workload: { peakVmLckPerTaskBytes: 2 * GIB } }, asked)?.title).toBe(
      'guest locks 2 GiB in a group of 1 GiB',
    )
  })

  it('include what does not go together', () => {
    const asked = scenario({
      kernel: { name: '4.3', plus: [], minus: [] },
      workloads: [workload({ strategy: 'mlock-onfault' })],
    })
    expect(found('on-fault-before-4.4', {}, asked)?.severity).toBe('error')
  })

  it('come with the gravest first', () => {
    const all = findingsOf(
      resultOf('test', { host: { hugetlbStrandedBytes: GIB }, result: { refusals: [refusal()] } }),
      scenario(),
    )
    expect(all.map(({ severity }) => severity)).toEqual(['error', 'warning'])
  })
})

function wait(ns: number): LockWait {
  const holder = { holder: 'A', holding: 'mmap with MAP_POPULATE' }
  return { atS: 1, workload: 'guest', waiter: 'B', waitingFor: 'fault', ...holder, ns }
}

describe('a limit where it is set', () => {
  it('is rounded up to whole MiB', () => {
    expect(memlockFixes(1).map(({ text }) => text)).toEqual([
      'ulimit -l 1024',
      'LimitMEMLOCK=1M',
      'USER - memlock 1024',
      '--ulimit memlock=1048576:1048576',
      "<memtune><hard_limit unit='KiB'>1024</hard_limit></memtune>",
      'prlimit --pid PID --memlock=1048576:1048576',
    ])
  })

  it('may be none', () => {
    expect(memlockFixes('unlimited').map(({ text }) => text)).toEqual([
      'ulimit -l unlimited',
      'LimitMEMLOCK=infinity',
      'USER - memlock unlimited',
      '--ulimit memlock=-1:-1',
      '<memoryBacking><locked/></memoryBacking>',
      'prlimit --pid PID --memlock=unlimited:unlimited',
    ])
  })
})
