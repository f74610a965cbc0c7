import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { BlockDevice } from '../../../host/probe/block-devices.ts'
import { hostReader } from '../../../host/probe/reader.ts'
import { knownRelease } from '../../../formats/import/kernel-release.ts'
import { deviceClassOf } from '../../../app/probe/device-class.ts'
import { kernelChoiceOf } from '../../../app/probe/kernel-choice.ts'
import { probeMachine } from '../../../app/probe/probe-machine.ts'
import type { ProbedMachineView } from '../../../app/contract.ts'

/** Files of /proc and /sys of other machines. */
const recorded = (name: string): Promise<ProbedMachineView> =>
  probeMachine(hostReader(fileURLToPath(new URL(`../../host/probe/hosts/${name}`, import.meta.url))))

const sentences = ({ notes }: ProbedMachineView, about: string): string[] =>
  notes.filter(({ field }) => field.endsWith(about)).map(({ kind, sentence }) => `${kind}: ${sentence}`)

const GIB = 2 ** 30

describe('a recorded server with two nodes', async () => {
  const probed = await recorded('two-nodes')

  it('has its memory, nodes, processors, settings and swap', () => {
    expect(probed.machine).toMatchObject({
      ...{ ramBytes: 512 * GIB, nodes: 2, cpus: 112, swappiness: 10, minFreeKib: 90112 },
      swap: [{ device: 'nvme-datacentre', sizeBytes: 67108860 * 1024, priority: -2 }],
      thp: { enabled: 'madvise', defrag: 'madvise', shmem: 'never', zeroPage: true, mthp: {} },
    })
  })

  it('has its pools by size, and by node', () => {
    expect(probed.machine.hugetlb).toEqual({ '2M': 16384, '1G': 32 })
    expect(probed.pools.filter(({ node, pages }) => node >= 0 && pages > 0)).toEqual([
      { pageKib: 1048576, node: 0, pages: 16 },
      { pageKib: 2048, node: 0, pages: 16384, freePages: 16000 },
      { pageKib: 1048576, node: 1, pages: 16 },
    ])
  })

  it('has the kernel of the distribution, by the suffix of its release', () => {
    expect(probed.kernel).toEqual({ name: 'rhel9', plus: [], minus: [] })
    expect(sentences(probed, 'kernel')).toEqual([
      'assumed: The kernel is taken to be as its release says: nothing was tried.',
    ])
  })

  it('counts what is in use without page cache and pools, which are planned apart', () => {
    const kib = 527996112 - 120000000 - (60000000 + 400000 - 900000) - 4000000 - (16384 * 2048 + 32 * 1048576)
    expect(probed.machine.hostReserveBytes).toBe(kib * 1024)
    expect(probed.machine.otherCacheBytes).toBe((60000000 + 400000 - 900000) * 1024)
  })

  it('says of swap what its reads took, and not what its name suggests', () => {
    expect(sentences(probed, '/dev/nvme0n1p3')).toEqual([
      'taken: "/dev/nvme0n1p3": 64 GiB at priority -2.',
      'measured: A read from nvme0n1 takes 95 µs (the mean of 200000 reads since the boot, of any size): nearest is Datacentre NVMe, TLC.',
    ])
  })
})

describe('a recorded ARM64 machine with pages of 64 KiB', async () => {
  const probed = await recorded('arm64-64k')

  it('says that plans have other pages', () => {
    expect(sentences(probed, 'pages')).toEqual([
      'assumed: Pages are 64 KiB here; plans have pages of 4 KiB, and huge pages of 2 MiB and 1 GiB.',
    ])
  })

  it('keeps pools that a plan knows, and names the others', () => {
    expect(probed.machine.hugetlb).toEqual({ '2M': 128, '1G': 0 })
    expect(sentences(probed, 'hugepages-16777216kB')).toHaveLength(1)
  })
})

describe('a recorded container', async () => {
  const probed = await recorded('container')

  it('has the least memory.max of the cgroups around it beside the memory of the host', () => {
    expect(probed.machine.ramBytes).toBe(64 * GIB)
    expect(probed.limits).toEqual({
      ...{ memlockSoftBytes: 65536, memlockHardBytes: 65536, capIpcLock: false },
      memoryMaxBytes: 8 * GIB,
    })
  })

  it('has zswap, zram by how it compresses, and strict overcommit', () => {
    expect(probed.machine).toMatchObject({
      zswap: { enabled: true, maxPoolPercent: 35 },
      swap: [{ device: 'zram-lz4', priority: 100 }],
      overcommit: { mode: 2, ratioPercent: 80 },
      swappiness: 180,
    })
  })

  it('says that it is a virtual machine', () => {
    expect(sentences(probed, 'machine').join()).toContain('virtual machine')
  })
})

describe('a recorded Linux 4.19', async () => {
  const probed = await recorded('linux-4.19')

  it('is planned as the last kernel on offer before it', () => {
    expect(probed.kernel.name).toBe('4.18')
    expect(sentences(probed, 'uname')).toEqual([
      'assumed: Linux "4.19.0" is planned as Linux 4.18, the last before it.',
    ])
  })

  it('has no folio sizes, a hard disk, and a swap file whose name has a space', () => {
    expect(probed.machine.thp).toMatchObject({ enabled: 'always', zeroPage: false, mthp: {} })
    expect(probed.machine.swap.map(({ device }) => device)).toEqual(['hdd', 'nvme-datacentre'])
    expect(sentences(probed, '/swap file')).toContain(
      'assumed: /swap file is taken for Datacentre NVMe, TLC: no read of it was timed.',
    )
  })

  it('counts processors in a list with holes', () => {
    expect(probed.machine.cpus).toBe(6)
  })
})

it('a host of which nothing can be read says so, and has defaults', async () => {
  const probed = await probeMachine({
    isRunning: false,
    read: () => ({ unread: 'denied' }),
    list: () => [],
  })
  expect(probed.notes.filter(({ kind }) => kind === 'not read').length).toBeGreaterThan(5)
  expect(sentences(probed, '/proc/meminfo')).toEqual([
    'not read: /proc/meminfo was not read: this user may not.',
  ])
  expect(probed.machine.ramBytes).toBeGreaterThan(0)
})

describe('the release', () => {
  it.each([
    ['6.18.44-fc-v595', '6.18'],
    ['5.14.0-427.13.1.el9_4.x86_64', 'rhel9'],
    ['4.18.0-553.el8_10.x86_64', 'rhel8'],
    ['6.12.0-55.9.1.el10_0.x86_64', 'rhel10'],
    ['6.1.0-18-amd64', 'debian12'],
    ['6.1.0-25-cloud-arm64', 'debian12'],
    ['6.12.48+deb13-amd64', 'debian13'],
    ['5.15.0-105-generic', 'ubuntu22.04'],
    ['6.8.0-1015-aws', 'ubuntu24.04'],
    ['6.8.9', '6.8'],
    ['6.14.2-arch1-1', '6.12'],
    // Oracle's own kernel on el9 is no RHEL 9.
    ['5.15.0-205.149.5.1.el9uek.x86_64', '5.15'],
  ])('%s is %s', (release, name) => {
    expect(knownRelease(release)?.kernel.name).toBe(name)
  })
})

describe('what calls did', () => {
  const found = (change: string, state: 'present' | 'absent' | 'untold') => ({
    ...{ change, state, by: 'a call', why: '' },
  })

  it('adds a backport, takes away what is missing, and leaves what could not be told', () => {
    const known = knownRelease('5.14.0-1.el9.x86_64')
    const { kernel, surprises } = kernelChoiceOf(known!, [
      found('guard-regions', 'present'),
      found('madv-populate', 'absent'),
      found('mlock2', 'present'),
      found('mthp', 'absent'),
      found('smaps-lf', 'untold'),
    ])
    expect(kernel).toEqual({ name: 'rhel9', plus: ['guard-regions'], minus: ['madv-populate'] })
    expect(surprises).toHaveLength(2)
  })
})

describe('the class of a device', () => {
  const device = (some: Partial<BlockDevice>): BlockDevice => ({
    ...{ path: '/dev/x', name: 'vda', rotational: null, algorithm: null, latencyNs: null, how: 'x' },
    ...some,
  })

  it('is the nearest by ratio among disks of its kind', () => {
    expect(deviceClassOf(device({ latencyNs: 60_000 })).device).toBe('nvme-client')
    expect(deviceClassOf(device({ name: 'nvme0n1', latencyNs: 10_000 })).device).toBe('optane')
    expect(deviceClassOf(device({ name: 'sda', rotational: false, latencyNs: 10_000 })).device).toBe(
      'sata-ssd',
    )
    expect(deviceClassOf(device({ name: 'sda', rotational: true, latencyNs: 90_000 })).device).toBe('hdd')
  })

  it('is assumed where no read was timed', () => {
    expect(deviceClassOf(device({ name: null }))).toMatchObject({
      isMeasured: false,
      device: 'nvme-datacentre',
    })
    expect(deviceClassOf(device({ name: 'sdb', rotational: true })).device).toBe('hdd')
  })

  it('of zram is how it compresses', () => {
    expect(deviceClassOf(device({ name: 'zram1', algorithm: 'lzo-rle' })).device).toBe('zram-lzo-rle')
    expect(deviceClassOf(device({ name: 'zram1', algorithm: 'deflate' })).device).toBe('zram-zstd')
  })
})
