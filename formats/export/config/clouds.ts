/** Nova flavors and Proxmox VE guests. The latter is read back by `formats/import/proxmox.ts`. */
import { GIB, MIB } from '../../../engine/quantity.ts'
import { checkGuest, guestsOf, hasGuests, noteCount, pciAddress, type GuestProcess } from './guests.ts'
import { labelsOf } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigTarget } from './target.ts'

const NOVA = 'OpenStack Nova, flavor extra specs'
const PROXMOX = 'Proxmox VE, qm.conf(5)'

/** Each guest that can be had there, with a name that its place can hold. */
function named(
  facts: Parameters<ConfigTarget['write']>[0],
  traps: Traps,
  write: (process: GuestProcess, label: string) => ConfigFile,
): ConfigFile[] {
  const guests = guestsOf(facts)
  const labels = labelsOf(guests.map(({ name }) => name))
  return guests.flatMap(process => {
    const { name, guest } = process
    const label = labels.get(name) ?? null
    if (label === null) {
      traps.refuse(
        name,
        'name-of-a-guest',
        `Nothing of "${name}" can be its name there: letters, digits and dashes.`,
        'Give the workload another name.',
        'RFC 1123, labels',
      )
      return []
    }
    if (!checkGuest(facts, process, traps)) return []
    if (guest.memoryDevices.length > 0) {
      traps.refuse(
        name,
        'no-virtio-mem',
        'virtio-mem cannot be asked for there.',
        'Plan it without virtio-mem.',
        `${NOVA}; ${PROXMOX}`,
      )
      return []
    }
    if (label !== name)
      traps.warn(
        name,
        'name-is-changed',
        `It is called ${label} here: names have lower-case letters, digits and dashes.`,
        'Call the workload so.',
        'RFC 1123, labels',
      )
    if (guest.prealloc && guest.backing !== 'hugetlb')
      traps.warn(
        name,
        'no-prealloc',
        'Only huge pages are preallocated there.',
        'Use huge pages.',
        `${NOVA}; ${PROXMOX}`,
      )
    if (guest.backing === 'memfd' || guest.backing === 'file')
      traps.warn(
        name,
        'no-backing',
        `The backing ${guest.backing} cannot be asked for there.`,
        'It gets anonymous memory.',
        `${NOVA}; ${PROXMOX}`,
      )
    return [write(process, label)]
  })
}

export const nova: ConfigTarget = {
  id: 'nova',
  title: 'Nova flavor',
  help: 'A flavor with the extra specs for huge pages and locked memory, as commands.',
  appliesTo: hasGuests,
  write: facts => {
    const traps = new Traps()
    return {
      files: named(facts, traps, (process, label) => flavor(process, label, traps)),
      traps: traps.list(),
    }
  },
}

function flavor({ name, guest, limit }: GuestProcess, label: string, traps: Traps): ConfigFile {
  const huge = guest.backing === 'hugetlb'
  if (guest.lock === 'on-fault')
    traps.warn(
      name,
      'no-on-fault',
      'Nova cannot ask for mem-lock=on-fault; locked memory is all of it, from the start.',
      'Leave the lock out, or take it whole.',
      NOVA,
    )
  if (guest.lock !== 'off')
    traps.warn(
      name,
      'locked-memory-needs-page-size',
      'hw:locked_memory (Zed and later) needs hw:mem_page_size; realtime and SEV imply it.',
      'Keep both properties.',
      NOVA,
    )
  traps.warn(
    name,
    'no-overhead',
    'Nova counts the RAM of a guest and nothing for QEMU.',
    'Reserve it: reserved_host_memory_mb, and reserved_huge_pages for pools.',
    NOVA,
  )
  const properties = [
    ...(huge
      ? [
          line(
            `openstack flavor set ${label} --property hw:mem_page_size=${guest.hugePageBytes === GIB ? '1GB' : '2MB'}`,
            'RAM from the pool of huge pages',
            'R4',
          ),
        ]
      : guest.lock === 'off'
        ? []
        : [
            line(
              `openstack flavor set ${label} --property hw:mem_page_size=small`,
              'hw:locked_memory needs a page size',
              NOVA,
            ),
          ]),
    ...(guest.lock === 'off'
      ? []
      : [
          line(
            `openstack flavor set ${label} --property hw:locked_memory=true`,
            'libvirt <locked/>: the limit becomes unlimited',
            'R3',
          ),
        ]),
    ...(guest.devices.pciHostdevs > 0
      ? [
          line(
            `openstack flavor set ${label} --property pci_passthrough:alias=ALIAS:${guest.devices.pciHostdevs}`,
            'Passed-through devices pin all RAM; the alias is that of nova.conf',
            'R5',
          ),
        ]
      : []),
  ]
  const path = `${label}-flavor.sh`
  const set = limit.systems.find(({ id }) => id === 'nova')?.memlockBytes ?? 'unset'
  return fileOf({
    path,
    title: `Flavor ${label}`,
    workload: name,
    lines: [
      plain('#!/bin/sh'),
      line(
        `openstack flavor create --ram ${guest.ramBytes / MIB} --vcpus ${guest.vcpus} --disk 0 ${label}`,
        'RAM in MiB',
        NOVA,
      ),
      ...properties,
    ],
    apply: [`sh ${path}`],
    verify: [
      { command: `openstack flavor show ${label} -c ram -c properties`, expect: 'the values of this file' },
    ],
    undo: [`openstack flavor delete ${label}`],
    memlockBytes: set === 'unset' ? null : set,
  })
}

export const proxmox: ConfigTarget = {
  id: 'proxmox',
  title: 'Proxmox VE guest',
  help: 'The lines of a guest’s configuration, and the same as qm set.',
  appliesTo: hasGuests,
  write: facts => {
    const traps = new Traps()
    return {
      files: named(facts, traps, (process, label) => conf(process, label, traps)),
      traps: traps.list(),
    }
  },
}

function conf(process: GuestProcess, label: string, traps: Traps): ConfigFile {
  const { name, guest } = process
  noteCount(process, traps, 'Clone it, each with a VMID of its own.')
  traps.note(name, 'vmid', 'The number of the guest is not in the plan.', 'Put it in for VMID.', PROXMOX)
  if (guest.devices.balloon)
    traps.warn(
      name,
      'balloon-is-automatic',
      'Proxmox decides itself when a balloon grows, down to the amount of balloon:.',
      'Set balloon: 0 where it must not.',
      PROXMOX,
    )
  if (guest.lock !== 'off')
    traps.warn(
      name,
      'args-are-for-root',
      'mem-lock is a raw argument (args:), which only root@pam may set.',
      'Set it as root@pam.',
      PROXMOX,
    )
  const huge = guest.backing === 'hugetlb'
  // At most 128 cores to a socket.
  const sockets = Math.ceil(guest.vcpus / 128)
  const cores = Math.ceil(guest.vcpus / sockets)
  const rows: [string, string, string?, string?][] = [
    ['name', label],
    ['memory', String(guest.ramBytes / MIB), 'RAM in MiB', PROXMOX],
    ['sockets', String(sockets)],
    ['cores', String(cores)],
    ...(sockets * cores === guest.vcpus ? [] : [['vcpus', String(guest.vcpus)] as [string, string]]),
    [
      'balloon',
      guest.devices.balloon ? String(Math.max(1, Math.floor(guest.ramBytes / MIB / 2))) : '0',
      guest.devices.balloon
        ? 'Down to so many MiB'
        : 'No balloon device; it frees nothing while a device pins RAM',
      'R18',
    ],
    ...(huge
      ? ([
          ['numa', '1', 'Huge pages need it', PROXMOX],
          [
            'hugepages',
            guest.hugePageBytes === GIB ? '1024' : '2',
            'Size of the pages in MiB; RAM from the pool, preallocated',
            'R4',
          ],
        ] as [string, string, string, string][])
      : []),
    ...Array.from(
      { length: guest.devices.pciHostdevs },
      (_, i) =>
        [
          `hostpci${i}`,
          pciAddress(i),
          'A passed-through device pins all RAM; its address is made up',
          'R5',
        ] as [string, string, string, string],
    ),
    ...(guest.lock === 'off'
      ? []
      : [
          [
            'args',
            `-overcommit mem-lock=${guest.lock}`,
            'mlockall of all of QEMU; Proxmox starts it as root, so no limit stands in the way',
            'R3',
          ] as [string, string, string, string],
        ]),
  ]
  const values = rows.map(([key, value]) => `--${key} ${value.includes(' ') ? `'${value}'` : value}`)
  return fileOf({
    path: '/etc/pve/qemu-server/VMID.conf',
    title: `Guest ${label}`,
    workload: name,
    lines: rows.map(([key, value, why, source]) =>
      why === undefined || source === undefined
        ? plain(`${key}: ${value}`)
        : line(`${key}: ${value}`, why, source),
    ),
    apply: [`qm set VMID ${values.join(' ')}`, 'qm start VMID'],
    verify: [{ command: 'qm config VMID; qm showcmd VMID', expect: 'the lines of this file' }],
    undo: [
      'qm stop VMID',
      ...(rows.some(([key]) => /^(?:hugepages|numa|args|hostpci\d+)$/.test(key))
        ? [
            `qm set VMID --delete ${rows
              .map(([key]) => key)
              .filter(key => /^(?:hugepages|numa|args|hostpci\d+)$/.test(key))
              .join(',')}`,
          ]
        : []),
    ],
    memlockBytes: 'unlimited',
  })
}
