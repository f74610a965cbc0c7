/** Which profile of `engine/data/devices.ts` a block device is like. */
import { DEVICES, deviceNamed, type DeviceProfile } from '../../engine/data/devices.ts'
import { formatDuration } from '../../engine/quantity.ts'
import type { BlockDevice } from '../../host/probe/block-devices.ts'
import { MACHINE_DEFAULTS } from '../../engine/machines.ts'

export interface DeviceClass {
  readonly device: string
  /** Why it is this one, in a sentence. */
  readonly sentence: string
  readonly isMeasured: boolean
}

/** zram by how it compresses, NVMe and SATA by what they are, everything else by how long a read takes. */
export function deviceClassOf(device: BlockDevice): DeviceClass {
  const { name, algorithm, latencyNs, how, rotational } = device
  if (name?.startsWith('zram') === true) {
    const known = deviceNamed(`zram-${algorithm ?? ''}`)
    const id = known?.id ?? (algorithm === 'lzo' ? 'zram-lzo-rle' : 'zram-zstd')
    const compresses =
      algorithm === null ? 'it is not known how it compresses' : `it compresses with ${algorithm}`
    return { device: id, isMeasured: false, sentence: `${name} is taken for ${titleOf(id)}: ${compresses}.` }
  }
  const alike = candidates(name, rotational)
  if (latencyNs === null || latencyNs <= 0) {
    const id = (alike.find(one => one.id === MACHINE_DEFAULTS.disk) ?? alike[0])?.id ?? MACHINE_DEFAULTS.disk
    const what = name ?? device.path
    return {
      device: id,
      isMeasured: false,
      sentence: `${what} is taken for ${titleOf(id)}: no read of it was timed.`,
    }
  }
  const nearest = alike.toSorted((a, b) => distance(a, latencyNs) - distance(b, latencyNs))[0]
  const id = nearest?.id ?? MACHINE_DEFAULTS.disk
  return {
    device: id,
    isMeasured: true,
    sentence: `A read from ${name ?? device.path} takes ${formatDuration(latencyNs)} (${how}): nearest is ${titleOf(id)}.`,
  }
}

const titleOf = (id: string): string => deviceNamed(id)?.title ?? id

/** Ratios count, not differences: 20 µs are further from 90 µs than 140 µs are. */
const distance = ({ latencyNs }: DeviceProfile, ns: number): number => Math.abs(Math.log(latencyNs / ns))

/** A disk of a virtual machine may be anything, whatever it says of itself. */
function candidates(name: string | null, rotational: boolean | null): readonly DeviceProfile[] {
  const disks = DEVICES.filter(({ id }) => !id.startsWith('zram'))
  if (name === null || /^(?:vd|xvd)/.test(name)) return disks
  if (name.startsWith('nvme')) return disks.filter(({ id }) => /^(?:optane|nvme)/.test(id))
  if (/^sd/.test(name)) return disks.filter(({ id }) => id === (rotational === true ? 'hdd' : 'sata-ssd'))
  return disks
}
