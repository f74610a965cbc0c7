/** Elements of a domain that are about memory: backing, NUMA cell, devices, raw arguments. */
import { formatBytes, KIB } from '../../../engine/quantity.ts'
import { pciAddress, type GuestProcess } from './guests.ts'
import { line, plain, type ConfigLine, type Traps } from './target.ts'

const FORMAT = 'libvirt, formatdomain: Memory Backing'
const kib = (bytes: number): number => Math.ceil(bytes / KIB)

export function backingLines(
  { name, guest }: GuestProcess,
  locked: boolean,
  traps: Traps,
): readonly ConfigLine[] {
  const rows: ConfigLine[] = []
  const huge = guest.backing === 'hugetlb'
  if (huge)
    rows.push(
      plain('    <hugepages>'),
      line(
        `      <page size='${kib(guest.hugePageBytes)}' unit='KiB'/>`,
        `RAM from the pool of ${formatBytes(guest.hugePageBytes)} pages: never swapped, never counted as locked`,
        'R4',
      ),
      plain('    </hugepages>'),
    )
  if (huge && !guest.prealloc)
    traps.warn(
      name,
      'huge-pages-preallocate',
      'libvirt preallocates whenever huge pages are asked for; the plan does not.',
      'Plan the guest with prealloc, so that its start is as long as it will be.',
      'libvirt qemuBuildMemoryBackendProps()',
    )
  if (locked)
    rows.push(
      line('    <locked/>', '-overcommit mem-lock=on: mlockall once RAM is mapped; raises the limit', 'R3'),
    )
  if (guest.backing === 'memfd' || guest.backing === 'file') {
    const type = guest.backing
    rows.push(
      line(
        `    <source type='${type}'/>`,
        `RAM is a ${type === 'memfd' ? 'memfd' : 'file in memory_backing_dir of qemu.conf'}`,
        FORMAT,
      ),
      line(`    <access mode='shared'/>`, 'Other processes may map it', FORMAT),
    )
  }
  if (guest.prealloc) {
    const threads = guest.preallocThreads > 0 ? ` threads='${guest.preallocThreads}'` : ''
    rows.push(
      line(
        `    <allocation mode='immediate'${threads}/>`,
        'prealloc=on: all RAM is resident before the guest starts; threads since libvirt 8.2, else one for each vCPU up to 16',
        'QEMU get_memset_num_threads(), util/oslib-posix.c',
      ),
    )
  }
  return rows.length === 0 ? [] : [plain('  <memoryBacking>'), ...rows, plain('  </memoryBacking>')]
}

/** Memory devices need a NUMA cell to belong to. */
export function cellLines({ guest }: GuestProcess): readonly ConfigLine[] {
  if (guest.memoryDevices.length === 0) return []
  const cpus = guest.vcpus === 1 ? '0' : `0-${guest.vcpus - 1}`
  return [
    plain(`  <cpu mode='host-passthrough'>`),
    plain('    <numa>'),
    line(
      `      <cell id='0' cpus='${cpus}' memory='${kib(guest.ramBytes)}' unit='KiB'/>`,
      'RAM without the virtio-mem device, which needs a cell to belong to',
      'libvirt, formatdomain: Memory devices',
    ),
    plain('    </numa>'),
    plain('  </cpu>'),
  ]
}

export function deviceLines({ name, guest }: GuestProcess, traps: Traps): readonly ConfigLine[] {
  const { pciHostdevs, balloon } = guest.devices
  const hostdevs = Array.from({ length: pciHostdevs }, (_, i) => {
    const [, bus = '01'] = pciAddress(i).split(':')
    return [
      plain(`    <hostdev mode='subsystem' type='pci' managed='yes'>`),
      plain('      <source>'),
      line(
        `        <address domain='0x0000' bus='0x${bus}' slot='0x00' function='0x0'/>`,
        'A passed-through device pins all RAM, huge pages too; its address is made up',
        'R5',
      ),
      plain('      </source>'),
      plain('    </hostdev>'),
    ]
  }).flat()
  const virtioMem = guest.memoryDevices.flatMap(({ sizeBytes, requestedBytes = 0, prealloc = false }) => {
    if (prealloc !== guest.prealloc)
      traps.warn(
        name,
        'virtio-mem-follows-allocation',
        'libvirt preallocates a virtio-mem device as it does RAM; the plan has one of them only.',
        'Plan both alike.',
        'libvirt 9.0, qemuBuildMemoryDeviceProps()',
      )
    return [
      plain(`    <memory model='virtio-mem'>`),
      plain('      <target>'),
      line(
        `        <size unit='KiB'>${kib(sizeBytes)}</size>`,
        'The most that can be plugged; counts with all of its size where libvirt computes a limit',
        'R18',
      ),
      plain('        <node>0</node>'),
      line(
        `        <block unit='KiB'>${kib(Math.max(2 * KIB * KIB, guest.backing === 'hugetlb' ? guest.hugePageBytes : 0))}</block>`,
        'Plugged and unplugged in blocks of this size',
        'QEMU virtio_mem_default_block_size()',
      ),
      line(
        `        <requested unit='KiB'>${kib(requestedBytes)}</requested>`,
        `${formatBytes(requestedBytes)} of it are plugged`,
        'libvirt, formatdomain: Memory devices',
      ),
      plain('      </target>'),
      plain('    </memory>'),
    ]
  })
  return [
    plain('  <devices>'),
    ...hostdevs,
    ...virtioMem,
    balloon
      ? line(`    <memballoon model='virtio'/>`, 'The plan inflates it', 'R18')
      : line(
          `    <memballoon model='none'/>`,
          'The plan has no balloon; libvirt adds one where nothing is said',
          'R18',
        ),
    plain('  </devices>'),
  ]
}

/** libvirt knows mem-lock=on and off alone: on-fault is an argument for QEMU itself. */
export function rawLines({ guest }: GuestProcess): readonly ConfigLine[] {
  if (guest.lock !== 'on-fault') return []
  return [
    plain('  <qemu:commandline>'),
    plain(`    <qemu:arg value='-overcommit'/>`),
    line(
      `    <qemu:arg value='mem-lock=on-fault'/>`,
      'Pages are locked as they are used. QEMU 10.0; before it, write <locked/> in memoryBacking instead. The last -overcommit wins',
      'QEMU 10.0, "overcommit: introduce mem-lock=on-fault"',
    ),
    plain('  </qemu:commandline>'),
  ]
}
