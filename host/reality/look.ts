/** Looks at processes as an operator would: status, stat, smaps_rollup. */
import { readFileSync } from 'node:fs'
import type { Snapshot, TaskSnapshot } from '../../engine/sim/result.ts'
import { ProcFile } from '../proc-file.ts'

export const STATUS_NUMBERS = [
  'VmSize',
  'VmLck',
  'VmPin',
  'VmRSS',
  'RssAnon',
  'RssFile',
  'RssShmem',
  'VmSwap',
  'HugetlbPages',
  'Threads',
] as const

export const MEMINFO_NUMBERS = [
  'MemTotal',
  'MemFree',
  'MemAvailable',
  'Cached',
  'AnonPages',
  'Shmem',
  'Mlocked',
  'Unevictable',
  'AnonHugePages',
  'SwapTotal',
  'SwapFree',
] as const

/** `Name:	 123 kB` of the names asked for; KiB, or a plain count. */
export function numbersOf(text: string, names: readonly string[]): Record<string, number> {
  const numbers: Record<string, number> = {}
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    if (names.includes(name)) numbers[name] = Number.parseInt(line.slice(colon + 1), 10)
  }
  return numbers
}

/** Fields of /proc/PID/stat behind the name: faults, and when the process started, in clock ticks since boot. */
export function statOf(text: string): {
  readonly state: string
  readonly minflt: number
  readonly majflt: number
  readonly startTicks: number
} {
  const words = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const at = (field: number): number => Number(words[field - 3] ?? 0)
  return { state: words[0] ?? '?', minflt: at(10), majflt: at(12), startTicks: at(22) }
}

export interface Looked {
  readonly workload: string
  readonly instance: number
  readonly state: string
  readonly status: Readonly<Record<string, number>>
}

export const taskSnapshot = ({ workload, instance, state, status }: Looked): TaskSnapshot => ({
  ...{ workload, instance, instances: 1, state, status },
  areas: [],
})

/** Reads /proc/meminfo anew each time. */
export class MeminfoReader {
  readonly #file = new ProcFile('/proc/meminfo')

  numbers(): Record<string, number> {
    return numbersOf(this.#file.text(), MEMINFO_NUMBERS)
  }

  close(): void {
    this.#file.close()
  }
}

/** `Locked` and `AnonHugePages` of smaps_rollup: the kernel walks all page tables of the process for it. */
export function rollupOf(pid: number): Record<string, number> {
  return numbersOf(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'), [
    'Locked',
    'AnonHugePages',
    'SwapPss',
  ])
}

export const snapshotAt = (
  atS: number,
  meminfo: Record<string, number>,
  tasks: readonly TaskSnapshot[],
): Snapshot => ({
  atS,
  meminfo,
  tasks,
})
