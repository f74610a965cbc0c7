/**
 * Kubernetes: Pods with huge pages and the capability to lock, and the limit of containerd that they inherit. Read back by
 * `formats/import/kubernetes.ts` and `formats/import/systemd-unit.ts`.
 */
import { formatBytes, formatBytesFor, GIB, MIB } from '../../../engine/quantity.ts'
import { commandOf } from './commands.ts'
import {
  containersOf,
  hasPrograms,
  largestLimit,
  limitInProc,
  shownLimit,
  type Container,
} from './containers.ts'
import { USUAL_MEMLOCK_BYTES } from './facts.ts'
import { noteCount } from './guests.ts'
import { yamlText } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigLine, type ConfigTarget } from './target.ts'
import { warnUnsaid } from './unsaid.ts'

const HUGE = 'Kubernetes, Manage HugePages'
const RESOURCES = 'Kubernetes, Resource Management for Pods and Containers'
const API = 'Kubernetes API, v1 Container'
const amount = (bytes: number): string => yamlText(formatBytesFor(bytes, 'kubernetes'))

export const kubernetes: ConfigTarget = {
  id: 'kubernetes',
  title: 'Kubernetes',
  help: 'Pods with memory, huge pages and the capability to lock; the limit that containerd hands down.',
  appliesTo: hasPrograms,
  write: facts => {
    const traps = new Traps()
    const containers = containersOf(facts, 'Kubernetes', traps)
    for (const one of containers) notePod(one, traps)
    const files = [...containerd(containers, traps), ...containers.map(pod)]
    return { files, traps: traps.list() }
  },
}

const exceedsUsual = ({ process: { memlockBytes } }: Container): boolean =>
  memlockBytes === 'unlimited' || memlockBytes > USUAL_MEMLOCK_BYTES

function notePod(container: Container, traps: Traps): void {
  const { process } = container
  const { name, spec, memory } = process
  noteCount(process, traps, 'Use a Deployment with as many replicas.')
  warnUnsaid(process, 'A Pod', ['highBytes', 'swapMaxBytes', 'oomScoreAdj'], RESOURCES, traps)
  if (exceedsUsual(container))
    traps.warn(
      name,
      'no-field-for-the-limit',
      'No field of a Pod sets the limit of locked memory.',
      'Set LimitMEMLOCK= of containerd, as written here, or give a Pod that runs as root the capability IPC_LOCK.',
      API,
    )
  if (spec.limits.capIpcLock)
    traps.warn(
      name,
      'pod-security',
      'Namespaces that enforce the Pod Security Standard baseline or restricted refuse IPC_LOCK.',
      'Label the namespace pod-security.kubernetes.io/enforce=privileged, or rely on the limit of containerd.',
      'Kubernetes, Pod Security Standards: Capabilities',
    )
  if (memory.huge2mBytes + memory.huge1gBytes > 0)
    traps.warn(
      name,
      'hugepages-requests-equal-limits',
      'Requests of huge pages must equal their limits, in whole pages, beside a request of memory or CPU: a Pod is refused otherwise.',
      'Change both together.',
      HUGE,
    )
}

/** Only where a Pod needs more than it would inherit. */
function containerd(containers: readonly Container[], traps: Traps): ConfigFile[] {
  if (!containers.some(exceedsUsual)) return []
  const most = largestLimit(containers.map(({ process }) => process))
  traps.warn(
    null,
    'limit-of-all-pods',
    'The limit of containerd holds for every Pod of the node that starts afterwards.',
    'Keep nodes of their own for such Pods (nodeSelector, taints).',
    'systemd.exec(5)',
  )
  traps.note(
    null,
    'other-runtimes',
    'CRI-O has its own setting: default_ulimits = ["memlock=SOFT:HARD"] in crio.conf, in bytes.',
    'Use it instead of the drop-in where the node runs CRI-O.',
    'crio.conf(5)',
  )
  const path = '/etc/systemd/system/containerd.service.d/50-memlock.conf'
  return [
    fileOf({
      path,
      title: 'Drop-in of containerd',
      workload: null,
      lines: [
        line(`# ${path}`, 'Where it belongs; importers find the unit by this line', 'systemctl cat'),
        plain('[Service]'),
        line(
          `LimitMEMLOCK=${formatBytesFor(most, 'systemd')}`,
          `The largest limit that a Pod of the plan needs: ${shownLimit(most)}. Containers inherit it`,
          'R2, R9; systemd.exec(5)',
        ),
      ],
      apply: ['systemctl daemon-reload', 'systemctl restart containerd.service'],
      verify: [
        {
          command: 'systemctl show -p LimitMEMLOCK containerd.service',
          expect: `LimitMEMLOCK=${most === 'unlimited' ? 'infinity' : most}`,
        },
      ],
      undo: [`rm ${path}`, 'systemctl daemon-reload', 'systemctl restart containerd.service'],
      memlockBytes: most,
    }),
  ]
}

function pod({ process, label }: Container): ConfigFile {
  const { name, spec, memlockBytes } = process
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
      ...(command.length === 0 ? [] : [plain(`    command: [${command.map(yamlText).join(', ')}]`)]),
      ...(spec.limits.capIpcLock
        ? [
            plain('    securityContext:'),
            line('      runAsUser: 0', 'Only root gets an added capability', 'capabilities(7)'),
            plain('      capabilities:'),
            line('        add: ["IPC_LOCK"]', 'Lifts the limit of locked memory', 'R2'),
          ]
        : []),
      ...resources(process),
    ],
    apply: [`kubectl apply --dry-run=server -f ${path}`, `kubectl apply -f ${path}`],
    verify: [
      {
        command: `kubectl exec ${label} -- grep 'Max locked memory' /proc/1/limits`,
        expect: `${limitInProc(memlockBytes)}${memlockBytes === 'unlimited' ? '' : ' or more'}, from containerd`,
      },
    ],
    undo: [`kubectl delete -f ${path}`],
  })
}

function resources({ spec, memory }: Container['process']): ConfigLine[] {
  const max = spec.memcg.maxBytes
  const inUse = Math.max(MIB, Math.ceil(memory.plainBytes / MIB) * MIB)
  const pools = [
    { size: '2Mi', pageBytes: 2 * MIB, bytes: memory.huge2mBytes },
    { size: '1Gi', pageBytes: GIB, bytes: memory.huge1gBytes },
  ]
  const huge = pools
    .filter(({ bytes }) => bytes > 0)
    .map(({ size, pageBytes, bytes }) => {
      const whole = Math.ceil(bytes / pageBytes)
      return line(
        `        hugepages-${size}: ${amount(whole * pageBytes)}`,
        `${whole} pages from the pool of the node; the request equals the limit`,
        `R17; ${HUGE}`,
      )
    })
  const limits = [
    ...(max === null
      ? []
      : [
          line(
            `        memory: ${amount(max)}`,
            `memory.max, ${formatBytes(max)}: locked pages count in it, huge pages do not`,
            `R17; ${RESOURCES}`,
          ),
        ]),
    ...huge,
  ]
  return [
    plain('    resources:'),
    plain('      requests:'),
    line(
      `        memory: ${amount(max === null ? inUse : Math.min(max, inUse))}`,
      `${formatBytes(inUse)} are mapped besides huge pages and files; not above the limit`,
      RESOURCES,
    ),
    ...huge,
    ...(limits.length === 0 ? [] : [plain('      limits:'), ...limits]),
  ]
}
