/** What docker and Kubernetes say alike of a program in a container. Guests are for other places. */
import { formatBytes, type LimitBytes } from '../../../engine/quantity.ts'
import type { ConfigFacts, ConfigProcess } from './facts.ts'
import { holdsName } from './labelled-guests.ts'
import { labelsOf } from './names.ts'
import { warnGroup } from './systemd.ts'
import type { Traps } from './target.ts'

export interface Container {
  readonly process: ConfigProcess
  readonly label: string
}

export const programsOf = ({ processes }: ConfigFacts): ConfigProcess[] =>
  processes.filter(({ guest }) => guest === null)
export const hasPrograms = (facts: ConfigFacts): boolean => programsOf(facts).length > 0

/** Programs whose name a container can have. */
export function containersOf(facts: ConfigFacts, title: string, traps: Traps): Container[] {
  const programs = programsOf(facts)
  const labels = labelsOf(programs.map(({ name }) => name))
  return programs.flatMap(process => {
    const { name } = process
    const label = labels.get(name) ?? null
    if (!holdsName(name, label, { title }, traps)) return []
    warnGroup(process, traps)
    traps.note(name, 'image', 'The plan knows no image.', 'Put one in for IMAGE.', title)
    notePool(process, traps)
    warnCapability(process, traps)
    return [{ process, label }]
  })
}

function notePool({ name, memory }: ConfigProcess, traps: Traps): void {
  const huge = memory.huge2mBytes + memory.huge1gBytes
  if (huge > 0)
    traps.note(
      name,
      'pool-of-the-host',
      `${formatBytes(huge)} come from the pool of the host, outside of the container’s limit of memory.`,
      'Set the pool up first: kernel command line or sysctl.d.',
      'R17',
    )
}

function warnCapability({ name, spec, limit }: ConfigProcess, traps: Traps): void {
  if (limit.verdict === 'not checked')
    traps.warn(
      name,
      'capability-instead-of-limit',
      `The limit is too low for the ${formatBytes(limit.neededBytes)} that are locked; only IPC_LOCK lifts it.`,
      'Raise the limit as well, so that it also works for a user other than root.',
      'R2',
    )
  if (spec.limits.capIpcLock)
    traps.warn(
      name,
      'capability-of-a-user',
      'Added capabilities are not ambient: a container whose user is not root does not get IPC_LOCK, and its limit holds.',
      'Run it as root in the container, or rely on the limit instead.',
      'capabilities(7)',
    )
}

/** Why a limit is what it is. */
export function limitWhy({ raised, limit, memlockBytes }: ConfigProcess): string {
  const shown = shownLimit(memlockBytes)
  if (raised)
    return `Least limit of locked memory under which nothing is refused, in whole MiB: ${shown}; the plan has ${shownLimit(limit.currentBytes)}, which is too low`
  const needed = limit.neededBytes > 0 ? `; ${formatBytes(limit.neededBytes)} are needed` : ''
  return `The plan’s limit of locked memory: ${shown}${needed}`
}

export const shownLimit = (limit: LimitBytes): string => (limit === 'unlimited' ? limit : formatBytes(limit))

/** What /proc/PID/limits has of it. */
export const limitInProc = (limit: LimitBytes): string => (limit === 'unlimited' ? limit : `${limit} bytes`)

/** The largest limit that any of them needs. */
export function largestLimit(processes: readonly ConfigProcess[]): LimitBytes {
  return processes.reduce<LimitBytes>(
    (most, { memlockBytes }) =>
      most === 'unlimited' || memlockBytes === 'unlimited' ? 'unlimited' : Math.max(most, memlockBytes),
    0,
  )
}
