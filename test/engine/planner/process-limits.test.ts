import { describe, expect, it } from 'vitest'
import { guestFacts } from '../../../engine/planner/guest-facts.ts'
import { compatibilityOf } from '../../../engine/planner/plan-facts.ts'
import { processLimits, type ProcessLimit } from '../../../engine/planner/process-limits.ts'
import type { WorkloadSpec } from '../../../engine/scenario.ts'
import { GIB, scenario, workload } from './fake.ts'

const MIB = 2 ** 20
const limit = (changes: Partial<WorkloadSpec>, kernel = '6.18'): ProcessLimit =>
  processLimits(
    scenario({ workloads: [workload(changes)], kernel: { name: kernel, plus: [], minus: [] } }),
  )[0]!
const guest = { params: { ram: GIB, own: 128 * MIB, ownAddressSpace: 512 * MIB } }

describe('the limit that a process needs', () => {
  it('is the locked range, to the page, also where it is locked on fault', () => {
    for (const strategy of ['mlock', 'mlock-onfault'])
      expect(limit({ ...guest, strategy }).neededBytes).toBe(GIB)
  })

  it('is all of the address space for mlockall, QEMU’s own memory too', () => {
    const found = limit({ ...guest, strategy: 'mlockall' })
    // The page besides is the task's own from the start.
    expect(found.neededBytes).toBe(GIB + 512 * MIB + 4096)
    expect(found.checks.find(({ rule }) => rule === 'address space')?.bytes).toBe(found.neededBytes)
    expect(found.checks.map(({ rule }) => rule)).toEqual(['locked', 'address space'])
  })

  it('is nothing for huge pages of a pool, and for what locks nothing', () => {
    expect(limit({ ...guest, strategy: 'hugetlb-2m' })).toMatchObject({
      neededBytes: 0,
      verdict: 'not needed',
    })
    expect(limit({ ...guest, strategy: 'none' })).toMatchObject({ neededBytes: 0, checks: [] })
  })

  it('is the larger of locked and pinned, because each is compared by itself', () => {
    const found = limit({ kind: 'rdma', params: { buffers: GIB, locked: GIB / 2 }, strategy: 'pin' })
    expect(found.neededBytes / GIB).toBeCloseTo(1, 4)
  })

  it('is told with the verdict and by how much of it gets locked now', () => {
    const limits = { memlockBytes: 8 * MIB, capIpcLock: false }
    const low = limit({ ...guest, strategy: 'mlock', limits })
    expect(low).toMatchObject({ verdict: 'too low', lockedNowBytes: 0, lockedFullBytes: GIB })
    expect(low.fixes.map(({ text }) => text)).toContain('LimitMEMLOCK=1G')
    const lifted = limit({ ...guest, strategy: 'mlock', limits: { ...limits, capIpcLock: true } })
    expect(lifted).toMatchObject({ verdict: 'not checked', fixes: [] })
    const exact = limit({ ...guest, strategy: 'mlock', limits: { ...limits, memlockBytes: GIB } })
    expect(exact).toMatchObject({ verdict: 'enough', lockedNowBytes: GIB })
  })

  it('stands beside what other systems set for a guest', () => {
    const found = limit({ params: { ram: 16 * GIB, vfio: 1 } })
    expect(found.systems.find(({ id }) => id === 'libvirt')?.memlockBytes).toBe(18_253_611_008)
    expect(limit({ kind: 'rdma', params: {}, strategy: 'pin' }).systems).toEqual([])
  })
})

describe('a guest of a scenario', () => {
  it('is told in the words of those who set limits', () => {
    expect(
      guestFacts(workload({ params: { memLock: 'on-fault', backing: 'hugetlb-1G', virtioMem: GIB } })),
    ).toMatchObject({
      lock: 'on-fault',
      backing: 'hugetlb',
      hugePageBytes: GIB,
      memoryDevices: [{ model: 'virtio-mem', sizeBytes: GIB }],
    })
    expect(guestFacts(workload({ kind: 'rdma' }))).toBeNull()
  })

  it('with virtio-mem is refused its lock, whoever asks for it', () => {
    for (const changes of [
      { params: { virtioMem: GIB, memLock: 'on' } },
      { params: { virtioMem: GIB }, strategy: 'mlockall' },
    ]) {
      const found = compatibilityOf(scenario({ workloads: [workload(changes)] }))
      expect(found.flatMap(({ findings }) => findings.map(({ severity }) => severity))).toContain('error')
    }
  })

  it('is not told twice what holds for the host', () => {
    const machine = { ...scenario().machine, swappiness: 0 }
    const found = compatibilityOf(
      scenario({ machine, workloads: [workload(), workload({ name: 'second' })] }),
    )
    expect(found.map(({ workload: name, findings }) => [name, findings.length])).toEqual([[null, 1]])
  })
})
