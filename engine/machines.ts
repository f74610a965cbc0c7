/** Machines to plan for: the hosts on offer with every setting as a fresh Linux has it. */
import { dramBytesPerS, HOSTS, type HostProfile } from './data/hosts.ts'
import type { MachineProfile } from './scenario.ts'

const GIB = 2 ** 30

/** Settings that do not depend on the host: defaults of Linux, except where a line says otherwise. */
export const MACHINE_DEFAULTS = {
  nodes: 1,
  swap: [],
  zswap: { enabled: false, maxPoolPercent: 20, compressionRatio: 3 },
  disk: 'nvme-datacentre',
  // What distributions for servers choose.
  thp: { enabled: 'madvise', defrag: 'madvise', shmem: 'never', zeroPage: true, mthp: {} },
  hugetlb: { '2M': 0, '1G': 0 },
  overcommit: { mode: 0, ratioPercent: 50 },
  swappiness: 60,
  pageCluster: 3,
  minFreeKib: null,
  watermarkScaleFactor: 10,
  faultAroundBytes: 65536,
  otherCacheBytes: 0,
  costs: 'desktop-2021',
} as const satisfies Partial<MachineProfile>

/** Memory that the kernel and unplanned processes hold: 1/128 of RAM, at least 1 GiB (assumed). */
export function hostReserveBytes(ramBytes: number): number {
  return Math.min(Math.max(GIB, Math.floor(ramBytes / 128)), Math.floor(ramBytes / 4))
}

/** A host of the table as a machine. Swap has the priority that swapon gives to the first area. */
export function machineOfHost(host: HostProfile): MachineProfile {
  const { swapBytes, swapDevice } = host
  return {
    ...MACHINE_DEFAULTS,
    name: host.title,
    ramBytes: host.ramBytes,
    nodes: host.nrNodes,
    cpus: host.nrSockets * host.coresPerSocket,
    memoryBandwidthBytesPerS: dramBytesPerS(host),
    swap: swapDevice === undefined ? [] : [{ device: swapDevice, sizeBytes: swapBytes, priority: -2 }],
    hostReserveBytes: hostReserveBytes(host.ramBytes),
  }
}

/** A machine on offer by the id of its host. */
export function machineNamed(id: string): MachineProfile | undefined {
  const host = HOSTS.find(one => one.id === id)
  return host === undefined ? undefined : machineOfHost(host)
}
