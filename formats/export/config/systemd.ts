/**
 * systemd drop-ins: limits of a service that exists. Read back by `formats/import/systemd-unit.ts`, which finds the unit in
 * the first line.
 */
import { formatBytes, formatBytesFor, type LimitBytes } from '../../../engine/quantity.ts'
import { quoted } from '../../safe-text.ts'
import { USUAL_MEMLOCK_BYTES, type ConfigFacts, type ConfigProcess } from './facts.ts'
import { shellWord, unitName } from './names.ts'
import { fileOf, line, plain, Traps, type ConfigFile, type ConfigLine, type ConfigTarget } from './target.ts'

const EXEC = 'systemd.exec(5)'
const CONTROL = 'systemd.resource-control(5)'

export const systemd: ConfigTarget = {
  id: 'systemd',
  title: 'systemd drop-in',
  help: 'Limits of a service: locked memory, memory of its cgroup, the capability to lock.',
  appliesTo: ({ processes }) => processes.some(process => settingsOf(process).length > 0),
  write: facts => {
    const traps = new Traps()
    const files = facts.processes.flatMap(process => dropIn(process, facts, traps))
    return { files, traps: traps.list() }
  },
}

/** An instance of a template where there are several. */
const suffixOf = ({ spec }: ConfigProcess): string => (spec.count > 1 ? '@.service' : '.service')

function dropIn(process: ConfigProcess, { machine }: ConfigFacts, traps: Traps): ConfigFile[] {
  const { name, spec } = process
  const settings = settingsOf(process)
  if (settings.length === 0) return []
  const suffix = suffixOf(process)
  const unit = unitName(name, suffix)
  if (unit === null) {
    traps.refuse(
      name,
      'name-of-a-unit',
      `No unit can be called ${quoted(name)}: escaped, it has more than 255 characters.`,
      'Give the workload a shorter name.',
      'systemd.unit(5)',
    )
    return []
  }
  noteTraps(process, unit + suffix, machine.ramBytes, traps)
  const path = `/etc/systemd/system/${unit}${suffix}.d/50-memlock.conf`
  const service = shellWord(spec.count > 1 ? `${unit}@1.service` : `${unit}${suffix}`)
  const restart = spec.count > 1 ? shellWord(`${unit}@*.service`) : service
  const keys = settings.map(({ text }) => text.split('=')[0] ?? '')
  return [
    fileOf({
      path,
      title: `Drop-in of ${unit}${suffix}`,
      workload: name,
      lines: [
        line(`# ${path}`, 'Where it belongs; importers find the unit by this line', 'systemctl cat'),
        plain('[Service]'),
        ...settings,
      ],
      apply: ['systemctl daemon-reload', `systemctl restart ${restart}`],
      verify: [
        {
          command: `systemctl show ${keys.map(key => `-p ${key}`).join(' ')} ${service}`,
          expect: 'the values of this file, in bytes',
        },
        {
          command: `grep 'Max locked memory' /proc/$(systemctl show -P MainPID ${service})/limits`,
          expect: limitText(process.memlockBytes),
        },
      ],
      undo: [`rm ${shellWord(path)}`, 'systemctl daemon-reload', `systemctl restart ${restart}`],
      memlockBytes: process.memlockBytes,
    }),
  ]
}

const limitText = (limit: LimitBytes): string => (limit === 'unlimited' ? limit : `${limit} bytes`)

/** Assignments that are not what systemd has anyway. */
function settingsOf({ spec, memlockBytes, raised, limit }: ConfigProcess): ConfigLine[] {
  const { memcg, limits, oomScoreAdj } = spec
  const rows: ConfigLine[] = []
  if (memlockBytes !== USUAL_MEMLOCK_BYTES)
    rows.push(
      line(
        `LimitMEMLOCK=${formatBytesFor(memlockBytes, 'systemd')}`,
        raised
          ? `Least limit under which nothing is refused, in whole MiB; the plan has ${shown(limit.currentBytes)}, which is too low`
          : `The plan’s limit${limit.neededBytes > 0 ? `; ${formatBytes(limit.neededBytes)} are needed` : ''}. PID 1 gives 8M where nothing is said`,
        `R2, R9; ${EXEC}`,
      ),
    )
  if (limits.capIpcLock)
    rows.push(
      line(
        'AmbientCapabilities=CAP_IPC_LOCK',
        'Lifts the limit of locked memory, for a user other than root too',
        `R2; ${EXEC}`,
      ),
    )
  const amount = (key: string, bytes: number | null, why: string): void => {
    if (bytes !== null) rows.push(line(`${key}=${formatBytesFor(bytes, 'systemd')}`, why, `R17; ${CONTROL}`))
  }
  amount(
    'MemoryMax',
    memcg.maxBytes,
    'memory.max: locked pages count in it, and beyond it the group is killed',
  )
  amount('MemoryHigh', memcg.highBytes, 'memory.high: reclaimed beyond it')
  amount('MemorySwapMax', memcg.swapMaxBytes, 'memory.swap.max')
  if (oomScoreAdj !== 0)
    rows.push(line(`OOMScoreAdjust=${oomScoreAdj}`, 'oom_score_adj; -1000 is never killed', EXEC))
  return rows
}

const shown = (limit: LimitBytes): string => (limit === 'unlimited' ? limit : formatBytes(limit))

function noteTraps(process: ConfigProcess, unit: string, ramBytes: number, traps: Traps): void {
  const { name, spec, limit, memlockBytes } = process
  if (process.guest !== null)
    traps.note(
      name,
      'libvirt-starts-guests',
      'For QEMU that a service starts itself: a guest of libvirt gets its limit from libvirt, not from a unit.',
      'Use the domain XML for a guest of libvirt.',
      'libvirt qemuDomainGetMemLockLimitBytes()',
    )
  traps.note(
    name,
    'name-is-the-unit',
    `The service is taken to be called ${quoted(unit)}, as the workload is.`,
    'Put the drop-in into the folder of the service that runs it.',
    'systemd.unit(5)',
  )
  if (memlockBytes !== USUAL_MEMLOCK_BYTES)
    traps.warn(
      name,
      'running-process-keeps-its-limit',
      'A running process keeps the limit that it was started with.',
      `Restart it, or: prlimit --pid PID --memlock=${memlockBytes}:${memlockBytes} (bytes; raising the hard limit needs CAP_SYS_RESOURCE).`,
      'prlimit(1)',
    )
  if (spec.limits.capIpcLock)
    traps.warn(
      name,
      'ambient-needs-the-bounding-set',
      'A CapabilityBoundingSet= of the unit without CAP_IPC_LOCK takes the capability away again.',
      'Add CAP_IPC_LOCK there if the unit has one.',
      EXEC,
    )
  warnGroup(process, traps)
  if (typeof memlockBytes === 'number' && memlockBytes > ramBytes)
    traps.warn(
      name,
      'limit-beyond-ram',
      `The limit of ${formatBytes(memlockBytes)} is more than the host has (${formatBytes(ramBytes)}).`,
      'Nothing keeps this process from locking all of it.',
      'R2',
    )
  if (limit.verdict === 'not checked')
    traps.warn(
      name,
      'capability-instead-of-limit',
      `The limit is too low for the ${formatBytes(limit.neededBytes)} that are locked; only CAP_IPC_LOCK lifts it.`,
      'Set the limit as well, so that the service also works without the capability.',
      'R2',
    )
}

/** Locked memory that its own cgroup cannot hold: R17. */
export function warnGroup({ name, spec, limit }: ConfigProcess, traps: Traps): void {
  const max = spec.memcg.maxBytes
  if (max === null || limit.lockedFullBytes <= max) return
  traps.warn(
    name,
    'locked-beyond-memory-max',
    `Locked pages count in memory.max: ${formatBytes(limit.lockedFullBytes)} do not fit into ${formatBytes(max)}, and the group is killed as they come in.`,
    'Raise the limit of the group above the locked memory and the rest.',
    'R17',
  )
}
