/** A machine profile in the kernel's own numbers: what it has to give, where its watermarks are, how its swap is laid out. */
import { deviceNamed, type DeviceProfile } from '../data/devices.ts'
import { minFreeAfterBoot } from '../mm/khugepaged-min-free.ts'
import { managedPagesOf, zonesOfMachine } from '../mm/mmzone.ts'
import { setupPerZoneWmarks, sumWatermarks, type Watermarks } from '../mm/page-alloc.ts'
import { ALLOCATOR_OVERHEAD } from '../mm/zram.ts'
import { vmCommitLimit, type CommitMemory, type CommitSettings } from '../mm/util.ts'
import type { Machine } from '../program.ts'
import type { MachineProfile } from '../scenario.ts'
import { KIB_PER_PAGE, PAGE_SIZE } from '../units.ts'

const HUGE_2M_PAGES = 2 ** 21 / PAGE_SIZE
const HUGE_1G_PAGES = 2 ** 30 / PAGE_SIZE

/** Memory of a machine, in pages of 4 KiB. */
export interface MachineMemory {
  /** MemTotal */
  readonly totalPages: number
  readonly marks: Watermarks
  readonly minFreeKib: number
  /** Both pools together. */
  readonly poolPages: number
  /** The kernel's own and that of processes outside the plan. */
  readonly reservePages: number
  readonly commit: CommitMemory
  readonly commitSettings: CommitSettings
  readonly commitLimitPages: number
  readonly disk: DeviceProfile
}

/** A device of the list; throws if nobody checked that it is there. */
function device(id: string): DeviceProfile {
  const found = deviceNamed(id)
  if (found === undefined) throw new Error(`device ${id} is not on offer`)
  return found
}

export function machineMemory(machine: MachineProfile): MachineMemory {
  const totalPages = managedPagesOf(machine.ramBytes)
  const zones = zonesOfMachine(totalPages, machine.nodes)
  const own = minFreeAfterBoot(zones, machine.thp.enabled !== 'never', machine.watermarkScaleFactor)
  const minFreeKib = machine.minFreeKib ?? own.minFreeKbytes
  const marks = sumWatermarks(setupPerZoneWmarks(zones, minFreeKib, machine.watermarkScaleFactor))
  const poolPages = machine.hugetlb['2M'] * HUGE_2M_PAGES + machine.hugetlb['1G'] * HUGE_1G_PAGES
  const totalSwapPages = machine.swap.reduce((sum, area) => sum + Math.floor(area.sizeBytes / PAGE_SIZE), 0)
  const commit = { totalRamPages: totalPages, hugetlbPages: poolPages, totalSwapPages }
  const commitSettings: CommitSettings = {
    overcommitMemory: machine.overcommit.mode,
    overcommitRatio: machine.overcommit.ratioPercent,
    overcommitKbytes: 0,
    adminReserveKbytes: 8192,
    userReserveKbytes: 131_072,
  }
  return {
    totalPages,
    marks,
    minFreeKib,
    poolPages,
    reservePages: Math.floor(machine.hostReserveBytes / PAGE_SIZE),
    commit,
    commitSettings,
    commitLimitPages: vmCommitLimit(commit, commitSettings),
    disk: device(machine.disk),
  }
}

/** The machine of one exemplar: ample memory, so that only its own limits can refuse anything. */
export function exemplarMachine(machine: MachineProfile, kernel: string, hugePages: number): Machine {
  const swapBytes = machine.swap.reduce((sum, area) => sum + area.sizeBytes, 0)
  return {
    kernel,
    pageSize: PAGE_SIZE,
    ramBytes: machine.ramBytes,
    swapBytes,
    faultAroundBytes: machine.faultAroundBytes,
    thp: {
      enabled: machine.thp.enabled,
      defrag: machine.thp.defrag,
      shmem: machine.thp.shmem,
      zeroPage: machine.thp.zeroPage,
    },
    mthp: machine.thp.mthp,
    hugetlb: { '2M': hugePages },
  }
}

/** The swap of a machine: which area holds how much once so many pages are out, and what that means. */
export interface SwapSpace {
  readonly slots: number
  readonly areas: readonly {
    readonly device: DeviceProfile
    readonly slots: number
    readonly priority: number
  }[]
}

export function swapSpace(machine: MachineProfile): SwapSpace {
  const areas = machine.swap
    .map(area => ({
      device: device(area.device),
      slots: Math.floor(area.sizeBytes / PAGE_SIZE),
      priority: area.priority,
    }))
    .sort((a, b) => b.priority - a.priority)
  return { areas, slots: areas.reduce((sum, area) => sum + area.slots, 0) }
}

/** What so many swapped pages take and cost. */
export interface SwapUse {
  /** RAM that compressed pages take: zram and the zswap pool. */
  readonly ramPages: number
  /** RAM that the next page written out will take. */
  readonly ramPerPage: number
  /** Mean latency of reading one page back, queueing aside. */
  readonly readNs: number
  readonly readP99Ns: number
  /** Pages a second that can be written out, and read back at random. */
  readonly writePagesPerS: number
  readonly readPagesPerS: number
}

/** Areas of the highest priority fill first, those of one priority evenly. */
export function swapUse(space: SwapSpace, machine: MachineProfile, pages: number): SwapUse {
  let left = Math.min(pages, space.slots)
  let [ramPages, readNs, readP99Ns] = [0, 0, 0]
  let next: DeviceProfile | null = null
  for (let i = 0; i < space.areas.length;) {
    const level = space.areas.filter(area => area.priority === space.areas[i]?.priority)
    const room = level.reduce((sum, area) => sum + area.slots, 0)
    const used = Math.min(left, room)
    for (const area of level) {
      const here = room === 0 ? 0 : (used * area.slots) / room
      if (area.device.compressionRatio > 1)
        ramPages += (here / area.device.compressionRatio) * ALLOCATOR_OVERHEAD
      readNs += here * area.device.latencyNs
      readP99Ns = here > 0 ? Math.max(readP99Ns, area.device.p99Ns) : readP99Ns
      if (next === null && used < room) next = area.device
    }
    left -= used
    i += level.length
  }
  const used = Math.min(pages, space.slots)
  const writer = next ?? space.areas.at(-1)?.device ?? null
  const zswap = zswapUse(machine, used)
  return {
    ramPages: ramPages + zswap.ramPages,
    ramPerPage: ramPerPage(writer, machine),
    readNs: used > 0 ? (readNs / used) * (1 - zswap.share) : (writer?.latencyNs ?? 0),
    readP99Ns: readP99Ns > 0 ? readP99Ns : (writer?.p99Ns ?? 0),
    writePagesPerS: writer === null ? 0 : writer.bandwidthBytesPerS / PAGE_SIZE,
    readPagesPerS: writer === null ? 0 : (writer.parallelism * 1e9) / writer.latencyNs,
  }
}

function ramPerPage(writer: DeviceProfile | null, machine: MachineProfile): number {
  if (writer === null) return 0
  if (writer.compressionRatio > 1) return ALLOCATOR_OVERHEAD / writer.compressionRatio
  return machine.zswap.enabled ? 1 / machine.zswap.compressionRatio : 0
}

/** The newest pages are in the pool, up to its limit. */
function zswapUse(machine: MachineProfile, used: number): { ramPages: number; share: number } {
  const { enabled, maxPoolPercent, compressionRatio } = machine.zswap
  if (!enabled || used === 0) return { ramPages: 0, share: 0 }
  const limit = (managedPagesOf(machine.ramBytes) * maxPoolPercent) / 100
  const held = Math.min(used, limit * compressionRatio)
  return { ramPages: held / compressionRatio, share: held / used }
}

/** KiB of so many pages, as /proc prints them. */
export const kib = (pages: number): number => Math.round(pages * KIB_PER_PAGE)
