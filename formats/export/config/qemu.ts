/** QEMU by hand: the arguments for memory and locking, as a script. Read back by `formats/import/qemu-command.ts`. */
import { formatBytes, formatBytesFor } from '../../../engine/quantity.ts'
import { USUAL_MEMLOCK_BYTES } from './facts.ts'
import { checkGuest, guestsOf, hasGuests, noteCount, pciAddress, type GuestProcess } from './guests.ts'
import { labelsOf, qemuValue, shellWord } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigLine, type ConfigTarget } from './target.ts'

const BACKEND = 'qemu(1), -object memory-backend-…'

export const qemu: ConfigTarget = {
  id: 'qemu',
  title: 'QEMU arguments',
  help: 'The memory of a guest on a command line of one’s own; disks, network and display are to be added.',
  appliesTo: hasGuests,
  write: facts => {
    const traps = new Traps()
    const guests = guestsOf(facts)
    const labels = labelsOf(guests.map(({ name }) => name))
    const files = guests.flatMap((process, i) =>
      checkGuest(facts, process, traps)
        ? [script(process, labels.get(process.name) ?? `guest-${i + 1}`, traps)]
        : [],
    )
    return { files, traps: traps.list() }
  },
}

function script(process: GuestProcess, label: string, traps: Traps): ConfigFile {
  const { name, guest, spec, memlockBytes } = process
  noteCount(process, traps, 'Start it once for each, with another name.')
  if (Number(spec.params['balloon'] ?? 0) > 0)
    traps.note(
      name,
      'balloon-by-monitor',
      'How much the balloon holds is no argument.',
      'Tell the monitor: balloon MIB.',
      'R18',
    )
  const args = [...machineArgs(process), ...deviceArgs(process), ...lockArgs(process)]
  const path = `${label}.sh`
  const limit =
    memlockBytes === USUAL_MEMLOCK_BYTES
      ? []
      : [
          line(
            `ulimit -l ${formatBytesFor(memlockBytes, 'ulimit')} || exit 1`,
            'The limit of locked memory, in KiB; raising it over the hard limit takes root, or LimitMEMLOCK= of the service that runs this',
            'R2',
          ),
        ]
  return fileOf({
    path,
    title: `QEMU ${name}`,
    workload: name,
    lines: [
      plain('#!/bin/sh'),
      ...limit,
      plain('exec qemu-system-x86_64 \\'),
      ...args.map((arg, i) => ({ ...arg, text: `  ${arg.text}${i < args.length - 1 ? ' \\' : ''}` })),
    ],
    apply: [`sh ${path}`],
    verify: [
      {
        command: `grep -E 'VmLck|VmPin' /proc/$(pgrep -n -f qemu-system-x86_64)/status`,
        expect:
          guest.lock === 'off'
            ? '0 kB, or what devices pin'
            : guest.backing === 'hugetlb'
              ? 'QEMU’s own mappings alone (R4)'
              : `${Math.ceil(guest.ramBytes / 1024)} kB and more`,
      },
      {
        command: `grep 'Max locked memory' /proc/$(pgrep -n -f qemu-system-x86_64)/limits`,
        expect: memlockBytes === 'unlimited' ? 'unlimited' : `${memlockBytes} bytes`,
      },
    ],
    undo: ['End this QEMU; nothing else was changed.'].map(text => `# ${text}`),
    memlockBytes,
  })
}

function machineArgs({ name, guest }: GuestProcess): ConfigLine[] {
  const size = formatBytesFor(guest.ramBytes, 'qemu-size')
  const more =
    guest.maxRamBytes > 0
      ? `,slots=${guest.memoryDevices.length},maxmem=${formatBytesFor(guest.maxRamBytes, 'qemu-m')}`
      : ''
  const prealloc = guest.prealloc
    ? `,prealloc=on${guest.preallocThreads > 0 ? `,prealloc-threads=${guest.preallocThreads}` : ''}`
    : ''
  return [
    plain(`-name ${shellWord(`guest=${qemuValue(name)}`)}`),
    line('-machine q35,accel=kvm,memory-backend=ram0', 'RAM is the backend below', BACKEND),
    plain(`-smp ${guest.vcpus}`),
    line(
      `-m size=${ramArgument(guest.ramBytes)}${more}`,
      `${formatBytes(guest.ramBytes)}; a number without a suffix would be MiB. It has to agree with the backend`,
      'qemu(1), -m',
    ),
    line(`-object ${backend(guest, 'ram0', size)}${prealloc}`, backendWhy(guest), BACKEND),
  ]
}

const ramArgument = (bytes: number): string => {
  const text = formatBytesFor(bytes, 'qemu-m')
  return /^\d+$/.test(text) ? `${text}M` : text
}

function backend(guest: GuestProcess['guest'], id: string, size: string): string {
  switch (guest.backing) {
    case 'hugetlb':
      return `memory-backend-memfd,id=${id},size=${size},hugetlb=on,hugetlbsize=${formatBytesFor(guest.hugePageBytes, 'qemu-size')}`
    case 'file':
      // In a folder QEMU makes a file of its own and unlinks it at once.
      return `memory-backend-file,id=${id},size=${size},mem-path=/var/tmp,share=on`
    case 'memfd':
    case 'shm':
      return `memory-backend-memfd,id=${id},size=${size},share=on`
    default:
      return `memory-backend-ram,id=${id},size=${size}`
  }
}

function backendWhy({ backing, prealloc, preallocThreads, vcpus }: GuestProcess['guest']): string {
  const what = {
    hugetlb: 'RAM from the pool of huge pages: never swapped, never counted as locked (R4)',
    file: 'RAM is a file; put in the folder that it is to be in',
    memfd: 'RAM is a memfd, which other processes may map',
    shm: 'RAM is shared memory',
    anon: 'RAM is anonymous memory',
  }[backing]
  const threads = preallocThreads > 0 ? preallocThreads : vcpus
  return prealloc
    ? `${what}; all of it is resident before the guest starts, by at most ${Math.min(16, threads)} threads`
    : what
}

function deviceArgs({ guest }: GuestProcess): ConfigLine[] {
  const virtioMem = guest.memoryDevices.flatMap(({ sizeBytes, requestedBytes = 0, prealloc }, i) => [
    line(
      `-object ${backend(guest, `vmem${i}`, formatBytesFor(sizeBytes, 'qemu-size'))},reserve=off`,
      'Nothing is promised to what is not plugged; prealloc=on here would be refused',
      'QEMU virtio_mem_device_realize()',
    ),
    line(
      `-device virtio-mem-pci,id=vm${i},memdev=vmem${i},requested-size=${formatBytesFor(requestedBytes, 'qemu-size')}${prealloc === true ? ',prealloc=on' : ''}`,
      `${formatBytes(requestedBytes)} of it are plugged`,
      'R18',
    ),
  ])
  const vfio = Array.from({ length: guest.devices.pciHostdevs }, (_, i) =>
    line(
      `-device vfio-pci,host=${pciAddress(i)}`,
      'A passed-through device pins all RAM, huge pages too; its address is made up',
      'R5',
    ),
  )
  const balloon = guest.devices.balloon
    ? [line('-device virtio-balloon-pci', 'The plan inflates it', 'R18')]
    : []
  return [...virtioMem, ...vfio, ...balloon]
}

function lockArgs({ guest }: GuestProcess): ConfigLine[] {
  if (guest.lock === 'off') return []
  const why =
    guest.lock === 'on-fault'
      ? 'Pages are locked as they are used. QEMU 10.0; before it, mem-lock=on'
      : 'mlockall once RAM is mapped: all of the address space is compared with the limit. Never -realtime mlock, which is gone'
  return [line(`-overcommit mem-lock=${guest.lock}`, why, 'R3')]
}
