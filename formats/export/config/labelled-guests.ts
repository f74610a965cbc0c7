/** Guests for places other than libvirt: a name that an object can have there, and what cannot be asked for. */
import { quoted } from '../../safe-text.ts'
import type { ConfigFacts } from './facts.ts'
import { checkGuest, guestsOf, type GuestProcess } from './guests.ts'
import { labelsOf } from './names.ts'
import type { Traps } from './target.ts'
import { warnUnsaid, type GroupField } from './unsaid.ts'

export interface LabelledGuest {
  readonly process: GuestProcess
  readonly label: string
}

export interface GuestPlace {
  readonly title: string
  readonly source: string
  /** What of a plan's cgroup it has no field for. */
  readonly unsaid: readonly GroupField[]
  /** Its file has options of QEMU and addresses of devices. */
  readonly asksQemu: boolean
}

const LABELS = 'RFC 1123, labels'

/** Guests that the place can have; why the others are left out is in the traps. */
export function labelledGuests(facts: ConfigFacts, place: GuestPlace, traps: Traps): LabelledGuest[] {
  const guests = guestsOf(facts)
  const labels = labelsOf(guests.map(({ name }) => name))
  return guests.flatMap(process => {
    const label = labels.get(process.name) ?? null
    if (!holdsName(process.name, label, place, traps)) return []
    if (!checkGuest(facts, process, traps, place.asksQemu) || !holdsDevices(process, place, traps)) return []
    warnBacking(process, place, traps)
    warnUnsaid(process, place.title, place.unsaid, place.source, traps)
    return [{ process, label }]
  })
}

function holdsDevices({ name, guest }: GuestProcess, { title, source }: GuestPlace, traps: Traps): boolean {
  if (guest.memoryDevices.length === 0) return true
  traps.refuse(
    name,
    'no-virtio-mem',
    `${title} has no field for a virtio-mem device.`,
    'Plan the guest without virtio-mem.',
    source,
  )
  return false
}

/** Says what a label makes of a name; false where nothing is left of it. */
export function holdsName(
  name: string,
  label: string | null,
  { title }: Pick<GuestPlace, 'title'>,
  traps: Traps,
): label is string {
  if (label === null)
    traps.refuse(
      name,
      'name-without-letters',
      `Nothing of ${quoted(name)} can be a name for ${title}: letters, digits and dashes.`,
      'Give the workload another name.',
      LABELS,
    )
  else if (label !== name)
    traps.warn(
      name,
      'name-is-changed',
      `It is called ${label} here: names have lower-case letters, digits and dashes.`,
      'Call the workload so.',
      LABELS,
    )
  return label !== null
}

function warnBacking({ name, guest }: GuestProcess, { title, source }: GuestPlace, traps: Traps): void {
  if (guest.backing === 'hugetlb') return
  if (guest.prealloc)
    traps.warn(
      name,
      'no-prealloc',
      `${title} preallocates huge pages alone: other memory comes in as it is touched.`,
      'Use huge pages.',
      source,
    )
  if (guest.backing !== 'anon')
    traps.warn(
      name,
      'no-backing',
      `${title} has no field for the backing ${guest.backing}.`,
      'Expect anonymous memory.',
      source,
    )
}
