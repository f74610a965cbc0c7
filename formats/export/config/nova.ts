/** OpenStack Nova: flavors with the properties for huge pages and locked memory, as commands. */
import { libvirt } from '../../../engine/planner/limits/libvirt.ts'
import { formatBytes, GIB, MIB } from '../../../engine/quantity.ts'
import type { ConfigFacts } from './facts.ts'
import { hasGuests, type GuestProcess } from './guests.ts'
import { labelledGuests, type GuestPlace, type LabelledGuest } from './labelled-guests.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigLine, type ConfigTarget } from './target.ts'

const FLAVORS = 'Nova, Flavors: extra specs'
const LOCKED = 'Nova, Flavors: Locked memory allocation'
const PLACE: GuestPlace = {
  title: 'Nova',
  source: FLAVORS,
  unsaid: ['maxBytes', 'highBytes', 'swapMaxBytes', 'oomScoreAdj'],
  asksQemu: false,
}

export const nova: ConfigTarget = {
  id: 'nova',
  title: 'Nova flavor',
  help: 'A flavor with the properties for huge pages and locked memory, as commands.',
  appliesTo: hasGuests,
  write: facts => {
    const traps = new Traps()
    const files = labelledGuests(facts, PLACE, traps).map(one => {
      noteGuest(one.process, facts, traps)
      return flavor(one)
    })
    return { files, traps: traps.list() }
  },
}

/** Nova accepts hw:locked_memory with hw:mem_page_size alone. */
const hasPageSize = ({ guest }: GuestProcess): boolean => guest.backing === 'hugetlb' || guest.lock !== 'off'

function noteGuest(process: GuestProcess, { machine }: ConfigFacts, traps: Traps): void {
  const { name, guest } = process
  if (guest.lock === 'on-fault')
    traps.warn(
      name,
      'no-on-fault',
      'Nova cannot ask for mem-lock=on-fault: hw:locked_memory makes all RAM resident at the start.',
      'Plan mem-lock=on to see what that takes, or leave the lock out.',
      LOCKED,
    )
  if (guest.lock !== 'off') {
    traps.warn(
      name,
      'locked-memory-needs-page-size',
      'hw:locked_memory needs Nova 26.0 (Zed) and hw:mem_page_size: without it the server is refused (LockMemoryForbidden).',
      'Keep both properties, and no other value in the image.',
      LOCKED,
    )
    traps.note(
      name,
      'locked-memory-without-bound',
      'libvirt lifts the limit of a locked guest altogether: it may lock all memory of the host.',
      'Keep ram_allocation_ratio at 1.0 on these hosts.',
      'libvirt qemuDomainGetMemLockLimitBytes()',
    )
  }
  if (guest.devices.pciHostdevs > 0)
    traps.note(
      name,
      'device-alias',
      `The plan counts ${guest.devices.pciHostdevs} passed-through devices, of no name.`,
      'Put in the alias that nova.conf gives them for ALIAS.',
      'plan: params.vfio',
    )
  const nodeBytes = Math.floor(machine.ramBytes / machine.nodes)
  if (hasPageSize(process) && machine.nodes > 1 && guest.ramBytes > nodeBytes)
    traps.warn(
      name,
      'one-node-of-the-host',
      `hw:mem_page_size gives the guest one NUMA node, whose RAM must come from one node of the host (${formatBytes(nodeBytes)}).`,
      'Add hw:numa_nodes, so that it is split.',
      'Nova, CPU topologies: NUMA',
    )
  traps.warn(
    name,
    'no-overhead',
    'Nova counts the RAM of a guest and nothing for QEMU itself.',
    'Reserve that: reserved_host_memory_mb for memory, reserved_huge_pages for pages that are not for guests.',
    'nova.conf',
  )
}

function flavor({ process, label }: LabelledGuest): ConfigFile {
  const { name, guest } = process
  const locked = guest.lock !== 'off'
  const { memlockBytes } = libvirt.compute({ ...guest, lock: locked ? 'on' : 'off' })
  const path = `${label}-flavor.sh`
  return fileOf({
    path,
    title: `Flavor ${label}`,
    workload: name,
    lines: [
      plain('#!/bin/sh'),
      plain('set -e'),
      line(
        `openstack flavor create --ram ${guest.ramBytes / MIB} --vcpus ${guest.vcpus} --disk 0 ${label}`,
        `RAM in MiB: ${formatBytes(guest.ramBytes)}; disk 0 is that of the image`,
        FLAVORS,
      ),
      ...properties(process, label),
    ],
    apply: [`sh ${path}`],
    verify: [
      { command: `openstack flavor show ${label} -c ram -c properties`, expect: 'the values of this file' },
      {
        command: `virsh dumpxml INSTANCE | grep -A6 '<memoryBacking>'`,
        expect: locked ? '<locked/>' : guest.backing === 'hugetlb' ? '<hugepages>' : 'nothing',
      },
    ],
    undo: [`openstack flavor delete ${label}`],
    memlockBytes: memlockBytes === 'unset' ? null : memlockBytes,
  })
}

function properties(process: GuestProcess, label: string): ConfigLine[] {
  const { guest } = process
  const set = (property: string, why: string, source: string): ConfigLine =>
    line(`openstack flavor set ${label} --property ${property}`, why, source)
  const pages = guest.ramBytes / guest.hugePageBytes
  const rows: ConfigLine[] = []
  if (guest.backing === 'hugetlb')
    rows.push(
      set(
        `hw:mem_page_size=${guest.hugePageBytes === GIB ? '1GB' : '2MB'}`,
        `RAM is ${pages} pages from the pool of the host; a power of 1024 whatever the suffix`,
        `R4; ${FLAVORS}`,
      ),
    )
  else if (hasPageSize(process))
    rows.push(
      set('hw:mem_page_size=small', 'hw:locked_memory needs a page size; small are pages of 4 KiB', LOCKED),
    )
  if (guest.lock !== 'off')
    rows.push(
      set(
        'hw:locked_memory=true',
        'libvirt <locked/>: mlockall of all of QEMU, and no limit of locked memory',
        `R3; ${LOCKED}`,
      ),
    )
  if (guest.devices.pciHostdevs > 0)
    rows.push(
      set(
        `pci_passthrough:alias=ALIAS:${guest.devices.pciHostdevs}`,
        'Devices that pin all RAM; ALIAS is that of [pci] alias in nova.conf',
        `R5; ${FLAVORS}`,
      ),
    )
  return rows
}
