/**
 * /proc/PID/status; several processes one after the other are read as such:
 *
 *     Name:	qemu-system-x86
 *     Pid:	4711
 *     VmLck:	33554432 kB
 *     CapEff:	0000000000004000
 */
import { formatBytes } from '../../engine/quantity.ts'
import { safeText } from '../safe-text.ts'
import { textOf } from './decode.ts'
import { figuresOf } from './figures.ts'
import type { Importer, ImportResult, ObservedProcess } from './importer.ts'
import { procFields, type ProcField } from './lines.ts'
import { Notes } from './notes.ts'

/** CAP_IPC_LOCK, include/uapi/linux/capability.h */
const CAP_IPC_LOCK = 14n
const MOST_PROCESSES = 10_000

export const procStatus: Importer = {
  id: 'proc-status',
  title: '/proc/PID/status',
  yields: ['observed'],
  recognises: head => /^\s*Name:\t[^\n]*\n(?:[A-Za-z_]+:[^\n]*\n)*?(?:Pid|Tgid|State):\t/.test(head),
  read: input => readStatus(textOf(input)),
}

function readStatus(text: string): ImportResult {
  const notes = new Notes()
  const groups: ProcField[][] = []
  for (const field of procFields(text)) {
    if (field.name === 'Name' && groups.length < MOST_PROCESSES) groups.push([])
    groups.at(-1)?.push(field)
  }
  const processes = groups.map(group => processOf(group, notes))
  return { ok: true, observed: { processes }, notes: notes.list() }
}

/** Names of the kernel come as they are, except for what no terminal should see. */
function processOf(fields: readonly ProcField[], notes: Notes): ObservedProcess {
  const valueOf = (name: string): string | undefined => fields.find(field => field.name === name)?.value
  const name = safeText(valueOf('Name') ?? '', 64)
  const pid = Number(/^\d{1,10}$/.exec(valueOf('Pid') ?? '')?.[0] ?? NaN)
  const figures = figuresOf(fields.filter(field => /^(?:Vm|Rss|Hugetlb)/.test(field.name)))
  const { VmLck = 0, VmPin = 0, VmRSS = 0 } = figures.bytes
  notes.taken(
    name === '' ? 'Name' : name,
    `${name}: VmRSS ${formatBytes(VmRSS)}, VmLck ${formatBytes(VmLck)}, VmPin ${formatBytes(VmPin)}.`,
    fields[0]?.line,
  )
  const caps = /^[0-9a-f]{1,16}$/.exec(valueOf('CapEff') ?? '')?.[0]
  return {
    name,
    pid: Number.isNaN(pid) ? null : pid,
    source: 'status',
    figures,
    ...(caps === undefined ? {} : { capIpcLock: ((BigInt(`0x${caps}`) >> CAP_IPC_LOCK) & 1n) === 1n }),
  }
}
