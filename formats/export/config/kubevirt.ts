/** KubeVirt: VirtualMachines with their memory, huge pages and devices. Read back by `formats/import/kubernetes.ts`. */
import { formatBytes, formatBytesFor, GIB } from '../../../engine/quantity.ts'
import { hasGuests, noteCount, type GuestProcess } from './guests.ts'
import { labelledGuests, type GuestPlace, type LabelledGuest } from './labelled-guests.ts'
import { yamlText } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigLine, type ConfigTarget } from './target.ts'

const SOURCE = 'KubeVirt API, v1 DomainSpec'
const GATE = 'KubeVirt 1.8, feature gate ReservedOverheadMemlock'
const PLACE: GuestPlace = {
  title: 'KubeVirt',
  source: SOURCE,
  unsaid: ['highBytes', 'swapMaxBytes', 'oomScoreAdj'],
  asksQemu: false,
}
const amount = (bytes: number): string => yamlText(formatBytesFor(bytes, 'kubernetes'))

export const kubevirt: ConfigTarget = {
  id: 'kubevirt',
  title: 'KubeVirt VirtualMachine',
  help: 'A guest of KubeVirt with its memory, huge pages, limit of locked memory and devices.',
  appliesTo: hasGuests,
  write: facts => {
    const traps = new Traps()
    const files = labelledGuests(facts, PLACE, traps)
      .filter(one => holdsGuest(one.process, traps))
      .map(one => virtualMachine(one, traps))
    return { files, traps: traps.list() }
  },
}

/** Limit of memory of the domain; pages from a pool are no part of it. */
const groupLimit = ({ guest, spec }: GuestProcess): number | null =>
  guest.backing === 'hugetlb' ? null : spec.memcg.maxBytes

function holdsGuest(process: GuestProcess, traps: Traps): boolean {
  const { name, guest } = process
  const max = groupLimit(process)
  if (max === null || max >= guest.ramBytes) return true
  traps.refuse(
    name,
    'limit-below-guest',
    `KubeVirt refuses a limit of memory (${formatBytes(max)}) below the guest’s RAM (${formatBytes(guest.ramBytes)}).`,
    'Raise memcg.max of the plan: KubeVirt adds its overhead itself.',
    'KubeVirt validateGuestMemoryLimit(), virt-api',
  )
  return false
}

function noteGuest(process: GuestProcess, traps: Traps): void {
  const { name, guest, spec } = process
  noteCount(process, traps, 'Use a VirtualMachinePool with as many replicas.')
  if (guest.backing === 'hugetlb' && spec.memcg.maxBytes !== null)
    traps.warn(
      name,
      'no-limit-beside-huge-pages',
      'memory.max of the plan is not in the file: with huge pages the Pod’s memory is KubeVirt’s overhead alone.',
      'Use reservedOverhead.addedOverhead where that is too little.',
      SOURCE,
    )
  if (guest.devices.pciHostdevs > 0)
    traps.note(
      name,
      'device-resources',
      `The plan counts ${guest.devices.pciHostdevs} passed-through devices; the name of their resource is made up.`,
      'Put in the name that permittedHostDevices of the KubeVirt resource gives them.',
      'plan: params.vfio',
    )
  if (guest.lock === 'off') return
  traps.warn(
    name,
    'no-mem-lock',
    `KubeVirt cannot ask QEMU for mem-lock=${guest.lock}: memLock raises the limit and locks nothing. Only realtime guests are locked.`,
    'Use huge pages, which are never swapped, or a realtime guest.',
    SOURCE,
  )
  traps.warn(
    name,
    'feature-gate',
    'reservedOverhead.memLock needs the feature gate ReservedOverheadMemlock, alpha since KubeVirt 1.8: without it the guest is refused.',
    'Turn the gate on in the KubeVirt resource, or leave the field out: devices raise the limit by themselves.',
    GATE,
  )
}

function virtualMachine({ process, label }: LabelledGuest, traps: Traps): ConfigFile {
  const { name, guest, limit } = process
  noteGuest(process, traps)
  const required = guest.lock !== 'off'
  const huge = guest.backing === 'hugetlb'
  const max = groupLimit(process)
  const set = limit.systems.find(({ id }) => id === 'kubevirt')?.memlockBytes ?? 'unset'
  const path = `${label}-vm.yaml`
  return fileOf({
    path,
    title: `VirtualMachine ${label}`,
    workload: name,
    lines: [
      plain('apiVersion: kubevirt.io/v1'),
      plain('kind: VirtualMachine'),
      plain('metadata:'),
      plain(`  name: ${yamlText(label)}`),
      plain('spec:'),
      plain('  runStrategy: Manual'),
      plain('  template:'),
      plain('    spec:'),
      plain('      domain:'),
      plain('        cpu:'),
      line(`          cores: ${guest.vcpus}`, 'Virtual CPUs, none of them dedicated', SOURCE),
      plain('        memory:'),
      line(
        `          guest: ${amount(guest.ramBytes)}`,
        'RAM; KubeVirt adds its overhead to the request of the Pod',
        SOURCE,
      ),
      ...(huge
        ? [
            plain('          hugepages:'),
            line(
              `            pageSize: ${yamlText(guest.hugePageBytes === GIB ? '1Gi' : '2Mi')}`,
              `${guest.ramBytes / guest.hugePageBytes} pages from the pool of the node, preallocated; never swapped`,
              `R4; ${SOURCE}`,
            ),
          ]
        : []),
      ...(required
        ? [
            plain('          reservedOverhead:'),
            line('            memLock: Required', 'Lifts the limit of locked memory: unlimited', GATE),
          ]
        : []),
      ...(max === null
        ? []
        : [
            plain('        resources:'),
            plain('          limits:'),
            line(
              `            memory: ${amount(max)}`,
              'memory.max of the Pod, less the overhead that KubeVirt adds: beyond it the guest is killed',
              `R17; ${SOURCE}`,
            ),
          ]),
      plain('        devices:'),
      line(
        `          autoattachMemBalloon: ${guest.devices.balloon}`,
        'KubeVirt adds a balloon where nothing is said',
        `R18; ${SOURCE}`,
      ),
      ...hostDevices(guest.devices.pciHostdevs),
    ],
    apply: [
      `kubectl apply --dry-run=server -f ${path}`,
      `kubectl apply -f ${path}`,
      `virtctl start ${label}`,
    ],
    verify: [
      {
        command: `kubectl get pod -l vm.kubevirt.io/name=${label} -o jsonpath='{.items[0].spec.containers[0].resources}'`,
        expect: huge
          ? `hugepages of ${formatBytes(guest.ramBytes)}, requests equal to limits`
          : `a request of ${formatBytes(guest.ramBytes)} and the overhead`,
      },
      {
        command: `kubectl exec $(kubectl get pod -l vm.kubevirt.io/name=${label} -o name) -- sh -c 'grep "Max locked memory" /proc/$(pgrep -f qemu | tail -n 1)/limits'`,
        expect: required || set === 'unlimited' ? 'unlimited' : 'what containerd hands down',
      },
    ],
    undo: [`kubectl delete -f ${path}`],
    memlockBytes: required ? 'unlimited' : set === 'unset' ? null : set,
  })
}

function hostDevices(count: number): ConfigLine[] {
  if (count === 0) return []
  return [
    plain('          hostDevices:'),
    ...Array.from({ length: count }, (_, i) => [
      plain(`          - name: device${i + 1}`),
      line(
        '            deviceName: "example.com/device"',
        'Pins all RAM and lifts the limit; the name of its resource is made up',
        'R5',
      ),
    ]).flat(),
  ]
}
