/** What QEMU does to guest RAM before the guest runs, in its order: preallocate, pin for devices, lock. */
import type { MLOCKALL_FLAGS } from '../op.ts'
import type { ParamReader } from '../params.ts'
import { preallocThreads } from '../prealloc-threads.ts'
import type { AreaNeed, SetupStep } from '../scenario.ts'
import { step, strideOf } from './parts.ts'
import type { WorkloadContext } from './workload.ts'

const GIB = 2 ** 30

/** prealloc=on: MADV_POPULATE_WRITE by several threads, or a write to each page before Linux 5.14. */
export function preallocate(ram: AreaNeed, reader: ParamReader, context: WorkloadContext): SetupStep[] {
  if (!reader.flag('prealloc')) return []
  const threads = preallocThreads({
    hostCpus: context.machine.cpus,
    askedThreads: reader.number('preallocThreads') || reader.number('vcpus'),
    bytes: ram.bytes,
    pageBytes: ram.backing === 'hugetlb-1G' ? GIB : strideOf(ram.backing),
  })
  const range = { on: ram.name, length: ram.bytes }
  const populates = context.kernelHas?.('madv-populate') ?? true
  if (populates)
    return [step({ op: 'madvise', ...range, advice: 'populate_write' }, 'preallocate RAM', { threads })]
  const stride = strideOf(ram.backing)
  return [step({ op: 'touch', ...range, access: 'write', stride }, 'preallocate RAM', { threads })]
}

/** A VFIO device maps all RAM for DMA: every page is faulted in and pinned. */
export function pinForVfio(ram: AreaNeed, reader: ParamReader): SetupStep[] {
  if (reader.number('vfio') === 0) return []
  return [step({ op: 'pin', on: ram.name, length: ram.bytes }, 'pin RAM for VFIO')]
}

/** mem-lock: os_mlock() after machine init, over everything that is mapped, QEMU itself included. */
export function lockAfterMachineInit(reader: ParamReader): SetupStep[] {
  const memLock = reader.text('memLock')
  if (memLock === 'off') return []
  const flags: (typeof MLOCKALL_FLAGS)[number][] = ['current', 'future']
  if (memLock === 'on-fault') flags.push('onfault')
  return [step({ op: 'mlockall', flags }, `mem-lock=${memLock}`)]
}
