import { GIB, MIB } from '../quantity.ts'
import { bytesParam, choiceParam, countParam, flagParam, ParamReader, secondsParam } from '../params.ts'
import type { AreaNeed, Backing, ParamSpec, WorkloadNeed } from '../scenario.ts'
import { accessOf, accessParams, backingParam, need, ownArea, touchFirst } from './parts.ts'
import { balloonEvents, virtioMemArea, virtioMemEvents } from './qemu-devices.ts'
import { lockAfterMachineInit, pinForVfio, preallocate } from './qemu-locking.ts'
import type { WorkloadContext, WorkloadKind } from './workload.ts'

const params: readonly ParamSpec[] = [
  bytesParam('ram', 16 * GIB, {
    title: 'RAM',
    help: 'What the guest sees as its RAM (-m).',
    min: MIB,
    source: 'a usual size of guest',
  }),
  countParam('vcpus', 4, {
    title: 'vCPUs',
    help: 'Virtual processors; also the default number of threads that preallocate.',
    min: 1,
    max: 4096,
    source: 'a usual size of guest',
  }),
  backingParam('anon', ['anon', 'memfd', 'file', 'hugetlb-2M', 'hugetlb-1G'], {
    title: 'Memory backend',
    help: 'memory-backend-ram, -memfd, -file, or huge pages from the pools.',
    source: 'QEMU: memory-backend-ram',
  }),
  flagParam('prealloc', false, {
    title: 'Preallocate',
    help: 'prealloc=on: all RAM is made resident before the guest starts.',
    source: 'QEMU: off',
  }),
  countParam('preallocThreads', 0, {
    title: 'Threads that preallocate',
    help: 'prealloc-threads; 0 takes the number of vCPUs. At most 16, and one for each 64 MiB.',
    max: 4096,
    source: 'QEMU 10.0',
  }),
  choiceParam(
    'memLock',
    'off',
    [
      ['off', 'off'],
      ['on', 'on: mlockall after the machine is built'],
      ['on-fault', 'on-fault: locked as it is used'],
    ],
    {
      title: 'mem-lock',
      help: '-overcommit mem-lock. Locks the whole process, QEMU included. Without preallocation one thread populates all RAM. on-fault: QEMU 10.0, Linux 4.4.',
      source: 'QEMU: off',
    },
  ),
  countParam('vfio', 0, {
    title: 'VFIO devices',
    help: 'Passed-through devices. One or more pin all RAM for as long as the guest lives, and make the balloon useless.',
    max: 64,
    source: 'none unless asked for',
  }),
  bytesParam('own', 128 * MIB, {
    title: 'QEMU’s own memory, resident',
    help: 'Heap, device state, stacks in use.',
    min: 4096,
    source: '50 MiB and 8 MiB for each vCPU and the I/O thread, and graphics: KubeVirt’s overhead',
  }),
  bytesParam('ownAddressSpace', 512 * MIB, {
    title: 'QEMU’s own address space',
    help: 'Mapped besides RAM: libraries, ROMs, video memory, thread stacks. mem-lock compares all of it with the limit.',
    source: 'RAM and 256 MiB was seen to fail (assumed)',
  }),
  bytesParam('bootTouched', 512 * MIB, {
    title: 'Touched at boot',
    help: 'RAM that the guest’s kernel and services touch before it is ready.',
    source: 'a small Linux guest (assumed)',
  }),
  secondsParam('bootTime', 10, {
    title: 'Boot time',
    help: 'From power on to ready, besides the time that memory takes.',
    max: 3600,
    source: 'assumed',
  }),
  bytesParam('balloon', 0, {
    title: 'Ballooned',
    help: 'RAM that the balloon gives back, from the end; 0 leaves the balloon alone.',
    source: 'none unless asked for',
  }),
  secondsParam('balloonAt', 600, {
    title: 'Balloon inflates at',
    help: 'Seconds after the guest started.',
    source: 'assumed',
  }),
  bytesParam('virtioMem', 0, {
    title: 'virtio-mem region',
    help: 'Address space of a virtio-mem device, besides RAM; 0 has no device.',
    source: 'none unless asked for',
  }),
  bytesParam('virtioMemPlugged', 0, {
    title: 'virtio-mem plugged',
    help: 'How much of the region is plugged when it is asked for.',
    source: 'none unless asked for',
  }),
  flagParam('virtioMemPrealloc', false, {
    title: 'virtio-mem preallocates',
    help: 'prealloc=on of the device: one thread populates what is plugged.',
    source: 'QEMU: off',
  }),
  secondsParam('plugAt', 300, { title: 'Plugged at', help: 'Seconds after the start.', source: 'assumed' }),
  secondsParam('unplugAt', 0, {
    title: 'Unplugged at',
    help: 'Seconds after the start; 0 never.',
    source: 'assumed',
  }),
  ...accessParams({
    ratePerS: 20_000,
    writeShare: 0.3,
    footprintShare: 0.7,
    popularity: 'hotset',
    of: 'what the guest’s programs do to its RAM',
    source: 'a moderately busy guest of 16 GiB (assumed)',
  }),
]

const SHARED: readonly Backing[] = ['memfd', 'file']

function ramArea(reader: ParamReader): AreaNeed {
  const backing = reader.text('backing') as Backing
  return {
    name: 'ram',
    bytes: reader.number('ram'),
    backing,
    sharing: SHARED.includes(backing) ? 'shared' : 'private',
    prot: 'rw',
    role: 'main',
    access: accessOf(reader),
  }
}

/** Address space that is mapped and not used: populating it maps the zero page. */
function reservedArea(reader: ParamReader): AreaNeed[] {
  const bytes = reader.number('ownAddressSpace') - reader.number('own')
  return bytes < 4096 ? [] : [{ ...ownArea('qemu-mappings', bytes), prot: 'r' }]
}

function plan(context: WorkloadContext): WorkloadNeed {
  const reader = new ParamReader(params, context.params)
  const ram = ramArea(reader)
  const own = ownArea('qemu', reader.number('own'))
  return need({
    areas: [own, ...reservedArea(reader), ram, ...virtioMemArea(reader)],
    work: [
      ...touchFirst(own, own.bytes, 'write', 'QEMU starts'),
      ...preallocate(ram, reader, context),
      ...pinForVfio(ram, reader),
      ...lockAfterMachineInit(reader),
      { do: 'sleep', seconds: reader.number('bootTime') },
      ...touchFirst(ram, reader.number('bootTouched'), 'write', 'the guest boots'),
      { do: 'ready' },
    ],
    events: [...balloonEvents(ram, reader), ...virtioMemEvents(reader)].sort((a, b) => a.atS - b.atS),
    workerThreads: reader.number('vcpus'),
    assumptions: assumptions(reader),
  })
}

function assumptions(reader: ParamReader): string[] {
  const pinned = reader.number('vfio') > 0
  const clash = reader.number('virtioMem') > 0 && reader.text('memLock') !== 'off'
  return [
    'QEMU maps RAM in one piece and touches its own memory before the guest starts.',
    'The guest touches a fixed amount at boot, then uses its RAM at a steady rate.',
    ...(pinned ? ['Pinned RAM is counted as VmPin; VFIO type 1 counts it in VmLck instead.'] : []),
    ...(pinned && reader.number('balloon') > 0
      ? ['The balloon has no effect: QEMU inhibits discarding while a device pins RAM.']
      : []),
    ...(clash ? ['QEMU refuses virtio-mem together with mem-lock: the device is left out.'] : []),
  ]
}

export const qemuGuest: WorkloadKind = {
  id: 'qemu-guest',
  title: 'Virtual machine (QEMU)',
  help: 'A guest as QEMU runs it: memory backend, preallocation, mem-lock after the machine is built, VFIO, balloon, virtio-mem, and QEMU’s own memory.',
  params,
  defaultStrategy: 'none',
  plan,
}
