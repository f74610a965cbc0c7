import { describe, expect, it } from 'vitest'
import { rulesCited } from '../../../engine/data/accounting-rules.ts'
import { modelNamed } from '../../../engine/data/models.ts'
import { kernelNamed } from '../../../engine/kernels/releases.ts'
import { checkCompatibility, COMPATIBILITY_RULES } from '../../../engine/planner/compatibility.ts'
import { atLeast } from '../../../engine/planner/compatibility/guest-rules.ts'
import type { PlanFacts, ProcessFacts } from '../../../engine/planner/compatibility/rule.ts'
import { guestOf, type GuestDraft, type GuestMemoryDevice } from '../../../engine/planner/limits/guest.ts'
import { GIB, KIB, MIB } from '../../../engine/quantity.ts'

const guest = (draft: Partial<GuestDraft> = {}): PlanFacts => ({
  guest: guestOf({ ramBytes: 16 * GIB, vcpus: 4, ...draft }),
})
const virtioMem: GuestMemoryDevice = { model: 'virtio-mem', sizeBytes: 8 * GIB }
const kernel = (name: string): PlanFacts => ({ host: { kernel: kernelNamed(name)! } })
const process = (facts: ProcessFacts): PlanFacts => ({ process: facts })
const tensors = [
  { name: 'token_embd', offsetBytes: 0, bytes: 500e6 },
  { name: 'blk.0', offsetBytes: 500e6, bytes: 100e6 },
]
const model = { lock: true, mmap: true, tensors }
const limited: ProcessFacts = { limitBytes: 8 * MIB }

/** Rule, facts to which it applies, what its message says, and the nearest facts to which it does not. */
const CASES: readonly [id: string, found: PlanFacts, says: RegExp, quiet: PlanFacts][] = [
  [
    'virtio-mem-with-lock',
    guest({ lock: 'on-fault', memoryDevices: [virtioMem] }),
    /mem-lock is on-fault/,
    guest({ lock: 'on', memoryDevices: [{ model: 'dimm', sizeBytes: GIB }] }),
  ],
  [
    'virtio-mem-with-pins',
    guest({ memoryDevices: [virtioMem], devices: { vdpa: 1, sev: true } }),
    /together with vDPA and SEV\./,
    guest({ memoryDevices: [virtioMem], devices: { pciHostdevs: 2 } }),
  ],
  [
    'balloon-with-pins',
    guest({ devices: { pciHostdevs: 1 } }),
    /VFIO pins all 16 GiB/,
    guest({ devices: { pciHostdevs: 1, balloon: false } }),
  ],
  [
    'prealloc-without-reserve',
    guest({ prealloc: true, reserve: false }),
    /refuses/,
    guest({ reserve: false }),
  ],
  [
    'virtio-mem-memdev-prealloc',
    guest({ memoryDevices: [{ ...virtioMem, memdevPrealloc: true }] }),
    /1 virtio-mem/,
    guest({ memoryDevices: [{ ...virtioMem, prealloc: true }] }),
  ],
  [
    'on-fault-before-qemu-10',
    { ...guest({ lock: 'on-fault' }), qemuRelease: '9.2.4' },
    /QEMU 9\.2\.4/,
    { ...guest({ lock: 'on-fault' }), qemuRelease: '10.0' },
  ],
  [
    'on-fault-without-hard-limit',
    { ...guest({ lock: 'on-fault' }), libvirt: true },
    /not for a raw/,
    { ...guest({ lock: 'on-fault', hardLimitBytes: 20 * GIB }), libvirt: true },
  ],
  [
    'hard-limit-below-memory',
    guest({ hardLimitBytes: 12 * GIB }),
    /12 GiB is below 16 GiB/,
    guest({ hardLimitBytes: 12 * GIB, backing: 'hugetlb' }),
  ],
  [
    'lock-of-hugetlb',
    guest({ lock: 'on', backing: 'hugetlb' }),
    /16 GiB of huge pages/,
    guest({ backing: 'hugetlb' }),
  ],
  [
    'lock-populates-in-one-thread',
    guest({ lock: 'on' }),
    /16 GiB in one thread/,
    guest({ lock: 'on', prealloc: true }),
  ],
  [
    'pages-pinned-twice',
    guest({ devices: { pciHostdevs: 3, viommu: true } }),
    /3 times, 48 GiB/,
    guest({ devices: { pciHostdevs: 3 } }),
  ],
  [
    'iommufd-counts-per-user',
    guest({ devices: { pciHostdevs: 1, iommufd: true } }),
    /one user/,
    guest({ devices: { pciHostdevs: 1 } }),
  ],
  [
    'on-fault-before-4.4',
    { ...kernel('4.3'), calls: { onFault: true } },
    /Linux 4\.3: mlock2 is ENOSYS/,
    { ...kernel('4.4'), calls: { onFault: true } },
  ],
  [
    'populate-before-5.14',
    { ...kernel('5.13'), calls: { populateWrite: true } },
    /EINVAL/,
    { ...kernel('5.14'), calls: { populateWrite: true } },
  ],
  [
    'gigabyte-pages',
    { host: { pdpe1gb: false }, ...guest({ backing: 'hugetlb', hugePageBytes: GIB }) },
    /pdpe1gb/,
    { host: { pdpe1gb: false }, ...guest({ backing: 'hugetlb' }) },
  ],
  [
    'swappiness-zero',
    { host: { swappiness: 0, swapBytes: 8 * GIB } },
    /8 GiB of swap/,
    { host: { swappiness: 1, swapBytes: 8 * GIB } },
  ],
  [
    'locked-pages-migrate',
    { host: { compactUnevictable: true }, ...guest({ realtime: true }) },
    /stalls/,
    { host: { compactUnevictable: false }, ...guest({ realtime: true }) },
  ],
  ['silent-population', { calls: { mapLocked: true } }, /^MAP_LOCKED may/, { calls: { onFault: true } }],
  [
    'populate-read-of-anonymous',
    { calls: { populateRead: true, privateAnonymous: true } },
    /zero page/,
    { calls: { populateRead: true } },
  ],
  [
    'fallocate-still-faults',
    { calls: { fallocate: true } },
    /faults/,
    { calls: { fallocate: true, populateWrite: true } },
  ],
  [
    'lock-beyond-limit',
    process({ limitBytes: 8 * MIB, lockedBytes: 9 * MIB }),
    /9 MiB with a limit of 8 MiB is ENOMEM/,
    process({ limitBytes: 8 * MIB, lockedBytes: 9 * MIB, capIpcLock: true }),
  ],
  [
    'qemu-lock-beyond-limit',
    { ...guest({ lock: 'on' }), process: { limitBytes: 16.25 * GIB } },
    /about 18 GiB.*16\.25 GiB/,
    { ...guest({ lock: 'on' }), process: { limitBytes: 'unlimited' } },
  ],
  [
    'pins-beyond-limit',
    { ...guest({ devices: { pciHostdevs: 1 } }), process: limited },
    /about 17 GiB with a limit of 8 MiB/,
    { ...guest({ devices: { pciHostdevs: 1, iommufd: true } }), process: limited },
  ],
  [
    'limits-conf-for-a-service',
    process({ service: true, limitPlace: 'limits.conf' }),
    /8 MiB/,
    process({ service: true, limitPlace: 'systemd' }),
  ],
  [
    'locked-beyond-memory-max',
    { ...guest({ lock: 'on' }), memoryMaxBytes: 12 * GIB },
    /16 GiB do not fit into 12 GiB/,
    { ...guest({ lock: 'on', backing: 'hugetlb' }), memoryMaxBytes: 12 * GIB },
  ],
  [
    'pinned-beside-locked',
    process({ limitBytes: GIB, lockedBytes: GIB, pinnedBytes: GIB }),
    /together they are 2 GiB/,
    process({ limitBytes: 2 * GIB, lockedBytes: GIB, pinnedBytes: GIB }),
  ],
  [
    'limit-does-not-read',
    process({ limitText: '8G', limitDialect: 'docker' }),
    /unknown unit "G". Allowed: a number in bytes/,
    process({ limitText: '8G', limitDialect: 'systemd' }),
  ],
  [
    'limit-in-the-wrong-unit',
    process({ limitText: '65536', limitDialect: 'docker', lockedBytes: 64 * MIB }),
    /as bytes, 64 KiB; as KiB it would be 64 MiB/,
    process({ limitText: '65536', limitDialect: 'docker', lockedBytes: 64 * KIB }),
  ],
  [
    'locks-are-not-inherited',
    process({ forksAfterLocking: true }),
    /child/,
    process({ forksAfterLocking: false }),
  ],
  [
    'capability-without-root-in-a-pod',
    process({ limitPlace: 'kubernetes', capIpcLock: true, root: false }),
    /not effective/,
    process({ limitPlace: 'kubernetes', capIpcLock: true, root: true }),
  ],
  [
    'model-lock-beyond-limit',
    { model, process: limited },
    /^0 B of 572\.2 MiB are locked: token_embd asked for 476\.84 MiB with 8 MiB left/,
    { model, process: { limitBytes: 'unlimited' } },
  ],
  [
    'cache-is-not-locked',
    { model: { ...model, shape: modelNamed('Llama-3.1-8B')! } },
    /128 KiB a token/,
    { model: { ...model, lock: false } },
  ],
  ['gpu-layers-are-not-locked', { model: { ...model, gpuLayers: 12 } }, /12 layers/, { model }],
  ['model-read-twice', { model: { ...model, mmap: false } }, /read through/, { model }],
  [
    'numa-does-not-populate',
    { model: { ...model, numa: true } },
    /--numa/,
    { model: { ...model, numa: true, mmap: false } },
  ],
  [
    'quantised-values-need-flash-attention',
    { model: { ...model, valueType: 'q8_0', flashAttention: false } },
    /q8_0/,
    { model: { ...model, valueType: 'f16', flashAttention: false } },
  ],
]

const found = (facts: PlanFacts, id: string) => checkCompatibility(facts).find(finding => finding.id === id)

describe('combinations that are refused or silently ignored', () => {
  it.each(CASES)('%s', (id, facts, says, quiet) => {
    expect(found(facts, id)?.message).toMatch(says)
    expect(found(quiet, id)).toBeUndefined()
  })

  it('every rule has a case, a source and a fix', () => {
    expect(CASES.map(([id]) => id)).toEqual(COMPATIBILITY_RULES.map(({ id }) => id))
    for (const [id, facts] of CASES) {
      const { source, fix, title, numbers } = found(facts, id)!
      expect(Math.min(source.length, fix.length, title.length)).toBeGreaterThan(1)
      expect(Object.values(numbers).every(Number.isFinite)).toBe(true)
      expect(rulesCited(source).map(rule => rule.id)).toEqual(source.match(/\bR\d+\b/g) ?? [])
    }
  })

  it('a plan about which nothing is known has no findings', () => expect(checkCompatibility({})).toEqual([]))

  it('amounts that look equal when rounded are printed in full', () => {
    const facts = process({ limitBytes: 16 * GIB, lockedBytes: 16 * GIB + 4096 })
    expect(found(facts, 'lock-beyond-limit')?.message).toContain(
      '17179873280 B with a limit of 17179869184 B',
    )
  })

  it('a limit of 0 is EPERM', () => {
    expect(found(process({ limitBytes: 0, lockedBytes: 1 }), 'lock-beyond-limit')?.message).toContain('EPERM')
  })

  it('the fix of a limit is in the unit of its place', () => {
    expect(found(process({ limitBytes: MIB, lockedBytes: 34 * GIB }), 'lock-beyond-limit')?.fix).toBe(
      'Set the limit to 34G (LimitMEMLOCK=) or 35651584 (KiB, limits.conf).',
    )
  })

  it('llama.cpp with 8 MiB locks nothing, warns, and exits with 0', () => {
    expect(found({ model, process: limited }, 'model-lock-beyond-limit')?.numbers).toEqual({
      lockedBytes: 0,
      fileBytes: 600e6,
      askedBytes: 500_002_816,
      leftBytes: 8 * MIB,
      exitCode: 0,
    })
  })

  it('QEMU without MADV_POPULATE preallocates all the same', () => {
    const facts = { ...kernel('5.13'), ...guest({ prealloc: true }) }
    expect(found(facts, 'populate-before-5.14')).toMatchObject({ severity: 'note' })
  })

  it('the worst comes first', () => {
    const severities = checkCompatibility({
      ...guest({ lock: 'on', memoryDevices: [virtioMem], devices: { pciHostdevs: 1 } }),
      model,
    }).map(({ severity }) => severity)
    expect(severities).toEqual(['error', 'warning', 'warning', 'note'])
  })

  it('releases are compared by number', () => {
    expect([
      atLeast('10.0', '10.0'),
      atLeast('9.2', '10.0'),
      atLeast('11', '10.0'),
      atLeast('10.0.0-rc1', '10.0'),
    ]).toEqual([true, false, true, true])
  })
})
