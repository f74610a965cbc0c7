/**
 * Who makes the calls by which a kernel is known: a small traced process, which nothing can hurt and which hurts nothing,
 * or, where no process may be traced, this one, on memory mapped for it.
 */
import { readFileSync } from 'node:fs'
import { libc } from '../libc.ts'
import { touchOwn } from '../own-memory.ts'
import { startProcess } from '../start-process.ts'
import { SYS } from '../system-calls.ts'

/** Numbers of the calls by architecture; those of ARM64 are the generic ones. */
const NUMBERS = {
  x64: SYS,
  arm64: {
    ...{ mmap: 222, munmap: 215, mremap: 216, mprotect: 226, madvise: 233, mlock: 228, munlock: 229 },
    ...{ mlock2: 284, prctl: 167, memfd_secret: 447, ftruncate: 46, close: 57 },
  },
} as const
export type CallName = keyof (typeof NUMBERS)['arm64']

export interface Caller {
  readonly kind: 'traced process' | 'own process'
  /** What the kernel returned; negative is an errno. */
  call: (name: CallName, ...args: readonly (number | bigint)[]) => bigint
  /** Writes a byte of mapped memory. */
  touch: (address: bigint) => void
  /** /proc/PID/smaps of whoever makes the calls. */
  smaps: () => string
  close: () => void
}

/** Limits of the traced process; the calls of this process have those of this process. */
export interface CallerLimits {
  readonly rlimitMemlock: number | 'unlimited'
}

/** Throws CannotRun where nothing may be traced, and on other architectures than x86-64. */
export function tracedCaller({ rlimitMemlock }: CallerLimits): Caller {
  const { tracee } = startProcess({ rlimitMemlock, capIpcLock: false }, [], false)
  return {
    kind: 'traced process',
    call: (name, ...args) => tracee.call(NUMBERS.x64[name], ...args.map(BigInt)).value,
    touch: address => void tracee.touch('write', address, address + 1n, 1n),
    smaps: () => readFileSync(`/proc/${tracee.pid}/smaps`, 'latin1'),
    close: () => tracee.kill(),
  }
}

export function ownCaller(): Caller {
  const numbers: Readonly<Record<CallName, number>> | undefined =
    NUMBERS[process.arch === 'x64' ? 'x64' : 'arm64']
  return {
    kind: 'own process',
    call: (name, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0) => {
      const returned = libc().syscall(numbers[name], Number(a), Number(b), c, d, e, Number(f))
      return returned < 0 ? BigInt(-libc().errno()) : BigInt(returned)
    },
    touch: touchOwn,
    smaps: () => readFileSync('/proc/self/smaps', 'latin1'),
    close: () => undefined,
  }
}
