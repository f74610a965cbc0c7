/** A guest of a scenario in the words of those who set its limits. */
import { ParamReader } from '../params.ts'
import type { WorkloadSpec } from '../scenario.ts'
import { workloadNamed } from '../workloads/index.ts'
import { guestOf, type GuestBacking, type GuestFacts, type GuestLock } from './limits/guest.ts'

const GUEST_KIND = 'qemu-guest'
const HUGE_BYTES: Readonly<Record<string, number>> = { 'hugetlb-2M': 2 ** 21, 'hugetlb-1G': 2 ** 30 }

/** Null where the workload is no guest. */
export function guestFacts(spec: WorkloadSpec): GuestFacts | null {
  if (spec.kind !== GUEST_KIND) return null
  const reader = new ParamReader(workloadNamed(GUEST_KIND)?.params ?? [], spec.params)
  const backing = spec.strategy.startsWith('hugetlb') ? hugetlbOf(spec.strategy) : reader.text('backing')
  const isHuge = HUGE_BYTES[backing] !== undefined
  const virtioMem = reader.number('virtioMem')
  return guestOf({
    name: spec.name,
    ramBytes: reader.number('ram'),
    vcpus: reader.number('vcpus'),
    backing: isHuge ? 'hugetlb' : (backing as GuestBacking),
    ...(isHuge ? { hugePageBytes: HUGE_BYTES[backing] ?? 0 } : {}),
    lock: lockOf(spec, reader.text('memLock')),
    prealloc: reader.flag('prealloc') || preallocates(spec),
    preallocThreads: threadsOf(spec) ?? reader.number('preallocThreads'),
    memoryDevices:
      virtioMem === 0
        ? []
        : [
            {
              model: 'virtio-mem',
              sizeBytes: virtioMem,
              requestedBytes: reader.number('virtioMemPlugged'),
              prealloc: reader.flag('virtioMemPrealloc'),
            },
          ],
    devices: { pciHostdevs: reader.number('vfio'), balloon: reader.number('balloon') > 0 },
  })
}

const hugetlbOf = (strategy: string): string => (strategy.includes('1g') ? 'hugetlb-1G' : 'hugetlb-2M')

/** Huge pages from the pool are made resident unless the strategy says otherwise. */
const preallocates = ({ strategy, strategyParams }: WorkloadSpec): boolean =>
  strategy === 'prealloc' || (strategy.startsWith('hugetlb') && strategyParams['prealloc'] !== false)

/** Threads that the strategy asks for by number. */
function threadsOf(spec: WorkloadSpec): number | undefined {
  const threads = preallocates(spec) ? spec.strategyParams['threads'] : undefined
  return typeof threads === 'number' && threads > 0 ? threads : undefined
}

/** mem-lock of the guest, or what its strategy makes of it. */
function lockOf({ strategy, strategyParams }: WorkloadSpec, memLock: string): GuestLock {
  if (memLock === 'on' || memLock === 'on-fault') return memLock
  if (strategy !== 'mlockall') return 'off'
  return strategyParams['onfault'] === true ? 'on-fault' : 'on'
}
