import { ProcFile } from './proc-file.ts'
import type { Tracee } from './tracee.ts'

/** Page faults of a process since it started. */
export interface Faults {
  readonly minflt: number
  readonly majflt: number
}

/** A process of a running program: how to control it, and its files in /proc. */
export class LiveProcess {
  readonly tracee: Tracee
  /** The break, as bytes above its start. */
  heapBytes = 0
  /** The io_uring that holds its pinned buffer. */
  ring: bigint | null = null
  readonly status: ProcFile
  readonly smaps: ProcFile
  readonly pagemap: ProcFile
  readonly #stat: ProcFile
  #alive = true

  constructor(tracee: Tracee) {
    this.tracee = tracee
    const open = (name: string): ProcFile => new ProcFile(`/proc/${tracee.pid}/${name}`)
    try {
      this.status = open('status')
      this.smaps = open('smaps')
      this.pagemap = open('pagemap')
      this.#stat = open('stat')
    } catch (error) {
      tracee.kill() // nobody else knows of it yet
      throw error
    }
  }

  isAlive(): boolean {
    return this.#alive
  }

  /** The child that `tracee` has become by fork(); it goes on with the same break. */
  forked(tracee: Tracee): LiveProcess {
    const child = new LiveProcess(tracee)
    child.heapBytes = this.heapBytes
    return child
  }

  /** From `PID (name) R 1 …`: minflt and majflt are the 8th and 10th word behind the name. */
  faults(): Faults {
    const text = this.#stat.text()
    const words = text.slice(text.lastIndexOf(')') + 2).split(' ', 10)
    return { minflt: Number(words[7]), majflt: Number(words[9]) }
  }

  /** Lets the process end itself. */
  exit(): void {
    this.tracee.exit()
    this.#leave()
  }

  /** Ends the process from outside, whatever it is doing. */
  kill(): void {
    if (!this.#alive) return
    this.tracee.kill()
    this.#leave()
  }

  #leave(): void {
    this.#alive = false
    for (const file of [this.status, this.smaps, this.pagemap, this.#stat]) file.close()
  }
}
