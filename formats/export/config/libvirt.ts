/**
 * libvirt domain XML: what a domain needs to have the plan's memory, ready for `virsh define` once disks and network are
 * added. Read back by `formats/import/libvirt.ts`.
 */
import { totalMemoryBytes } from '../../../engine/planner/limits/guest.ts'
import { libvirt as libvirtLimit } from '../../../engine/planner/limits/libvirt.ts'
import { formatBytes, KIB, MIB, type LimitBytes } from '../../../engine/quantity.ts'
import { quoted } from '../../safe-text.ts'
import { checkGuest, guestsOf, hasGuests, noteCount, type GuestProcess } from './guests.ts'
import { backingLines, cellLines, deviceLines, rawLines } from './libvirt-lines.ts'
import { labelOf, shellWord, xmlText } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigLine, type ConfigTarget } from './target.ts'

/** `LimitMEMLOCK=` of the units of libvirt's daemons: what a domain inherits for which no limit is set. R9 */
const INHERITED_BYTES = 64 * MIB
const TUNING = 'libvirt, formatdomain: Memory Tuning'
const LIMIT = 'libvirt qemuDomainGetMemLockLimitBytes(), src/qemu/qemu_domain.c'

export const libvirt: ConfigTarget = {
  id: 'libvirt',
  title: 'libvirt domain XML',
  help: 'A domain for virsh define: memory, its backing, locking, limits, and the devices that pin it.',
  appliesTo: hasGuests,
  write: facts => {
    const traps = new Traps()
    const files = guestsOf(facts).flatMap(process =>
      checkGuest(facts, process, traps) && holdsName(process.name, traps) ? [domain(process, traps)] : [],
    )
    return { files, traps: traps.list() }
  },
}

/** virDomainDefParseIDs(): a name has no slash, and more than blanks. */
function holdsName(name: string, traps: Traps): boolean {
  if (!name.includes('/') && name.trim() !== '') return true
  traps.refuse(
    name,
    'name-of-a-domain',
    `A domain cannot be called ${quoted(name)}: its name has no slash and is not blank.`,
    'Give the workload another name.',
    'libvirt virDomainDefParseIDs()',
  )
  return false
}

const kib = (bytes: number): number => Math.ceil(bytes / KIB)

/** memtune, and whether libvirt is told that memory is locked: together they decide the limit. */
interface Tuning {
  readonly hardLimitBytes: number
  readonly why: string
  readonly locked: boolean
}

function tuningOf(process: GuestProcess, traps: Traps): Tuning {
  const { name, guest, spec, memlockBytes } = process
  const max = spec.memcg.maxBytes ?? 0
  const locks = guest.lock !== 'off'
  const bound = locks && memlockBytes !== 'unlimited' ? memlockBytes : 0
  if (max > 0 && bound > max)
    traps.warn(
      name,
      'hard-limit-is-both',
      `The lock needs a limit of ${formatBytes(bound)}, the plan's cgroup has ${formatBytes(max)}; hard_limit is both, and the larger is written.`,
      'Raise memcg.max of the plan.',
      LIMIT,
    )
  const hardLimitBytes = Math.max(max, bound)
  if (hardLimitBytes > 0)
    traps.warn(
      name,
      'hard-limit-kills',
      `hard_limit is also the limit of the cgroup: beyond ${formatBytes(hardLimitBytes)} the guest is killed.`,
      'Leave room for the memory of QEMU itself, which grows with devices and displays.',
      'R17; libvirt, formatdomain: Memory Tuning',
    )
  if (hardLimitBytes > 0)
    traps.warn(
      name,
      'memtune-in-session-mode',
      'qemu:///session refuses memtune: it has no cgroup of its own.',
      'Define it in qemu:///system.',
      'libvirt qemuDomainDefValidate(), "Memory tuning is not available in session mode"',
    )
  // A raw argument raises no limit. <locked/> does, and its mem-lock=on comes first, so that the raw argument wins.
  const locked = guest.lock === 'on' || (guest.lock === 'on-fault' && hardLimitBytes === 0)
  if (locked && hardLimitBytes === 0)
    traps.warn(
      name,
      'locked-without-bound',
      '<locked/> without hard_limit: the guest may lock all memory of the host.',
      'Give the workload a limit of locked memory; it becomes hard_limit.',
      LIMIT,
    )
  const why =
    bound >= max && bound > 0
      ? 'The limit of locked memory: guest, video RAM and QEMU’s own mappings. It is also the limit of the cgroup'
      : 'Limit of the cgroup, and of locked memory'
  return { hardLimitBytes, why, locked }
}

/** RLIMIT_MEMLOCK that libvirt sets for the domain, as it computes it. */
export function domainLimit(process: GuestProcess, { hardLimitBytes, locked }: Tuning): LimitBytes {
  const { memlockBytes } = libvirtLimit.compute({
    ...process.guest,
    // In the unit of the file.
    hardLimitBytes: kib(hardLimitBytes) * KIB,
    lock: locked ? 'on' : 'off',
  })
  return memlockBytes === 'unset' ? INHERITED_BYTES : memlockBytes
}

function domain(process: GuestProcess, traps: Traps): ConfigFile {
  const { name, guest, spec } = process
  const tuning = tuningOf(process, traps)
  const memlockBytes = domainLimit(process, tuning)
  noteLimit(process, memlockBytes, traps)
  noteCount(process, traps, 'Define it once for each, with a name and a uuid of its own.')
  const own = 'http://libvirt.org/schemas/domain/qemu/1.0'
  const raw = guest.lock === 'on-fault' ? ` xmlns:qemu='${own}'` : ''
  const total = totalMemoryBytes(guest)
  // What a virtio-mem device could have and has not is no part of the present memory.
  const present = guest.memoryDevices.reduce(
    (sum, { sizeBytes, requestedBytes = 0 }) => sum - sizeBytes + requestedBytes,
    total,
  )
  const balloon = Number(spec.params['balloon'] ?? 0)
  const lines: ConfigLine[] = [
    plain(`<domain type='kvm'${raw}>`),
    plain(`  <name>${xmlText(name)}</name>`),
    ...(guest.maxRamBytes > 0
      ? [
          line(
            `  <maxMemory slots='${guest.memoryDevices.length}' unit='KiB'>${kib(guest.maxRamBytes)}</maxMemory>`,
            'Room for the virtio-mem device',
            'libvirt, formatdomain: Memory Allocation',
          ),
        ]
      : []),
    line(
      `  <memory unit='KiB'>${kib(total)}</memory>`,
      `${formatBytes(total)} of RAM and memory devices; KiB, as dumpxml prints it`,
      'libvirt, formatdomain: Memory Allocation',
    ),
    ...(balloon > 0
      ? [
          line(
            `  <currentMemory unit='KiB'>${kib(present - Math.min(balloon, guest.ramBytes))}</currentMemory>`,
            `The balloon holds ${formatBytes(balloon)}`,
            'R18',
          ),
        ]
      : []),
    plain(`  <vcpu>${guest.vcpus}</vcpu>`),
    ...tuneLines(process, tuning),
    ...backingLines(process, tuning.locked, traps),
    plain('  <os>'),
    plain(`    <type arch='x86_64' machine='q35'>hvm</type>`),
    plain('  </os>'),
    ...cellLines(process),
    ...deviceLines(process, traps),
    ...rawLines(process),
    plain('</domain>'),
  ]
  const label = labelOf(name) ?? 'guest'
  const path = `${label}.xml`
  const of = shellWord(name)
  return fileOf({
    path,
    title: `Domain ${name}`,
    workload: name,
    lines,
    apply: [`virt-xml-validate ${path} domain`, `virsh define ${path}`, `virsh start ${of}`],
    verify: [
      {
        command: `virsh dumpxml ${of} | grep -A9 -E '<memtune>|<memoryBacking>'`,
        expect: 'the elements of this file',
      },
      {
        command: `grep 'Max locked memory' /proc/$(cat ${shellWord(`/run/libvirt/qemu/${name}.pid`)})/limits`,
        expect: memlockBytes === 'unlimited' ? 'unlimited' : `${memlockBytes} bytes`,
      },
      ...(guest.lock === 'off'
        ? []
        : [
            {
              command: `grep VmLck /proc/$(cat ${shellWord(`/run/libvirt/qemu/${name}.pid`)})/status`,
              expect:
                guest.backing === 'hugetlb'
                  ? 'QEMU’s own mappings alone: huge pages never count (R4)'
                  : `${kib(totalMemoryBytes(guest))} kB and more`,
            },
          ]),
    ],
    undo: [`virsh destroy ${of}`, `virsh undefine ${of}`],
    memlockBytes,
  })
}

function noteLimit({ name, guest, memlockBytes }: GuestProcess, set: LimitBytes, traps: Traps): void {
  if (set === memlockBytes) return
  const shown = set === 'unlimited' ? 'unlimited' : `${set} bytes`
  traps.note(
    name,
    'libvirt-sets-the-limit',
    `libvirt sets the limit of locked memory by its own rule: ${shown}, whatever the plan states.`,
    guest.lock === 'off' && set !== 'unlimited'
      ? 'Leave it: it covers what devices of the guest pin.'
      : 'Use hard_limit where another is wanted.',
    LIMIT,
  )
}

function tuneLines({ spec }: GuestProcess, { hardLimitBytes, why }: Tuning): ConfigLine[] {
  const { highBytes, swapMaxBytes } = spec.memcg
  const rows: ConfigLine[] = []
  const amount = (name: string, bytes: number): string => `    <${name} unit='KiB'>${kib(bytes)}</${name}>`
  if (hardLimitBytes > 0)
    rows.push(line(amount('hard_limit', hardLimitBytes), `${why}: ${formatBytes(hardLimitBytes)}`, TUNING))
  if (highBytes !== null)
    rows.push(line(amount('soft_limit', highBytes), 'memory.high of the cgroup: reclaimed beyond it', TUNING))
  if (swapMaxBytes !== null && hardLimitBytes > 0)
    rows.push(
      line(
        amount('swap_hard_limit', hardLimitBytes + swapMaxBytes),
        `Memory and swap together: ${formatBytes(swapMaxBytes)} of swap`,
        TUNING,
      ),
    )
  return rows.length === 0 ? [] : [plain('  <memtune>'), ...rows, plain('  </memtune>')]
}
