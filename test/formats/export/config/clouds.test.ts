import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { GuestFacts } from '../../../../engine/planner/limits/guest.ts'
import { GIB, MIB } from '../../../../engine/quantity.ts'
import type { Scenario, WorkloadSpec } from '../../../../engine/scenario.ts'
import type { ConfigFile } from '../../../../formats/export/config/target.ts'
import type { ImportData } from '../../../../formats/import/importer.ts'
import {
  factsOf,
  guest,
  guests,
  onlyFile,
  planOf,
  quickLimits,
  readBack,
  said,
  saidOfPlan,
  scenarioOf,
  SEED,
  trapsOf,
  written,
} from './support.ts'

const HOST = { ramBytes: 2 ** 43, cpus: 256 }
const TWO_NODES = { ramBytes: 64 * GIB, nodes: 2, hugetlb: { '2M': 0, '1G': 0 } }
const textOf = (id: string, spec: WorkloadSpec): string => onlyFile(id, scenarioOf([spec], HOST)).text
const group = (maxBytes: number): WorkloadSpec['memcg'] => ({ maxBytes, highBytes: null, swapMaxBytes: null })

/** What comes back of a guest that was written; `lock` where the place can ask QEMU for it. */
function guestsComeBack(
  id: string,
  hasLock: boolean,
  check: (spec: WorkloadSpec, file: ConfigFile, back: Scenario, data: ImportData) => void,
): void {
  let files = 0
  fc.assert(
    fc.property(guests, spec => {
      const scenario = scenarioOf([spec], HOST)
      const planned = factsOf(scenario).processes[0]!.guest!
      const answer = written(id, scenario, quickLimits(scenario))
      const [file] = answer.files
      if (file === undefined) {
        expect(answer.traps[0]?.kind).toBe('refused')
        return
      }
      files++
      const data = readBack(file.text)
      const back = planOf(data)
      const huge = planned.backing === 'hugetlb'
      const known: GuestFacts = {
        ...planned,
        backing: huge ? 'hugetlb' : 'anon',
        prealloc: huge,
        preallocThreads: 0,
        lock: hasLock ? planned.lock : 'off',
      }
      expect(saidOfPlan(back)).toEqual(said(known))
      expect(back.workloads[0]?.limits.memlockBytes).toBe(file.memlockBytes ?? 8 * MIB)
      check(spec, file, back, data)
    }),
    SEED,
  )
  expect(files).toBeGreaterThan(10)
}

describe('KubeVirt', () => {
  it('gives RAM, vCPUs, huge pages, devices, the limit and the group back; it cannot lock', () => {
    guestsComeBack('kubevirt', false, (spec, _, back, { guests: read = [] }) => {
      const facts = factsOf(scenarioOf([spec], HOST)).processes[0]!.guest!
      expect(read[0]?.memLockRequired).toBe(facts.lock !== 'off')
      expect(read[0]?.devices.balloon).toBe(facts.devices.balloon)
      expect(read[0]?.dedicatedCpus).toBe(false)
      expect(back.workloads[0]?.memcg.maxBytes).toBe(facts.backing === 'hugetlb' ? null : spec.memcg.maxBytes)
    })
  })

  it('lifts the limit behind a feature gate, and says that it locks nothing', () => {
    const spec = guest({ ram: 4 * GIB, memLock: 'on', backing: 'hugetlb-1G' })
    expect(parse(textOf('kubevirt', spec))).toMatchObject({
      spec: {
        template: {
          spec: {
            domain: {
              memory: {
                guest: '4Gi',
                hugepages: { pageSize: '1Gi' },
                reservedOverhead: { memLock: 'Required' },
              },
            },
          },
        },
      },
    })
    expect(trapsOf('kubevirt', scenarioOf([spec]))).toEqual(
      expect.arrayContaining(['no-mem-lock', 'feature-gate']),
    )
  })

  it('is refused a limit below the guest’s RAM, and virtio-mem', () => {
    const small = scenarioOf([guest({ ram: 4 * GIB }, { memcg: group(3 * GIB) })])
    expect(written('kubevirt', small)).toMatchObject({
      files: [],
      traps: [{ kind: 'refused', id: 'limit-below-guest' }],
    })
    const growing = scenarioOf([guest({ ram: 4 * GIB, virtioMem: GIB })])
    for (const id of ['kubevirt', 'nova', 'proxmox'])
      expect(written(id, growing), id).toMatchObject({
        files: [],
        traps: [{ kind: 'refused', id: 'no-virtio-mem' }],
      })
  })
})

describe('Nova', () => {
  it('locks with a page size, which it needs', () => {
    const file = onlyFile('nova', scenarioOf([guest({ ram: 4 * GIB, memLock: 'on', vcpus: 2 })]))
    expect(file.lines.slice(2).map(({ text }) => text)).toEqual([
      'openstack flavor create --ram 4096 --vcpus 2 --disk 0 db01',
      'openstack flavor set db01 --property hw:mem_page_size=small',
      'openstack flavor set db01 --property hw:locked_memory=true',
    ])
    expect(file.memlockBytes).toBe('unlimited')
  })

  it('takes huge pages by size, and states what libvirt makes of devices', () => {
    const file = onlyFile('nova', scenarioOf([guest({ ram: 16 * GIB, backing: 'hugetlb-1G', vfio: 1 })]))
    expect(file.text).toContain('hw:mem_page_size=1GB\n')
    expect(file.text).toContain('pci_passthrough:alias=ALIAS:1\n')
    expect(file.memlockBytes).toBe(18253611008)
  })

  it('warns where all is resident instead of on fault, where nothing is counted for QEMU, and of one node', () => {
    const spec = guest({ ram: 40 * GIB, memLock: 'on-fault' })
    const scenario = scenarioOf([spec], TWO_NODES)
    expect(written('nova', scenario, quickLimits(scenario)).traps.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'no-on-fault',
        'locked-memory-needs-page-size',
        'no-overhead',
        'one-node-of-the-host',
      ]),
    )
  })
})

describe('Proxmox', () => {
  it('gives RAM, vCPUs, huge pages, devices and the lock back; the balloon keeps its floor', () => {
    guestsComeBack('proxmox', true, (spec, _, __, { guests: read = [] }) => {
      const facts = factsOf(scenarioOf([spec], HOST)).processes[0]!.guest!
      const floor = facts.ramBytes - Number(spec.params['balloon'])
      expect(read[0]?.guaranteedBytes).toBe(facts.devices.balloon ? Math.max(MIB, floor) : 0)
    })
  })

  it('sets with qm what the lines say, and takes back what is not every guest’s', () => {
    const file = onlyFile(
      'proxmox',
      scenarioOf([guest({ ram: 4 * GIB, backing: 'hugetlb-2M', memLock: 'on-fault', vfio: 1 })]),
    )
    expect(file.text).toContain('memory: 4096\n')
    expect(file.text).toContain('balloon: 0\nnuma: 1\nhugepages: 2\nhostpci0: 0000:01:00.0\n')
    expect(file.apply).toContain(`qm set VMID --args '-overcommit mem-lock=on-fault'`)
    expect(file.undo[0]).toBe('qm set VMID --delete balloon,numa,hugepages,hostpci0,args')
  })

  it('splits huge pages over as many sockets as the host needs nodes, in whole pages', () => {
    const on = (ram: number, vcpus: number) => {
      const spec = guest({ ram, vcpus, backing: 'hugetlb-1G' })
      const scenario = scenarioOf([spec], TWO_NODES)
      return written('proxmox', scenario, quickLimits(scenario))
    }
    expect(on(30 * GIB, 4).files[0]?.text).toContain('sockets: 1\ncores: 4\n')
    expect(on(40 * GIB, 4).files[0]?.text).toContain('sockets: 2\ncores: 2\n')
    expect(on(41 * GIB, 4).traps.map(({ id }) => id)).toContain('pages-of-one-node')
    expect(on(40 * GIB, 3).traps.map(({ id }) => id)).toContain('pages-of-one-node')
  })

  it('is refused more vCPUs than the host has CPUs, and warns of what only root may set', () => {
    const many = scenarioOf([guest({ ram: 4 * GIB, vcpus: 9 })], { cpus: 8 })
    expect(written('proxmox', many)).toMatchObject({
      files: [],
      traps: [{ kind: 'refused', id: 'more-vcpus-than-cpus' }],
    })
    expect(trapsOf('proxmox', scenarioOf([guest({ memLock: 'on', backing: 'hugetlb-2M' })]))).toEqual(
      expect.arrayContaining(['args-are-for-root', 'huge-pages-need-numa']),
    )
  })
})

describe('what is QEMU’s alone', () => {
  const scenario = scenarioOf([guest({ ram: 4 * GIB, memLock: 'on-fault', vfio: 2 })])
  it.each([
    ['kubevirt', 'device-resources', 'no-mem-lock'],
    ['nova', 'device-alias', 'no-on-fault'],
    ['proxmox', 'device-addresses', 'on-fault-needs-qemu-10'],
  ])('is said for %s as it has it: %s, %s', (id, devices, lock) => {
    const all = ['device-resources', 'device-alias', 'device-addresses', 'no-mem-lock', 'no-on-fault']
    const found = new Set(written(id, scenario, quickLimits(scenario)).traps.map(trap => trap.id))
    expect([...all, 'on-fault-needs-qemu-10'].filter(trap => found.has(trap))).toEqual([devices, lock])
  })
})

describe.each(['kubevirt', 'nova', 'proxmox'])('several guests of %s', id => {
  it('have a file and a name each, whatever they are called', () => {
    const specs = ['DB 01', 'db-01', 'db/01', 'db01'].map(name => guest({ ram: GIB }, { name }))
    const scenario = scenarioOf(specs, HOST)
    const { files, traps } = written(id, scenario, quickLimits(scenario))
    expect(new Set(files.map(({ path }) => path)).size).toBe(specs.length)
    expect(traps.filter(trap => trap.id === 'name-is-changed').map(({ workload }) => workload)).toEqual([
      'DB 01',
      'db-01',
      'db/01',
    ])
  })
})
