/** A compose file of all containers of a plan. Read back by `formats/import/compose.ts`. */
import { formatBytesFor } from '../../../engine/quantity.ts'
import { commandOf } from './commands.ts'
import { limitInProc, limitWhy, type Container } from './containers.ts'
import type { ConfigProcess } from './facts.ts'
import { yamlText } from './names.ts'
import { fileOf, line, plain, type ConfigFile, type ConfigLine, type Traps } from './target.ts'

const COMPOSE = 'Compose specification, services'
const PATH = 'compose.yaml'

export function composeFile(containers: readonly Container[], traps: Traps): ConfigFile {
  traps.warn(
    null,
    'swarm-ignores-ulimits',
    'docker stack deploy ignores ulimits and cap_add before Docker 20.10, and mem_limit always.',
    'Set the default of the daemon (daemon.json), and deploy.resources.limits for memory.',
    'Docker 20.10, API 1.41; docker stack deploy(1)',
  )
  const [first, ...others] = containers.map(({ process }) => process.memlockBytes)
  return fileOf({
    path: PATH,
    title: 'Compose file',
    workload: null,
    lines: [plain('services:'), ...containers.flatMap(service)],
    apply: [`docker compose -f ${PATH} config --quiet`, `docker compose -f ${PATH} up -d`],
    verify: containers.map(({ process: { memlockBytes }, label }) => ({
      command: `docker compose -f ${PATH} exec ${label} grep 'Max locked memory' /proc/1/limits`,
      expect: limitInProc(memlockBytes),
    })),
    undo: [`docker compose -f ${PATH} down`],
    memlockBytes: first !== undefined && others.every(limit => limit === first) ? first : null,
  })
}

/**
 * Value of `--memory-swap` and `memswap_limit`: memory and swap together, -1 for no limit of swap; null without a limit of
 * memory. It is always stated, as Docker otherwise allows as much swap as memory.
 */
export function memorySwap({ spec: { memcg } }: ConfigProcess): number | null {
  if (memcg.maxBytes === null) return null
  return memcg.swapMaxBytes === null ? -1 : memcg.maxBytes + memcg.swapMaxBytes
}

export const SWAP_WHY =
  'Memory and swap together, -1 for no limit; where nothing is said there is as much swap as memory'

/** A dollar is a variable of compose unless it is doubled. */
const composeText = (text: string): string => yamlText(text.replaceAll('$', '$$$$'))

function service({ process, label }: Container): ConfigLine[] {
  const { spec, memlockBytes } = process
  const { maxBytes } = spec.memcg
  const command = commandOf(process)
  const swap = memorySwap(process)
  const limit = formatBytesFor(memlockBytes, 'docker')
  return [
    plain(`  ${yamlText(label)}:`),
    plain('    image: IMAGE'),
    ...(command.length === 0 ? [] : [plain(`    command: [${command.map(composeText).join(', ')}]`)]),
    plain('    ulimits:'),
    plain('      memlock:'),
    line(
      `        soft: ${limit}`,
      `${limitWhy(process)}. Plain bytes, -1 for none; a process may raise it up to hard`,
      `R2; ${COMPOSE}`,
    ),
    line(`        hard: ${limit}`, 'Not below soft, or the container is refused', COMPOSE),
    ...(spec.limits.capIpcLock
      ? [line('    cap_add: [IPC_LOCK]', 'Lifts the limit, for root in the container', 'R2; capabilities(7)')]
      : []),
    ...(maxBytes === null
      ? []
      : [
          line(
            `    mem_limit: ${maxBytes}`,
            'memory.max, in bytes: locked pages count in it',
            `R17; ${COMPOSE}`,
          ),
        ]),
    ...(swap === null ? [] : [line(`    memswap_limit: ${swap}`, SWAP_WHY, COMPOSE)]),
    ...(spec.oomScoreAdj === 0
      ? []
      : [line(`    oom_score_adj: ${spec.oomScoreAdj}`, 'oom_score_adj; -1000 is never killed', COMPOSE)]),
    ...(spec.count > 1
      ? [
          plain('    deploy:'),
          line(`      replicas: ${spec.count}`, `The plan has ${spec.count} of it`, 'plan: count'),
        ]
      : []),
  ]
}
