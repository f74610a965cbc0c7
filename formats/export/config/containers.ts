/** Containers: docker run, compose (read back by `formats/import/compose.ts`), and the defaults of the daemon. */
import { formatBytes, formatBytesFor, type LimitBytes } from '../../../engine/quantity.ts'
import { commandOf } from './commands.ts'
import { USUAL_MEMLOCK_BYTES, type ConfigFacts, type ConfigProcess } from './facts.ts'
import { labelsOf, shellWord, yamlText } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigLine, type ConfigTarget } from './target.ts'
import { warnGroup } from './systemd.ts'

const RUN = 'docker run(1): plain bytes, no suffix; -1 is unlimited; soft is not above hard'
const COMPOSE = 'Compose specification, services'

/** Programs that run in containers; guests are for other places. */
export const programsOf = ({ processes }: ConfigFacts): ConfigProcess[] =>
  processes.filter(({ guest }) => guest === null)
export const hasPrograms = (facts: ConfigFacts): boolean => programsOf(facts).length > 0

const docker = (limit: LimitBytes): string => formatBytesFor(limit, 'docker')

/** Names of containers; a name without a letter or digit of ASCII has none, and is refused. */
export function labelled(facts: ConfigFacts, traps: Traps): { process: ConfigProcess; label: string }[] {
  const programs = programsOf(facts)
  const labels = labelsOf(programs.map(({ name }) => name))
  return programs.flatMap(process => {
    const label = labels.get(process.name) ?? null
    const { name } = process
    if (label === null) {
      traps.refuse(
        name,
        'name-of-a-container',
        `Nothing of "${name}" can be the name of a container: letters, digits and dashes.`,
        'Give the workload another name.',
        'RFC 1123, labels',
      )
      return []
    }
    if (label !== name)
      traps.warn(
        name,
        'name-is-changed',
        `It is called ${label} here: names have lower-case letters, digits and dashes.`,
        'Call the workload so.',
        'RFC 1123, labels',
      )
    warnGroup(process, traps)
    traps.note(name, 'image', 'The plan knows no image.', 'Put it in for IMAGE.', RUN)
    noteHugetlb(process, traps)
    return [{ process, label }]
  })
}

function noteHugetlb({ name, memory }: ConfigProcess, traps: Traps): void {
  const huge = memory.huge2mBytes + memory.huge1gBytes
  if (huge > 0)
    traps.note(
      name,
      'pool-of-the-host',
      `${formatBytes(huge)} come from the pool of the host, outside of the container’s limit of memory.`,
      'Set the pool up: kernel command line or sysctl.d.',
      'R17',
    )
}

const swapTotal = ({ spec }: ConfigProcess): number | null =>
  spec.memcg.maxBytes === null || spec.memcg.swapMaxBytes === null
    ? null
    : spec.memcg.maxBytes + spec.memcg.swapMaxBytes

export const dockerRun: ConfigTarget = {
  id: 'docker-run',
  title: 'docker run',
  help: 'A container with its limits, as a command.',
  appliesTo: hasPrograms,
  write: facts => {
    const traps = new Traps()
    return { files: labelled(facts, traps).map(one => runScript(one, traps)), traps: traps.list() }
  },
}

function runScript({ process, label }: { process: ConfigProcess; label: string }, traps: Traps): ConfigFile {
  const { name, spec, memlockBytes } = process
  const swap = swapTotal(process)
  const limit = docker(memlockBytes)
  const args: ConfigLine[] = [
    plain(`--name ${label}`),
    ...(memlockBytes === USUAL_MEMLOCK_BYTES
      ? []
      : [
          line(
            `--ulimit memlock=${limit}:${limit}`,
            `Limit of locked memory, soft and hard: ${memlockBytes === 'unlimited' ? memlockBytes : formatBytes(memlockBytes)}, in bytes`,
            `R2; ${RUN}`,
          ),
        ]),
    ...(spec.limits.capIpcLock
      ? [
          line(
            '--cap-add IPC_LOCK',
            'Lifts the limit of locked memory, for root in the container',
            'R2; capabilities(7)',
          ),
        ]
      : []),
    ...(spec.memcg.maxBytes === null
      ? []
      : [line(`--memory ${spec.memcg.maxBytes}`, 'memory.max: locked pages count in it', 'R17')]),
    ...(swap === null ? [] : [line(`--memory-swap ${swap}`, 'Memory and swap together', 'docker run(1)')]),
    ...(spec.oomScoreAdj === 0
      ? []
      : [line(`--oom-score-adj ${spec.oomScoreAdj}`, 'oom_score_adj', 'docker run(1)')]),
    plain(['IMAGE', ...commandOf(process).map(shellWord)].join(' ')),
  ]
  if (spec.limits.capIpcLock)
    traps.warn(
      name,
      'capability-of-a-user',
      'A user other than root gets no effective capability: --cap-add alone does nothing for it.',
      'Run as root in the container, or set the ulimit.',
      'capabilities(7)',
    )
  const path = `${label}-run.sh`
  return fileOf({
    path,
    title: `docker run ${label}`,
    workload: name,
    lines: [
      plain('#!/bin/sh'),
      plain('docker run -d \\'),
      ...args.map((arg, i) => ({ ...arg, text: `  ${arg.text}${i < args.length - 1 ? ' \\' : ''}` })),
    ],
    apply: [`sh ${path}`],
    verify: [
      {
        command: `docker exec ${label} grep 'Max locked memory' /proc/1/limits`,
        expect: memlockBytes === 'unlimited' ? 'unlimited' : `${memlockBytes} bytes`,
      },
    ],
    undo: [`docker rm -f ${label}`],
    memlockBytes,
  })
}

export const compose: ConfigTarget = {
  id: 'compose',
  title: 'Compose file',
  help: 'Services of containers with their limits.',
  appliesTo: hasPrograms,
  write: facts => {
    const traps = new Traps()
    const services = labelled(facts, traps)
    traps.note(
      null,
      'swarm-ignores-ulimits',
      'Older Swarm ignores ulimits of a service.',
      'Set the default of the daemon: daemon.json.',
      COMPOSE,
    )
    if (services.length === 0) return { files: [], traps: traps.list() }
    const file = fileOf({
      path: 'compose.yaml',
      title: 'Services',
      workload: null,
      lines: [plain('services:'), ...services.flatMap(({ process, label }) => serviceLines(process, label))],
      apply: ['docker compose -f compose.yaml up -d'],
      verify: services.map(({ process: { memlockBytes }, label }) => ({
        command: `docker compose -f compose.yaml exec ${label} grep 'Max locked memory' /proc/1/limits`,
        expect: memlockBytes === 'unlimited' ? 'unlimited' : `${memlockBytes} bytes`,
      })),
      undo: ['docker compose -f compose.yaml down'],
    })
    return { files: [file], traps: traps.list() }
  },
}

function serviceLines(process: ConfigProcess, label: string): ConfigLine[] {
  const { spec, memlockBytes } = process
  const command = commandOf(process)
  const swap = swapTotal(process)
  return [
    plain(`  ${yamlText(label)}:`),
    plain('    image: IMAGE'),
    ...(command.length === 0 ? [] : [plain(`    command: ${JSON.stringify(command)}`)]),
    plain('    ulimits:'),
    plain('      memlock:'),
    line(
      `        soft: ${docker(memlockBytes)}`,
      `Limit of locked memory in bytes: ${memlockBytes === 'unlimited' ? 'none' : formatBytes(memlockBytes)}`,
      `R2; ${COMPOSE}`,
    ),
    line(`        hard: ${docker(memlockBytes)}`, 'Not below soft', COMPOSE),
    ...(spec.limits.capIpcLock
      ? [line('    cap_add: [IPC_LOCK]', 'Lifts the limit, for root in the container', 'R2; capabilities(7)')]
      : []),
    ...(spec.memcg.maxBytes === null
      ? []
      : [line(`    mem_limit: ${spec.memcg.maxBytes}`, 'memory.max: locked pages count in it', 'R17')]),
    ...(swap === null ? [] : [line(`    memswap_limit: ${swap}`, 'Memory and swap together', COMPOSE)]),
    ...(spec.oomScoreAdj === 0 ? [] : [plain(`    oom_score_adj: ${spec.oomScoreAdj}`)]),
    ...(spec.count > 1 ? [plain('    deploy:'), plain(`      replicas: ${spec.count}`)] : []),
  ]
}

/** The largest limit that any program needs. */
export function largestLimit(processes: readonly ConfigProcess[]): LimitBytes {
  return processes.reduce<LimitBytes>(
    (most, { memlockBytes }) =>
      most === 'unlimited' || memlockBytes === 'unlimited' ? 'unlimited' : Math.max(most, memlockBytes),
    0,
  )
}

const needsMore = (facts: ConfigFacts): boolean => {
  const most = largestLimit(programsOf(facts))
  return most === 'unlimited' || most > USUAL_MEMLOCK_BYTES
}

export const daemonJson: ConfigTarget = {
  id: 'daemon-json',
  title: 'Docker daemon.json',
  help: 'The limit of locked memory of every container that states none.',
  appliesTo: needsMore,
  write: facts => {
    const traps = new Traps()
    const most = largestLimit(programsOf(facts))
    const amount = docker(most)
    traps.warn(
      null,
      'for-all-containers',
      'The default holds for all containers of the host that state no ulimit.',
      'Prefer the limit of a single container.',
      'dockerd(8)',
    )
    traps.warn(
      null,
      'merge-with-what-is-there',
      'A daemon.json that exists has other keys: this is a part of it.',
      'Add the key to the file.',
      'dockerd(8)',
    )
    const file = fileOf({
      path: '/etc/docker/daemon.json',
      title: 'Default limits',
      workload: null,
      lines: [
        plain('{'),
        plain('  "default-ulimits": {'),
        line(
          `    "memlock": { "Name": "memlock", "Soft": ${amount}, "Hard": ${amount} }`,
          'The largest limit that a container of the plan needs, in bytes; -1 is unlimited, soft is not above hard',
          'R2; dockerd(8)',
        ),
        plain('  }'),
        plain('}'),
      ],
      apply: ['dockerd --validate --config-file /etc/docker/daemon.json', 'systemctl restart docker'],
      verify: [
        {
          command: 'docker run --rm busybox grep "Max locked memory" /proc/1/limits',
          expect: most === 'unlimited' ? 'unlimited' : `${most} bytes`,
        },
      ],
      undo: ['# take the key default-ulimits out of /etc/docker/daemon.json', 'systemctl restart docker'],
      memlockBytes: most,
    })
    return { files: [file], traps: traps.list() }
  },
}

export const containerd: ConfigTarget = {
  id: 'containerd',
  title: 'containerd drop-in for Kubernetes',
  help: 'No field of a Pod sets the limit of locked memory: containers inherit that of containerd.',
  appliesTo: needsMore,
  write: facts => {
    const traps = new Traps()
    const most = largestLimit(programsOf(facts))
    traps.warn(
      null,
      'for-all-pods',
      'The limit holds for all Pods of the node that start afterwards.',
      'Use nodes of their own for such Pods.',
      'systemd.exec(5)',
    )
    const path = '/etc/systemd/system/containerd.service.d/50-memlock.conf'
    const file = fileOf({
      path,
      title: 'Limit of containerd',
      workload: null,
      lines: [
        line(`# ${path}`, 'Where it belongs', 'systemctl cat'),
        plain('[Service]'),
        line(
          `LimitMEMLOCK=${formatBytesFor(most, 'systemd')}`,
          'The largest limit that a Pod of the plan needs; Pods inherit it',
          'R2, R9; systemd.exec(5)',
        ),
      ],
      apply: ['systemctl daemon-reload', 'systemctl restart containerd'],
      verify: [
        {
          command: 'systemctl show -p LimitMEMLOCK containerd',
          expect: `LimitMEMLOCK=${most === 'unlimited' ? 'infinity' : most}`,
        },
      ],
      undo: [`rm ${path}`, 'systemctl daemon-reload', 'systemctl restart containerd'],
      memlockBytes: most,
    })
    return { files: [file], traps: traps.list() }
  },
}
