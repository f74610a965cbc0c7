/** What a bundle says of a process in one block holds for its command line in another: the limit it really has. */
import { formatBytes, type LimitBytes } from '../../engine/quantity.ts'
import type { ImportData } from './importer.ts'
import type { Notes } from './notes.ts'
import { procLimits } from './proc-limits.ts'
import { procStatus } from './proc-status.ts'

export interface ProcessFacts {
  readonly memlockBytes?: LimitBytes
  readonly capIpcLock?: boolean
}

/** By process id, from blocks of /proc/PID/limits and /proc/PID/status. */
export function processFacts(
  blocks: readonly { readonly title: string; readonly text: string }[],
): ReadonlyMap<string, ProcessFacts> {
  const facts = new Map<string, ProcessFacts>()
  for (const { title, text } of blocks) {
    const [, pid = '', file] = /^\/proc\/(\d{1,10})\/(limits|status)$/.exec(title) ?? []
    if (file === undefined) continue
    const found = file === 'limits' ? limitOf(text) : capabilityOf(text)
    facts.set(pid, { ...facts.get(pid), ...found })
  }
  return facts
}

function limitOf(text: string): ProcessFacts {
  const read = procLimits.recognises(text) ? procLimits.read({ text }) : undefined
  const soft = read?.ok === true ? read.limits?.[0]?.memlockSoftBytes : undefined
  return soft === undefined || soft === 'unset' ? {} : { memlockBytes: soft }
}

function capabilityOf(text: string): ProcessFacts {
  const read = procStatus.recognises(text) ? procStatus.read({ text }) : undefined
  const has = read?.ok === true ? read.observed?.processes?.[0]?.capIpcLock : undefined
  return has === undefined ? {} : { capIpcLock: has }
}

/** What was read of `/proc/PID/cmdline`, with the limits of that process in place of assumed ones. */
export function withFacts(
  read: ImportData,
  title: string,
  facts: ReadonlyMap<string, ProcessFacts>,
  notes: Notes,
): ImportData {
  const pid = /^\/proc\/(\d{1,10})\/cmdline$/.exec(title)?.[1]
  const of = pid === undefined ? undefined : facts.get(pid)
  if (of === undefined || read.workloads === undefined) return read
  if (of.memlockBytes !== undefined) {
    const limit = of.memlockBytes === 'unlimited' ? 'unlimited' : formatBytes(of.memlockBytes)
    notes.taken(title, `Its limit of locked memory is the one of /proc/${pid}/limits: ${limit}.`)
  }
  if (of.capIpcLock === true) notes.taken(title, `It has CAP_IPC_LOCK, as /proc/${pid}/status says.`)
  const workloads = read.workloads.map(workload => ({ ...workload, limits: { ...workload.limits, ...of } }))
  return { ...read, workloads }
}
