/**
 * Configuration of a Proxmox VE guest; amounts are MiB:
 *
 *     name: gpu-node
 *     memory: 65536
 *     hugepages: 1024
 *     hostpci0: 0000:41:00,pcie=1
 */
import { guestOf, type GuestDevices } from '../../engine/planner/limits/guest.ts'
import { proxmoxHugepagesMib } from '../../engine/planner/limits/proxmox.ts'
import { formatBytes, GIB, MIB } from '../../engine/quantity.ts'
import { quoted } from '../safe-text.ts'
import { textOf } from './decode.ts'
import { guestWorkload, nameFor } from './guest-import.ts'
import type { Importer, ImportOptions, ImportResult } from './importer.ts'
import { linesOf } from './lines.ts'
import { Notes, refused } from './notes.ts'
import { devicesOf } from './qemu/devices.ts'
import { keysOf, lockOf, optionsOf } from './qemu/options.ts'
import { wordsOf } from './shell-words.ts'

const KEYS =
  /^(?:agent|args|audio\d|balloon|bios|boot|bootdisk|cicustom|cipassword|ciuser|cores|cpu|cpulimit|cpuunits|description|efidisk\d|hostpci\d+|hotplug|hugepages|ide\d|ipconfig\d|keephugepages|kvm|machine|memory|meta|name|net\d+|numa\d*|onboot|ostype|sata\d|scsi\d+|scsihw|serial\d|shares|smbios1|sockets|startup|tablet|tags|tpmstate0|unused\d+|usb\d|vcpus|vga|virtio\d+|vmgenid): /

export const proxmox: Importer = {
  id: 'proxmox',
  title: 'Proxmox VE guest configuration',
  yields: ['workloads'],
  recognises(head) {
    const lines = head.split('\n', 200).filter(line => line.trim() !== '' && !line.startsWith('#'))
    const known = lines.filter(line => KEYS.test(line)).length
    const all = lines.findIndex(line => line.startsWith('['))
    return known >= 2 && known * 2 >= (all < 0 ? lines.length : all) && !/^rootfs: /m.test(head)
  },
  read: (input, options = {}) => readConf(textOf(input), options),
}

interface Entry {
  readonly value: string
  readonly line: number
}

function entriesOf(text: string, notes: Notes): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const { text: row, line } of linesOf(text.slice(0, 2 ** 20))) {
    const section = /^\[(.*)\]\s*$/.exec(row)?.[1]
    if (section !== undefined) {
      notes.ignored(
        `[${section}]`,
        `The section ${quoted(section)} and what follows are snapshots or not in force yet.`,
        line,
      )
      break
    }
    if (row.startsWith('#') || row.trim() === '') continue
    const key = /^([a-z][\w-]{0,60}):/i.exec(row)?.[1] ?? ''
    const value = row.slice(key.length + 1).trim()
    if (key === '') notes.notUnderstood('line', `${quoted(row)} is no key with a value.`, line)
    else entries.set(key, { value, line })
  }
  return entries
}

function readConf(text: string, { fileName = '' }: ImportOptions): ImportResult {
  const notes = new Notes()
  const entries = entriesOf(text, notes)
  const count = (key: string, otherwise: number, most = 65536): number => {
    const entry = entries.get(key)
    const value = entry === undefined ? undefined : notes.count(entry.value, key, entry.line, most)
    if (value !== undefined) notes.taken(key, `${key} is ${value}.`, entry?.line)
    return value ?? otherwise
  }
  // Newer releases write current=.
  const memory = entries.get('memory')
  const stated = keysOf(memory?.value ?? '512', 'current').get('current') ?? ''
  if (memory === undefined) notes.assumed('memory', 'Without memory: a guest has 512 MiB.')
  const ramBytes = notes.bytes(stated, 'proxmox', 'memory', memory?.line)
  if (ramBytes === undefined)
    return refused({
      path: 'memory',
      found: stated,
      allowed: 'a number of MiB',
      sentence: `memory is ${quoted(stated)}; allowed is a number of MiB.`,
      ...(memory === undefined ? {} : { line: memory.line }),
    })
  if (memory !== undefined) notes.taken('memory', `${formatBytes(ramBytes)} of RAM.`, memory.line)
  const vcpus = count('vcpus', Math.max(1, count('sockets', 1)) * Math.max(1, count('cores', 1)))
  const arguments_ = entries.get('args')
  const options = optionsOf(
    wordsOf(arguments_?.value ?? '').words.map(word => ({ text: word, line: arguments_?.line ?? 1 })),
  )
  const lock = lockOf(options) ?? 'off'
  if (arguments_ !== undefined) notes.taken('args', `Arguments of QEMU: mem-lock=${lock}.`, arguments_.line)
  const balloonMib = count('balloon', -1, 2 ** 30)
  const devices = devicesIn(entries, devicesOf(options, notes), balloonMib !== 0, notes)
  const huge = hugePagesOf(entries.get('hugepages'), ramBytes, notes)
  const guest = guestOf({
    name: nameFor(entries.get('name')?.value ?? fileName.replace(/\.conf$/, ''), 'guest'),
    kvm: entries.get('kvm')?.value !== '0',
    ramBytes,
    vcpus: Math.max(1, vcpus),
    lock,
    ...(huge > 0 ? { backing: 'hugetlb' as const, hugePageBytes: huge, prealloc: true } : {}),
    guaranteedBytes: balloonMib > 0 ? Math.min(ramBytes, balloonMib * MIB) : 0,
    devices,
  })
  if (balloonMib > 0)
    notes.assumed(
      'balloon',
      `The balloon may take it down to ${formatBytes(balloonMib * MIB)}; it is left alone.`,
    )
  notes.assumed('', 'Proxmox starts QEMU as root: no limit of locked memory stands in its way.')
  const around = { memlockBytes: 'unlimited' as const, capIpcLock: true, path: 'memory' }
  const workload = guestWorkload(guest, around, notes)
  return {
    ok: true,
    guests: [guest],
    workloads: workload === undefined ? [] : [workload],
    notes: notes.list(),
  }
}

function hugePagesOf(entry: Entry | undefined, ramBytes: number, notes: Notes): number {
  if (entry === undefined) return 0
  const { value, line } = entry
  const mib = value === 'any' ? proxmoxHugepagesMib(guestOf({ ramBytes, vcpus: 1 }), true) : Number(value)
  if (mib !== 2 && mib !== 1024) {
    notes.notUnderstood('hugepages', `hugepages is ${quoted(value)}; 2, 1024 and any are known.`, line)
    return 0
  }
  notes.taken(
    'hugepages',
    `Huge pages of ${mib === 1024 ? formatBytes(GIB) : formatBytes(2 * MIB)}, preallocated.`,
    line,
  )
  return mib * MIB
}

function devicesIn(
  entries: ReadonlyMap<string, Entry>,
  own: GuestDevices,
  balloon: boolean,
  notes: Notes,
): GuestDevices {
  const hostpci = [...entries].filter(([key]) => /^hostpci\d+$/.test(key))
  const functions = hostpci.map(([key, { value, line }]) => {
    const keys = keysOf(value, 'host')
    const hosts = (keys.get('host') ?? keys.get('mapping') ?? '').split(';').length
    notes.taken(key, `${hosts} PCI devices passed through: ${quoted(value)}.`, line)
    return { hosts, mdev: keys.has('mdev') }
  })
  const sum = (mdev: boolean): number =>
    functions.filter(one => one.mdev === mdev).reduce((total, { hosts }) => total + hosts, 0)
  const vga = keysOf(entries.get('vga')?.value ?? 'std', 'type')
  const type = vga.get('type') ?? 'std'
  const videoMib = notes.count(vga.get('memory') ?? '16', 'vga', entries.get('vga')?.line, 4096) ?? 16
  const graphics = !/^(?:none|serial\d)$/.test(type)
  return {
    ...own,
    pciHostdevs: own.pciHostdevs + sum(false),
    mdevHostdevs: own.mdevHostdevs + sum(true),
    viommu: own.viommu || keysOf(entries.get('machine')?.value ?? '', 'type').has('viommu'),
    videoRamBytes: graphics ? videoMib * MIB : 0,
    graphics,
    tpm: own.tpm || entries.has('tpmstate0'),
    sev: own.sev || entries.has('amd-sev'),
    balloon,
  }
}
