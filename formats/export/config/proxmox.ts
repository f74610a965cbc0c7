/** Proxmox VE: lines of a guest’s configuration and the same as `qm set`. Read back by `formats/import/proxmox.ts`. */
import { formatBytes, GIB, MIB } from '../../../engine/quantity.ts'
import type { ConfigFacts } from './facts.ts'
import { hasGuests, noteCount, pciAddress, type GuestProcess } from './guests.ts'
import { labelledGuests, type GuestPlace, type LabelledGuest } from './labelled-guests.ts'
import { shellWord } from './names.ts'
import { fileOf, line, Traps, type ConfigFile, type ConfigTarget } from './target.ts'

const SOURCE = 'qm.conf(5)'
const MEMORY = 'Proxmox VE, PVE::QemuServer::Memory'
const PLACE: GuestPlace = {
  title: 'Proxmox',
  source: SOURCE,
  unsaid: ['maxBytes', 'highBytes', 'swapMaxBytes', 'oomScoreAdj'],
  asksQemu: true,
}
/** `memory` has a least value in the schema. */
const LEAST_RAM_BYTES = 16 * MIB

export const proxmox: ConfigTarget = {
  id: 'proxmox',
  title: 'Proxmox VE guest',
  help: 'The lines of a guest’s configuration, and the same as qm set.',
  appliesTo: hasGuests,
  write: facts => {
    const traps = new Traps()
    const files = labelledGuests(facts, PLACE, traps)
      .filter(one => holdsGuest(one.process, facts, traps))
      .map(one => {
        noteGuest(one.process, traps)
        return configuration(one, socketsOf(one.process, facts, traps))
      })
    return { files, traps: traps.list() }
  },
}

function holdsGuest({ name, guest }: GuestProcess, { machine }: ConfigFacts, traps: Traps): boolean {
  if (guest.vcpus > machine.cpus)
    traps.refuse(
      name,
      'more-vcpus-than-cpus',
      `Proxmox starts no guest with more vCPUs (${guest.vcpus}) than the host has CPUs (${machine.cpus}).`,
      'Plan fewer vCPUs.',
      'PVE::QemuServer, "MAX n vcpus allowed per VM on this node"',
    )
  if (guest.ramBytes < LEAST_RAM_BYTES)
    traps.refuse(
      name,
      'least-memory',
      `Proxmox takes 16 MiB of RAM at least; the guest has ${formatBytes(guest.ramBytes)}.`,
      'Plan more RAM.',
      SOURCE,
    )
  return guest.vcpus <= machine.cpus && guest.ramBytes >= LEAST_RAM_BYTES
}

/**
 * With huge pages, socket n has its share of RAM from node n of the host: as few sockets as have shares that a node can
 * hold, in whole pages and whole cores.
 */
function socketsOf({ name, guest }: GuestProcess, { machine }: ConfigFacts, traps: Traps): number {
  if (guest.backing !== 'hugetlb') return 1
  const nodeBytes = Math.floor(machine.ramBytes / machine.nodes)
  const fits = (sockets: number): boolean =>
    guest.vcpus % sockets === 0 &&
    guest.ramBytes % (sockets * guest.hugePageBytes) === 0 &&
    guest.ramBytes / sockets <= nodeBytes
  const sockets = Array.from({ length: machine.nodes }, (_, i) => i + 1).find(fits)
  if (sockets === undefined)
    traps.warn(
      name,
      'pages-of-one-node',
      `All its huge pages come from node 0 of the host (${formatBytes(nodeBytes)}): RAM and vCPUs cannot be split over sockets in whole pages and cores.`,
      'Plan RAM and vCPUs that the number of nodes divides.',
      `${MEMORY}: hugepages_topology()`,
    )
  else if (machine.nodes > 1)
    traps.note(
      name,
      'socket-is-node',
      `Socket n has its pages from node n of the host: here ${sockets === 1 ? 'all from node 0' : `nodes 0 to ${sockets - 1}`}.`,
      'Use numa0: … with hostnodes= for another node, and set the pools up by node.',
      `${MEMORY}: hugepages_topology()`,
    )
  return sockets ?? 1
}

function noteGuest(process: GuestProcess, traps: Traps): void {
  const { name, guest } = process
  noteCount(process, traps, 'Clone it, each with a VMID of its own.')
  traps.note(name, 'vmid', 'The number of the guest is not in the plan.', 'Put it in for VMID.', SOURCE)
  if (guest.devices.balloon)
    traps.warn(
      name,
      'balloon-is-automatic',
      'Proxmox inflates a balloon by itself when the host is at 80 % of its memory, down to the amount of balloon:.',
      'Set balloon: 0 where it must not.',
      'Proxmox VE, Administration Guide: Memory',
    )
  if (guest.lock !== 'off')
    traps.warn(
      name,
      'args-are-for-root',
      `mem-lock=${guest.lock} is no key of Proxmox but a raw argument (args:), which only root@pam may set.`,
      'Set it as root@pam.',
      SOURCE,
    )
  if (guest.backing !== 'hugetlb') return
  traps.warn(
    name,
    'huge-pages-need-numa',
    'hugepages (any, 2 or 1024) needs numa: 1, and memory that is a multiple of the page size: the guest does not start otherwise.',
    'Keep both lines, and change memory in whole pages.',
    `${MEMORY}: hugepages_size()`,
  )
  traps.note(
    name,
    'pages-at-the-start',
    'Proxmox adds missing pages to the pool as the guest starts, and takes them back when it stops unless keephugepages: 1.',
    'Reserve 1 GiB pages on the kernel command line: later there are rarely any.',
    `${MEMORY}: hugepages_allocate()`,
  )
}

interface Row {
  readonly key: string
  readonly value: string
  readonly why: string
  readonly source: string
}

function rowsOf({ process, label }: LabelledGuest, sockets: number): Row[] {
  const { guest, spec } = process
  const { devices, lock } = guest
  const row = (key: string, value: string | number, why: string, source = SOURCE): Row => ({
    key,
    value: String(value),
    why,
    source,
  })
  const floorMib = Math.max(1, Math.floor((guest.ramBytes - Number(spec.params['balloon'] ?? 0)) / MIB))
  return [
    row('name', label, 'A name of DNS'),
    row('memory', guest.ramBytes / MIB, `RAM in MiB: ${formatBytes(guest.ramBytes)}`),
    row('sockets', sockets, 'With numa each is a node of the guest'),
    row('cores', guest.vcpus / sockets, `${guest.vcpus} vCPUs over all sockets`),
    devices.balloon
      ? row('balloon', floorMib, 'Least RAM in MiB that the balloon leaves', `R18; ${SOURCE}`)
      : row('balloon', 0, 'No balloon; it frees nothing while a device pins RAM', `R18; ${SOURCE}`),
    ...(guest.backing === 'hugetlb'
      ? [
          row('numa', 1, 'Huge pages need it', MEMORY),
          row(
            'hugepages',
            guest.hugePageBytes === GIB ? 1024 : 2,
            `Size of a page in MiB: ${guest.ramBytes / guest.hugePageBytes} pages, preallocated`,
            `R4; ${SOURCE}`,
          ),
        ]
      : []),
    ...Array.from({ length: devices.pciHostdevs }, (_, i) =>
      row(`hostpci${i}`, pciAddress(i), 'Pins all RAM; its address is made up', `R5; ${SOURCE}`),
    ),
    ...(lock === 'off'
      ? []
      : [
          row(
            'args',
            `-overcommit mem-lock=${lock}`,
            'mlockall of all of QEMU, which Proxmox starts as root: no limit stands in the way',
            `R3; ${SOURCE}`,
          ),
        ]),
  ]
}

/** What `undo` takes away again; RAM and vCPUs every guest has. */
const OWN = /^(?:balloon|numa|hugepages|args|hostpci\d+)$/

function expectedMemory({ backing, lock, ramBytes, devices }: GuestProcess['guest']): string {
  const ram = `${ramBytes / 1024} kB`
  const locked = devices.pciHostdevs > 0 || (lock !== 'off' && backing !== 'hugetlb')
  return [
    locked ? `VmLck: ${ram} and more` : 'VmLck: QEMU’s own mappings at most',
    ...(backing === 'hugetlb' ? [`HugetlbPages: ${ram}`] : []),
  ].join('; ')
}

function configuration(one: LabelledGuest, sockets: number): ConfigFile {
  const { process, label } = one
  const { guest } = process
  const rows = rowsOf(one, sockets)
  const own = rows.filter(({ key }) => OWN.test(key)).map(({ key }) => key)
  return fileOf({
    path: `${label}.conf`,
    title: `Guest ${label}: lines of /etc/pve/qemu-server/VMID.conf`,
    workload: process.name,
    lines: rows.map(({ key, value, why, source }) => line(`${key}: ${value}`, why, source)),
    apply: [
      ...rows.map(({ key, value }) => `qm set VMID --${key} ${shellWord(value)}`),
      'qm shutdown VMID; qm start VMID',
    ],
    verify: [
      { command: 'qm config VMID --current', expect: 'the lines of this file' },
      {
        command: `grep -E 'VmLck|HugetlbPages' /proc/$(cat /run/qemu-server/VMID.pid)/status`,
        expect: expectedMemory(guest),
      },
    ],
    undo: [`qm set VMID --delete ${own.join(',')}`, 'qm shutdown VMID; qm start VMID'],
    memlockBytes: 'unlimited',
  })
}
