/** What every target of guests says alike: what QEMU refuses, what a plan cannot ask of it, what is to be filled in. */
import { checkCompatibility } from '../../../engine/planner/compatibility.ts'
import type { GuestFacts } from '../../../engine/planner/limits/guest.ts'
import { planFacts } from '../../../engine/planner/plan-facts.ts'
import { formatBytes } from '../../../engine/quantity.ts'
import { quoted } from '../../safe-text.ts'
import type { ConfigFacts, ConfigProcess } from './facts.ts'
import type { Traps } from './target.ts'

export interface GuestProcess extends ConfigProcess {
  readonly guest: GuestFacts
}

export const guestsOf = ({ processes }: ConfigFacts): GuestProcess[] =>
  processes.flatMap(process => (process.guest === null ? [] : [{ ...process, guest: process.guest }]))

export const hasGuests = (facts: ConfigFacts): boolean => guestsOf(facts).length > 0

/** Rules of the planner that make a guest fail to start, however it is configured. */
const REFUSING = ['virtio-mem-with-lock', 'virtio-mem-with-pins', 'prealloc-without-reserve']
/** Rules that a person who writes the configuration of a guest should hear. */
const WARNING = [
  'balloon-with-pins',
  'lock-of-hugetlb',
  'lock-populates-in-one-thread',
  'on-fault-before-4.4',
  'locked-beyond-memory-max',
  'gigabyte-pages',
]

/**
 * Says what is wrong with a guest. False: QEMU would refuse it, and no file is to be written. What else happens to it is
 * a trap of its place; `asksQemu` is whether the place has options of QEMU and addresses of devices in its file.
 */
export function checkGuest(
  facts: ConfigFacts,
  process: GuestProcess,
  traps: Traps,
  asksQemu = true,
): boolean {
  const { name, guest, spec } = process
  const found = checkCompatibility({ ...planFacts(facts.scenario, spec), guest })
  for (const { id, message, fix, source } of found)
    if (REFUSING.includes(id)) traps.refuse(name, id, message, fix, source)
  if (REFUSING.some(id => traps.has(name, id))) return false
  for (const { id, message, fix, source } of found)
    if (WARNING.includes(id)) traps.warn(name, id, message, fix, source)
  noteStrategy(process, traps)
  noteRounding(process, traps)
  if (asksQemu && guest.lock === 'on-fault')
    traps.warn(
      name,
      'on-fault-needs-qemu-10',
      'mem-lock=on-fault needs QEMU 10.0: older ones refuse the option and do not start.',
      'On an older QEMU write mem-lock=on, which makes all RAM resident at the start.',
      'QEMU 10.0, "overcommit: introduce mem-lock=on-fault"',
    )
  if (asksQemu && guest.devices.pciHostdevs > 0)
    traps.note(
      name,
      'device-addresses',
      `The plan counts ${guest.devices.pciHostdevs} passed-through devices; their addresses are made up.`,
      'Put in the addresses of the devices: lspci -D.',
      'plan: params.vfio',
    )
  return true
}

/** Strategies that are an option of QEMU, or what it does by itself. */
const ASKABLE = ['none', 'prealloc', 'mlockall', 'hugetlb-2m', 'hugetlb-1g', 'thp-madvise']

function noteStrategy({ name, spec: { strategy } }: GuestProcess, traps: Traps): void {
  if (ASKABLE.includes(strategy)) return
  traps.warn(
    name,
    'strategy-of-no-option',
    `No option of QEMU is the strategy ${quoted(strategy)}: it is not in the file.`,
    'Use prealloc for populated memory, mem-lock for locked memory, or huge pages.',
    'qemu(1)',
  )
}

function noteRounding({ name, spec, guest }: GuestProcess, traps: Traps): void {
  const asked = spec.params['ram']
  if (typeof asked !== 'number' || asked === guest.ramBytes) return
  const unit = guest.backing === 'hugetlb' ? `pages of ${formatBytes(guest.hugePageBytes)}` : 'MiB'
  traps.warn(
    name,
    'ram-in-whole-pages',
    `RAM of ${asked} bytes becomes ${formatBytes(guest.ramBytes)}: it is counted in whole ${unit}.`,
    `Plan it in whole ${unit}.`,
    'QEMU qemu_ram_alloc_from_file(); libvirt qemuDomainAlignMemorySizes()',
  )
}

/** Address of the n-th passed-through device, made up: a bus of its own from 1. */
export const pciAddress = (n: number): string => `0000:${(n + 1).toString(16).padStart(2, '0')}:00.0`

/** What identical guests need besides one file. */
export function noteCount({ name, spec: { count } }: ConfigProcess, traps: Traps, how: string): void {
  if (count > 1)
    traps.note(
      name,
      'one-of-many',
      `The plan has ${count} of ${quoted(name)}; this is one of them.`,
      how,
      'plan: count',
    )
}
