/** Devices of QEMU that give guest memory back or add some while the guest runs: balloon and virtio-mem. */
import type { Op } from '../op.ts'
import type { ParamReader } from '../params.ts'
import type { AreaNeed, Backing, TaskEvent } from '../scenario.ts'
import { ownArea } from './parts.ts'

const BLOCK = 2 * 2 ** 20

/** ram_block_discard_range(): holes in shared files, MADV_DONTNEED for private memory. */
function discard(area: Pick<AreaNeed, 'name' | 'sharing'>, offset: number, length: number): Op {
  return {
    op: 'madvise',
    on: area.name,
    offset,
    length,
    advice: area.sharing === 'shared' ? 'remove' : 'dontneed',
  }
}

/** The balloon inflates: the end of RAM is given back. Inhibited while VFIO pins RAM. */
export function balloonEvents(ram: AreaNeed, reader: ParamReader): TaskEvent[] {
  const bytes = Math.min(ram.bytes, Math.floor(reader.number('balloon') / BLOCK) * BLOCK)
  if (bytes === 0 || reader.number('vfio') > 0) return []
  const start = Math.floor((ram.bytes - bytes) / BLOCK) * BLOCK
  const ops = [discard(ram, start, bytes)]
  return [{ atS: reader.number('balloonAt'), label: 'the balloon inflates', ops, onRefusal: 'warn' }]
}

function hasDevice(reader: ParamReader): boolean {
  return reader.number('virtioMem') >= BLOCK && reader.text('memLock') === 'off'
}

/** The region of a virtio-mem device: address space without a promise of memory. QEMU refuses it with mem-lock. */
export function virtioMemArea(reader: ParamReader): AreaNeed[] {
  if (!hasDevice(reader)) return []
  const chosen = reader.text('backing') as Backing
  const backing = chosen === 'file' ? 'anon' : chosen
  const sharing = backing === 'memfd' ? 'shared' : 'private'
  const bytes = Math.floor(reader.number('virtioMem') / BLOCK) * BLOCK
  return [{ ...ownArea('virtio-mem', bytes), backing, sharing, mmapFlags: ['noreserve'] }]
}

/** Plug: populated if the device preallocates, else used by the guest later. Unplug: discarded. */
export function virtioMemEvents(reader: ParamReader): TaskEvent[] {
  if (!hasDevice(reader)) return []
  const [area] = virtioMemArea(reader)
  const plugged = Math.min(reader.number('virtioMem'), reader.number('virtioMemPlugged'))
  const length = Math.floor(plugged / BLOCK) * BLOCK
  if (area === undefined || length === 0) return []
  const range = { on: area.name, length }
  const plug: Op = reader.flag('virtioMemPrealloc')
    ? { op: 'madvise', ...range, advice: 'populate_write' }
    : {
        op: 'touch',
        ...range,
        access: 'write',
        ...(area.backing.startsWith('hugetlb') ? { stride: BLOCK } : {}),
      }
  const events: TaskEvent[] = [
    { atS: reader.number('plugAt'), label: 'virtio-mem plugs memory', ops: [plug], onRefusal: 'warn' },
  ]
  const unplugAtS = reader.number('unplugAt')
  if (unplugAtS > reader.number('plugAt')) {
    const ops = [discard(area, 0, length)]
    events.push({ atS: unplugAtS, label: 'virtio-mem unplugs memory', ops, onRefusal: 'warn' })
  }
  return events
}
