/**
 * Tells whether something else on the machine got into a program's way: reclaim, or huge pages that could not be had.
 * Programs assume that there is neither.
 */
import { ProcFile } from './proc-file.ts'

const COUNTERS = [
  'pgscan_kswapd',
  'pgscan_direct',
  'pgscan_khugepaged',
  'allocstall_normal',
  'allocstall_movable',
  'thp_fault_fallback',
  'thp_file_fallback',
]
const lines = COUNTERS.map(name => new RegExp(`^${name} (\\d+)$`, 'm'))

export class DisturbanceWatch {
  readonly #vmstat = new ProcFile('/proc/vmstat')

  /** Equal before and after an undisturbed run. */
  state(): string {
    const text = this.#vmstat.text()
    return lines.map(line => line.exec(text)?.[1] ?? '').join(' ')
  }

  close(): void {
    this.#vmstat.close()
  }
}
