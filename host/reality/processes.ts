/** The processes of this machine, as far as the caller may see them. */
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { numbersOf, statOf } from './look.ts'
import { requireLinux } from './machine.ts'

export interface ProcessEntry {
  readonly pid: number
  readonly name: string
  readonly uid: number
  /** Clock ticks since boot: together with the pid it names a process and no other. */
  readonly startTicks: number
  readonly rssBytes: number
  readonly lockedBytes: number
  readonly pinnedBytes: number
  readonly swapBytes: number
  readonly threads: number
  /** Whether smaps_rollup may be read. */
  readonly isReadable: boolean
}

/** Processes with memory of their own (not those of the kernel): most locked first, then most resident. */
export function listProcesses(most = 500): ProcessEntry[] {
  requireLinux()
  return readdirSync('/proc')
    .flatMap(name => (/^\d+$/.test(name) ? (processOf(Number(name)) ?? []) : []))
    .toSorted((a, b) => b.lockedBytes - a.lockedBytes || b.rssBytes - a.rssBytes)
    .slice(0, most)
}

/** undefined for one that has ended meanwhile, and for threads of the kernel. */
function processOf(pid: number): ProcessEntry | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    const numbers = numbersOf(status, ['VmRSS', 'VmLck', 'VmPin', 'VmSwap', 'Threads'])
    if (numbers['VmRSS'] === undefined) return undefined
    const bytes = (name: string): number => (numbers[name] ?? 0) * 1024
    return {
      pid,
      name: /^Name:\t(.*)$/m.exec(status)?.[1] ?? '',
      uid: Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? 0),
      startTicks: statOf(readFileSync(`/proc/${pid}/stat`, 'latin1')).startTicks,
      rssBytes: bytes('VmRSS'),
      lockedBytes: bytes('VmLck'),
      pinnedBytes: bytes('VmPin'),
      swapBytes: bytes('VmSwap'),
      threads: numbers['Threads'] ?? 1,
      isReadable: mayRead(pid),
    }
  } catch {
    return undefined
  }
}

/** Opening asks for the permission; reading would walk all page tables of the process. */
function mayRead(pid: number): boolean {
  try {
    closeSync(openSync(`/proc/${pid}/smaps_rollup`, 'r'))
    return true
  } catch {
    return false
  }
}
