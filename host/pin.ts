/**
 * Long-term pins, as fixed buffers of io_uring: charged to mm->pinned_vm (VmPin) and to the user's limit. Ring and
 * scratch page exist only for this; the faults they cause are not the program's.
 */
import { errnoName } from './libc.ts'
import { drainOwnBatches } from './lru-batches.ts'
import { pause } from './pause.ts'
import type { Faults, LiveProcess } from './process.ts'
import { CannotRun } from './refusal.ts'
import type { StepResult } from './steps.ts'
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_BITS, SYS } from './system-calls.ts'
import { RUNTIME_BASE } from './tracee.ts'

const SCRATCH = BigInt(RUNTIME_BASE) + 0x10_0000n
const PAGE = 4096n
/** struct io_uring_params, all zero, and a struct iovec behind it. */
const PARAMETER_BYTES = 120
const IOVEC_BYTES = 16
const REGISTER_BUFFERS = 0n
const UNREGISTER_BUFFERS = 1n
/** A ring is taken apart by a kernel worker; nothing in /proc tells when it is done. */
const RING_TEARDOWN_MS = 20

export function pinBuffer(process: LiveProcess, address: bigint, length: bigint): StepResult {
  const { tracee } = process
  const start = process.faults()
  const flags = BigInt(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)
  tracee.mustCall('mmap', SYS.mmap, SCRATCH, PAGE, BigInt(PROT_BITS.rw), flags, -1n, 0n)
  const memory = Buffer.alloc(PARAMETER_BYTES + IOVEC_BYTES)
  memory.writeBigUInt64LE(address, PARAMETER_BYTES)
  memory.writeBigUInt64LE(BigInt.asUintN(64, length), PARAMETER_BYTES + 8)
  tracee.write(SCRATCH, memory)
  const ring = openRing(process)
  const before = process.faults()
  drainOwnBatches()
  const { value } = tracee.call(
    SYS.io_uring_register,
    ring,
    REGISTER_BUFFERS,
    SCRATCH + BigInt(PARAMETER_BYTES),
    1n,
  )
  const after = process.faults()
  if (value < 0n) tracee.mustCall('close', SYS.close, ring)
  else process.ring = ring
  tracee.mustCall('munmap', SYS.munmap, SCRATCH, PAGE)
  const ownFaults = sum(difference(start, before), difference(after, process.faults()))
  return { result: value < 0n ? errnoName(Number(-value)) : 0, ownFaults }
}

function openRing({ tracee }: LiveProcess): bigint {
  const entries = 1n
  const { value } = tracee.call(SYS.io_uring_setup, entries, SCRATCH)
  if (value >= 0n) return value
  throw new CannotRun(
    'privilege',
    `The program pins memory by io_uring, which answers ${errnoName(Number(-value))} here. Look at kernel.io_uring_disabled, the seccomp profile of the container, and the memlock limit of the user.`,
  )
}

export function unpinBuffer(process: LiveProcess): StepResult {
  const none = 0x7fff_ffffn // no open file: EBADF
  const { value } = process.tracee.call(SYS.io_uring_register, process.ring ?? none, UNREGISTER_BUFFERS)
  closeRing(process)
  return { result: value < 0n ? errnoName(Number(-value)) : 0 }
}

/** Closes the ring of a process, if it has one, and waits until its pages are given back to the user's limit. */
export function closeRing(process: LiveProcess): void {
  if (process.ring === null) return
  process.tracee.call(SYS.close, process.ring)
  process.ring = null
  pause(RING_TEARDOWN_MS)
}

const difference = (from: Faults, to: Faults): Faults => ({
  minflt: to.minflt - from.minflt,
  majflt: to.majflt - from.majflt,
})
const sum = (a: Faults, b: Faults): Faults => ({ minflt: a.minflt + b.minflt, majflt: a.majflt + b.majflt })
