/** Docker: a container as a command, services as a compose file, the default of the daemon. */
import { formatBytesFor, MIB } from '../../../engine/quantity.ts'
import { commandOf } from './commands.ts'
import { composeFile, memorySwap, SWAP_WHY } from './compose.ts'
import {
  containersOf,
  hasPrograms,
  largestLimit,
  limitInProc,
  limitWhy,
  type Container,
} from './containers.ts'
import { USUAL_MEMLOCK_BYTES, type ConfigProcess } from './facts.ts'
import { shellWord } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigLine, type ConfigTarget } from './target.ts'
import { warnUnsaid } from './unsaid.ts'

const RUN = 'docker-run(1)'
const DAEMON = 'dockerd(8)'
/** Docker's daemon refuses less, as a process of its own in the group needs it. */
const LEAST_MEMORY_BYTES = 6 * MIB

export const docker: ConfigTarget = {
  id: 'docker',
  title: 'Docker',
  help: 'Containers with their limits: docker run, a compose file, and the daemon’s default.',
  appliesTo: hasPrograms,
  write: facts => {
    const traps = new Traps()
    const containers = named(containersOf(facts, 'Docker', traps)).filter(one =>
      holdsMemory(one.process, traps),
    )
    for (const { process } of containers) noteContainer(process, traps)
    if (containers.length === 0) return { files: [], traps: traps.list() }
    const files = [
      ...containers.map(runScript),
      composeFile(containers, traps),
      ...daemonJson(containers, traps),
    ]
    return { files, traps: traps.list() }
  },
}

/** A name has two characters at least: RestrictedNamePattern of moby. */
function named(containers: readonly Container[]): Container[] {
  const taken = new Set(containers.map(({ label }) => label))
  return containers.map(({ process, label: short }) => {
    let label = short
    for (let n = 1; label.length < 2 || (label !== short && taken.has(label)); n++) label = `${short}-${n}`
    taken.add(label)
    return { process, label }
  })
}

function holdsMemory({ name, spec }: ConfigProcess, traps: Traps): boolean {
  const max = spec.memcg.maxBytes
  if (max === null || max >= LEAST_MEMORY_BYTES) return true
  traps.refuse(
    name,
    'least-memory',
    `Docker refuses a limit of memory below 6 MiB; the plan has ${max} bytes.`,
    'Raise memcg.max of the plan.',
    'moby, daemon: "Minimum memory limit allowed is 6MB"',
  )
  return false
}

function noteContainer(process: ConfigProcess, traps: Traps): void {
  const { name, spec } = process
  const { maxBytes, swapMaxBytes } = spec.memcg
  warnUnsaid(
    process,
    'Docker',
    maxBytes === null && swapMaxBytes !== null ? ['highBytes', 'swapMaxBytes'] : ['highBytes'],
    RUN,
    traps,
  )
  traps.note(
    name,
    'limits-of-a-new-container',
    'A container keeps the limits that it was created with: docker update does not change ulimits.',
    'Create it anew.',
    'docker-container-update(1)',
  )
  traps.note(
    name,
    'rootless-docker',
    'A rootless daemon cannot raise a limit above its own hard limit.',
    'Set LimitMEMLOCK= of user@.service first, or use the daemon of root.',
    'setrlimit(2)',
  )
}

function runScript({ process, label }: Container): ConfigFile {
  const { name, spec, memlockBytes } = process
  const limit = formatBytesFor(memlockBytes, 'docker')
  const swap = memorySwap(process)
  const args: ConfigLine[] = [
    plain(`--name ${label}`),
    line(
      `--ulimit memlock=${limit}:${limit}`,
      `${limitWhy(process)}. Plain bytes, soft:hard, soft not above hard, -1 for none`,
      `R2; ${RUN}`,
    ),
    ...(spec.limits.capIpcLock
      ? [line('--cap-add IPC_LOCK', 'Lifts the limit, for root in the container', 'R2; capabilities(7)')]
      : []),
    ...(spec.memcg.maxBytes === null
      ? []
      : [
          line(
            `--memory ${spec.memcg.maxBytes}`,
            'memory.max: locked pages count in it, and beyond it the container is killed',
            `R17; ${RUN}`,
          ),
        ]),
    ...(swap === null ? [] : [line(`--memory-swap ${swap}`, SWAP_WHY, RUN)]),
    ...(spec.oomScoreAdj === 0
      ? []
      : [line(`--oom-score-adj ${spec.oomScoreAdj}`, 'oom_score_adj; -1000 is never killed', RUN)]),
    plain(['IMAGE', ...commandOf(process).map(shellWord)].join(' ')),
  ]
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
        expect: limitInProc(memlockBytes),
      },
    ],
    undo: [`docker rm -f ${label}`],
    memlockBytes,
  })
}

/** Only where a container needs more than it would inherit. */
function daemonJson(containers: readonly Container[], traps: Traps): ConfigFile[] {
  const most = largestLimit(containers.map(({ process }) => process))
  if (most !== 'unlimited' && most <= USUAL_MEMLOCK_BYTES) return []
  const amount = formatBytesFor(most, 'docker')
  const path = '/etc/docker/daemon.json'
  traps.warn(
    null,
    'default-of-all-containers',
    'daemon.json: the default holds for every container that states no ulimit and is created afterwards.',
    'Prefer the limit of a single container.',
    DAEMON,
  )
  traps.warn(
    null,
    'merge-with-what-is-there',
    'daemon.json: a file that exists has other keys; this is a part of it.',
    'Add the key default-ulimits to it. A flag of dockerd for the same key keeps it from starting.',
    DAEMON,
  )
  return [
    fileOf({
      path,
      title: 'Default limits of the daemon',
      workload: null,
      lines: [
        plain('{'),
        plain('  "default-ulimits": {'),
        line(
          `    "memlock": { "Name": "memlock", "Soft": ${amount}, "Hard": ${amount} }`,
          'The largest limit that a container of the plan needs, in bytes; -1 is unlimited, Soft is not above Hard',
          `R2; ${DAEMON}`,
        ),
        plain('  }'),
        plain('}'),
      ],
      apply: [`dockerd --validate --config-file ${path}`, 'systemctl restart docker'],
      verify: [
        {
          command: 'docker run --rm busybox grep "Max locked memory" /proc/1/limits',
          expect: limitInProc(most),
        },
      ],
      undo: [`# take the key default-ulimits out of ${path}`, 'systemctl restart docker'],
      memlockBytes: most,
    }),
  ]
}
