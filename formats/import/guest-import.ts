/** A guest that was read somewhere, as a workload: what every importer of guests does the same way. */
import { qemuGuest } from '../../engine/workloads/qemu-guest.ts'
import { formatBytes, GIB, MIB, type LimitBytes } from '../../engine/quantity.ts'
import { SCENARIO_BOUNDS, type Params, type WorkloadSpec } from '../../engine/scenario.ts'
import type { GuestFacts } from '../../engine/planner/limits/guest.ts'
import { safeText } from '../safe-text.ts'
import type { Notes } from './notes.ts'

/** What a workload has that a guest's facts do not say. */
export interface GuestSurroundings {
  /** Soft RLIMIT_MEMLOCK of the process. */
  readonly memlockBytes: LimitBytes
  readonly capIpcLock?: boolean
  readonly memoryHighBytes?: number | null
  readonly memorySwapMaxBytes?: number | null
  /** What the balloon holds from the start. */
  readonly balloonBytes?: number
  /** Where notes point. */
  readonly path: string
  readonly line?: number
}

/** Parameters of `engine/workloads/qemu-guest.ts` for a guest; undefined and a note where it is beyond them. */
export function guestWorkload(
  guest: GuestFacts,
  around: GuestSurroundings,
  notes: Notes,
): WorkloadSpec | undefined {
  const { path, line } = around
  const dimms = sumOf(guest, model => model === 'dimm')
  const ram = guest.ramBytes + dimms
  if (ram < MIB || ram > SCENARIO_BOUNDS.maxRamBytes) {
    notes.notUnderstood(path, `${formatBytes(ram)} of RAM cannot be planned: 1 MiB to 64 TiB can.`, line)
    return undefined
  }
  const virtioMem = sumOf(guest, model => model === 'virtio-mem')
  const plugged = guest.memoryDevices.reduce((sum, device) => sum + (device.requestedBytes ?? 0), 0)
  const params: Params = {
    ram,
    vcpus: bounded(guest.vcpus, 1, 4096),
    backing: backingOf(guest, path, line, notes),
    prealloc: guest.prealloc,
    preallocThreads: bounded(guest.preallocThreads, 0, 4096),
    memLock: guest.lock,
    vfio: bounded(guest.devices.pciHostdevs + guest.devices.mdevHostdevs, 0, 64),
    bootTouched: Math.min(ram, 512 * MIB),
    ...(virtioMem > 0
      ? {
          virtioMem,
          virtioMemPlugged: Math.min(virtioMem, plugged),
          virtioMemPrealloc: guest.memoryDevices.some(device => device.prealloc === true),
        }
      : {}),
    ...(around.balloonBytes !== undefined && around.balloonBytes > 0
      ? { balloon: Math.min(ram, around.balloonBytes) }
      : {}),
  }
  return {
    name: guest.name,
    kind: qemuGuest.id,
    params,
    count: 1,
    startS: 0,
    staggerS: 0,
    stopS: null,
    strategy: qemuGuest.defaultStrategy,
    strategyParams: {},
    limits: { memlockBytes: around.memlockBytes, capIpcLock: around.capIpcLock ?? false },
    memcg: {
      maxBytes: groupBytes(guest.hardLimitBytes > 0 ? guest.hardLimitBytes : null),
      highBytes: groupBytes(around.memoryHighBytes ?? null),
      swapMaxBytes: around.memorySwapMaxBytes ?? null,
    },
    oomScoreAdj: 0,
  }
}

function sumOf(guest: GuestFacts, test: (model: string) => boolean): number {
  return guest.memoryDevices.reduce((sum, device) => sum + (test(device.model) ? device.sizeBytes : 0), 0)
}

const bounded = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))

/** A limit of a cgroup that a plan can have: a page and more, up to all there can be. */
export function groupBytes(bytes: number | null): number | null {
  return bytes === null || bytes < 4096 || bytes > SCENARIO_BOUNDS.maxRamBytes ? null : bytes
}

function backingOf(guest: GuestFacts, path: string, line: number | undefined, notes: Notes): string {
  if (guest.backing === 'shm') return 'memfd'
  if (guest.backing !== 'hugetlb') return guest.backing
  if (guest.hugePageBytes === 2 * MIB) return 'hugetlb-2M'
  if (guest.hugePageBytes === GIB) return 'hugetlb-1G'
  const near = guest.hugePageBytes < 64 * MIB ? 'hugetlb-2M' : 'hugetlb-1G'
  const size = formatBytes(guest.hugePageBytes)
  notes.assumed(
    path,
    `Huge pages of ${size} are planned as ${near.slice(8)}iB: the model has 2 MiB and 1 GiB.`,
    line,
  )
  return near
}

/** A name for a plan: 1 to 100 characters that no terminal and no page minds; not `host`, which is the machine's. */
export function nameFor(text: string, otherwise: string): string {
  const name = safeText(text.trim(), 100)
  return name === '' || name === 'host' ? otherwise : name
}
