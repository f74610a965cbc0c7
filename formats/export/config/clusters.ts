/** Kubernetes: Pods with huge pages and IPC_LOCK, KubeVirt guests. Read back by `formats/import/kubernetes.ts`. */
import { formatBytes, formatBytesFor, GIB, MIB } from '../../../engine/quantity.ts'
import { commandOf } from './commands.ts'
import { hasPrograms, labelled } from './containers.ts'
import { USUAL_MEMLOCK_BYTES, type ConfigProcess } from './facts.ts'
import { checkGuest, guestsOf, hasGuests, noteCount, type GuestProcess } from './guests.ts'
import { labelsOf, yamlText } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigLine, type ConfigTarget } from './target.ts'

const POD = 'Kubernetes, Manage HugePages; resource requests and limits'
const KUBEVIRT = 'KubeVirt API, v1 DomainSpec'
const amount = (bytes: number): string => formatBytesFor(bytes, 'kubernetes')

export const pod: ConfigTarget = {
  id: 'pod',
  title: 'Kubernetes Pod',
  help: 'A Pod with its memory, huge pages, and the capability to lock.',
  appliesTo: hasPrograms,
  write: facts => {
    const traps = new Traps()
    return {
      files: labelled(facts, traps).map(({ process, label }) => podFile(process, label, traps)),
      traps: traps.list(),
    }
  },
}

function podFile(process: ConfigProcess, label: string, traps: Traps): ConfigFile {
  const { name, spec, memlockBytes, memory } = process
  noteCount(process, traps, 'Use a Deployment with as many replicas.')
  if (!spec.limits.capIpcLock && (memlockBytes === 'unlimited' || memlockBytes > USUAL_MEMLOCK_BYTES))
    traps.warn(
      name,
      'no-field-for-the-limit',
      'No field of a Pod sets the limit of locked memory.',
      'Set LimitMEMLOCK= of containerd, or give a Pod that runs as root the capability IPC_LOCK.',
      'Kubernetes API, v1 Container',
    )
  if (spec.limits.capIpcLock)
    traps.warn(
      name,
      'capability-of-a-user',
      'Added capabilities are not ambient: a container whose user is not root does not get IPC_LOCK.',
      'Run it as root, as written here, or set LimitMEMLOCK= of containerd.',
      'capabilities(7)',
    )
  const huge = (
    [
      ['2Mi', memory.huge2mBytes],
      ['1Gi', memory.huge1gBytes],
    ] as const
  ).filter(([, bytes]) => bytes > 0)
  if (huge.length > 0)
    traps.warn(
      name,
      'hugepages-requests-equal-limits',
      'Requests of hugepages have to equal their limits, and need a request of memory or CPU beside them.',
      'Change both together.',
      POD,
    )
  const max = spec.memcg.maxBytes
  const request = Math.min(max ?? Infinity, Math.max(MIB, Math.ceil(memory.plainBytes / MIB) * MIB))
  const hugeLines = huge.map(([size, bytes]) =>
    line(
      `        hugepages-${size}: ${yamlText(amount(bytes))}`,
      `${formatBytes(bytes)} from the pool of the node; the request equals the limit`,
      `R17; ${POD}`,
    ),
  )
  const limits: ConfigLine[] = [
    ...(max === null
      ? []
      : [line(`        memory: ${yamlText(amount(max))}`, 'memory.max: locked pages count in it', 'R17')]),
    ...hugeLines,
  ]
  const command = commandOf(process)
  const path = `${label}-pod.yaml`
  return fileOf({
    path,
    title: `Pod ${label}`,
    workload: name,
    lines: [
      plain('apiVersion: v1'),
      plain('kind: Pod'),
      plain('metadata:'),
      plain(`  name: ${yamlText(label)}`),
      plain('spec:'),
      plain('  containers:'),
      plain(`  - name: ${yamlText(label)}`),
      plain('    image: IMAGE'),
      ...(command.length === 0 ? [] : [plain(`    command: ${JSON.stringify(command)}`)]),
      ...(spec.limits.capIpcLock
        ? [
            plain('    securityContext:'),
            line('      runAsUser: 0', 'Only root gets an added capability', 'capabilities(7)'),
            plain('      capabilities:'),
            line('        add: ["IPC_LOCK"]', 'Lifts the limit of locked memory', 'R2'),
          ]
        : []),
      plain('    resources:'),
      plain('      requests:'),
      line(
        `        memory: ${yamlText(amount(request))}`,
        'Memory that the program maps besides huge pages and files',
        POD,
      ),
      ...hugeLines,
      ...(limits.length === 0 ? [] : [plain('      limits:'), ...limits]),
    ],
    apply: [`kubectl apply -f ${path}`],
    verify: [
      {
        command: `kubectl exec ${label} -- grep 'Max locked memory' /proc/1/limits`,
        expect:
          memlockBytes === 'unlimited'
            ? 'unlimited, from containerd'
            : `${memlockBytes} bytes or more, from containerd`,
      },
    ],
    undo: [`kubectl delete -f ${path}`],
  })
}

export const kubevirt: ConfigTarget = {
  id: 'kubevirt',
  title: 'KubeVirt VirtualMachine',
  help: 'A guest of KubeVirt with its memory, huge pages and devices.',
  appliesTo: hasGuests,
  write: facts => {
    const traps = new Traps()
    const guests = guestsOf(facts)
    const labels = labelsOf(guests.map(({ name }) => name))
    const files = guests.flatMap(process => {
      const label = labels.get(process.name) ?? null
      if (label === null) {
        traps.refuse(
          process.name,
          'name-of-an-object',
          `Nothing of "${process.name}" can be the name of an object.`,
          'Give the workload another name.',
          'RFC 1123, labels',
        )
        return []
      }
      if (!checkGuest(facts, process, traps)) return []
      if (process.guest.memoryDevices.length > 0) {
        traps.refuse(
          process.name,
          'no-virtio-mem',
          'A VirtualMachine has no field for a virtio-mem device; maxGuest is hotplug of DIMMs.',
          'Plan it without virtio-mem.',
          KUBEVIRT,
        )
        return []
      }
      return [vmFile(process, label, traps)]
    })
    return { files, traps: traps.list() }
  },
}

function vmFile(process: GuestProcess, label: string, traps: Traps): ConfigFile {
  const { name, guest, spec, limit } = process
  noteCount(process, traps, 'Use a VirtualMachinePool with as many replicas.')
  if (label !== name)
    traps.warn(
      name,
      'name-is-changed',
      `It is called ${label} here: names have lower-case letters, digits and dashes.`,
      'Call the workload so.',
      'RFC 1123, labels',
    )
  if (guest.lock !== 'off')
    traps.warn(
      name,
      'no-mem-lock',
      'KubeVirt cannot ask QEMU for mem-lock: reservedOverhead.memLock raises the limit and locks nothing; realtime guests are locked.',
      'Use huge pages, which are never swapped, or a realtime guest.',
      KUBEVIRT,
    )
  if (guest.lock !== 'off')
    traps.warn(
      name,
      'feature-gate',
      'reservedOverhead needs its feature gate.',
      'Turn the gate on in the KubeVirt configuration, or leave the field out.',
      KUBEVIRT,
    )
  const huge = guest.backing === 'hugetlb'
  if (!huge && guest.backing !== 'anon')
    traps.warn(
      name,
      'no-backing',
      `The backing ${guest.backing} is not a field of a VirtualMachine.`,
      'It gets what KubeVirt chooses.',
      KUBEVIRT,
    )
  if (!huge && guest.prealloc)
    traps.warn(
      name,
      'no-prealloc',
      'Only huge pages are preallocated by KubeVirt.',
      'Use huge pages.',
      KUBEVIRT,
    )
  const set = limit.systems.find(({ id }) => id === 'kubevirt')?.memlockBytes ?? 'unset'
  const max = huge ? null : spec.memcg.maxBytes
  const devices = Array.from({ length: guest.devices.pciHostdevs }, (_, i) => [
    plain(`          - name: device${i + 1}`),
    line(
      '            deviceName: "example.com/device"',
      'A passed-through device pins all RAM; the name of its resource is made up',
      'R5',
    ),
  ]).flat()
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
      plain(`          cores: ${guest.vcpus}`),
      plain('        memory:'),
      line(
        `          guest: ${yamlText(amount(guest.ramBytes))}`,
        'RAM; KubeVirt adds its overhead to the request of the Pod',
        KUBEVIRT,
      ),
      ...(huge
        ? [
            plain('          hugepages:'),
            line(
              `            pageSize: ${yamlText(guest.hugePageBytes === GIB ? '1Gi' : '2Mi')}`,
              'RAM from the pool of the node, preallocated; never swapped',
              'R4',
            ),
          ]
        : []),
      ...(guest.lock === 'off'
        ? []
        : [
            plain('          reservedOverhead:'),
            line(
              '            memLock: Required',
              'Raises the limit of locked memory to unlimited',
              'KubeVirt adjustQemuProcessMemoryLimits()',
            ),
          ]),
      ...(max === null
        ? []
        : [
            plain('        resources:'),
            plain('          limits:'),
            line(
              `            memory: ${yamlText(amount(max))}`,
              'memory.max of the Pod: beyond it the guest is killed',
              'R17',
            ),
          ]),
      plain('        devices:'),
      line(
        `          autoattachMemBalloon: ${guest.devices.balloon}`,
        'KubeVirt adds a balloon where nothing is said',
        'R18',
      ),
      ...(devices.length === 0 ? [] : [plain('          hostDevices:'), ...devices]),
    ],
    apply: [`kubectl apply --dry-run=server -f ${path}`, `kubectl apply -f ${path}`],
    verify: [
      {
        command: `kubectl get pod -l vm.kubevirt.io/name=${label} -o jsonpath='{.items[0].spec.containers[0].resources}'`,
        expect: huge
          ? `hugepages of ${amount(guest.ramBytes)}`
          : `memory of ${amount(guest.ramBytes)} and the overhead`,
      },
    ],
    undo: [`kubectl delete -f ${path}`],
    memlockBytes: guest.lock !== 'off' ? 'unlimited' : set === 'unset' ? null : set,
  })
}
