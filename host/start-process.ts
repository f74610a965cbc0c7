/**
 * Starts the process that a program describes: one page of its own, nothing else. See machine-code.ts for what it
 * runs.
 */
import { closeSync, readFileSync, writeSync } from 'node:fs'
import type { ProcessSpec } from '../engine/program.ts'
import { checked, libc, SystemCallError } from './libc.ts'
import { RUNTIME_CODE, startImage } from './machine-code.ts'
import { CannotRun } from './refusal.ts'
import {
  CAP_IPC_LOCK,
  MAP_ANONYMOUS,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  PR_SET_THP_DISABLE,
  PROT_BITS,
  RLIMIT_MEMLOCK,
  SIGCHLD,
  SYS,
} from './system-calls.ts'
import { RUNTIME_BASE, Tracee, wait } from './tracee.ts'

const PAGE = 4096n
const HUGE_PAGE = 0x20_0000n
const TASK_END = 0x7fff_ffff_f000n
const MFD_CLOEXEC = 1
const MFD_EXEC = 16
const STOPPED_BY_TRAP = 0x57f
/** More than any C library's posix_spawn_file_actions_t. */
const FILE_ACTIONS_BYTES = 256

export interface StartedProcess {
  readonly tracee: Tracee
  /** Where the brk heap starts: 2 MiB aligned, with nothing mapped. */
  readonly heapBase: bigint
}

let image: number | undefined

/** The start image as a file in memory, made once per process; closes itself with it. */
function imageFd(): number {
  if (image !== undefined) return image
  // Kernels before 6.3 refuse the flag that says the file may be executed; it is their default.
  let fd = libc().memfd_create('holdfast', MFD_CLOEXEC | MFD_EXEC)
  if (fd < 0) fd = checked('memfd_create', libc().memfd_create('holdfast', MFD_CLOEXEC))
  writeSync(fd, startImage())
  image = fd
  return fd
}

/** What {@link ProcessSpec} says and nothing else. `fds` are open files of ours that the process has under the same numbers. */
export function startProcess(
  spec: ProcessSpec,
  fds: readonly number[],
  banHugePages: boolean,
): StartedProcess {
  const pid = spawn(fds)
  if (wait(pid) !== STOPPED_BY_TRAP) {
    throw new CannotRun(
      'privilege',
      'A child process may not be traced here (ptrace). Look at kernel.yama.ptrace_scope and at the seccomp profile of the container.',
    )
  }
  const tracee = new Tracee(pid)
  try {
    setMemlockLimit(pid, spec.rlimitMemlock === 'unlimited' ? 'hard' : BigInt(spec.rlimitMemlock))
    setCapability(tracee, spec.capIpcLock)
    ignoreChildren(tracee)
    setHugePageBan(tracee, banHugePages)
    moveToRuntimePage(tracee)
    return { tracee, heapBase: emptyAddressSpace(tracee) }
  } catch (error) {
    tracee.kill()
    throw error
  }
}

/** Starts the image with the given files; everything else of ours closes itself on exec. */
function spawn(fds: readonly number[]): number {
  const actions = Buffer.alloc(FILE_ACTIONS_BYTES)
  libc().posix_spawn_file_actions_init(actions)
  // Duplicating a descriptor onto itself is how posix_spawn takes close-on-exec away.
  for (const fd of fds) libc().posix_spawn_file_actions_adddup2(actions, fd, fd)
  const pid = new Int32Array(1)
  const path = `/proc/self/fd/${imageFd()}`
  const errno = libc().posix_spawn(pid, path, actions, null, ['holdfast-replay', null], [null])
  libc().posix_spawn_file_actions_destroy(actions)
  if (errno === 13)
    throw new CannotRun('privilege', 'Files in memory may not be executed here: vm.memfd_noexec is 2.')
  if (errno !== 0) throw new SystemCallError('posix_spawn', errno)
  return pid[0] ?? 0
}

/** Sets the soft RLIMIT_MEMLOCK of a process, in bytes, and raises the hard limit where it must and may. */
export function setMemlockLimit(pid: number, bytes: bigint | 'hard'): void {
  const limit = new BigUint64Array(2)
  checked('prlimit', libc().prlimit(pid, RLIMIT_MEMLOCK, null, limit))
  const hard = limit[1] ?? 0n
  const soft = bytes === 'hard' ? hard : bytes
  if (libc().prlimit(pid, RLIMIT_MEMLOCK, BigUint64Array.of(soft, soft > hard ? soft : hard), null) === 0)
    return
  throw new CannotRun(
    'privilege',
    `The program sets RLIMIT_MEMLOCK to ${soft} bytes. The hard limit here is ${hard} (ulimit -H -l, in KiB), and raising it needs CAP_SYS_RESOURCE.`,
  )
}

/** Drops CAP_IPC_LOCK if the program says so; it cannot be given, only inherited. */
function setCapability(tracee: Tracee, wanted: boolean): void {
  const sets = capabilitySets(tracee.pid)
  const bit = 1n << BigInt(CAP_IPC_LOCK)
  if (wanted && (sets.effective & bit) === 0n)
    throw new CannotRun(
      'privilege',
      'The program runs with CAP_IPC_LOCK, which this process has not: start it as root.',
    )
  if (wanted || ((sets.effective | sets.permitted) & bit) === 0n) return
  const words = [sets.effective, sets.permitted, sets.inheritable].map(set => set & ~bit)
  const low = words.map(word => Number(word & 0xffff_ffffn))
  const high = words.map(word => Number(word >> 32n))
  const version = 0x20080522
  const at = scratch(tracee)
  tracee.write(at, bytesOf(Uint32Array.of(version, 0, ...low, ...high)))
  tracee.mustCall('capset', SYS.capset, at, at + 8n)
}

/** From `CapEff:	000001ffffffffff` in /proc/PID/status. */
function capabilitySets(pid: number): { effective: bigint; permitted: bigint; inheritable: bigint } {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1')
  const set = (name: string): bigint =>
    BigInt(`0x${new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(text)?.[1] ?? '0'}`)
  return { effective: set('CapEff'), permitted: set('CapPrm'), inheritable: set('CapInh') }
}

/** Children that end need no wait() by their parent: only the runner waits for them. */
function ignoreChildren(tracee: Tracee): void {
  const at = scratch(tracee)
  const SIG_IGN = 1n
  tracee.write(at, bytesOf(BigUint64Array.of(SIG_IGN, 0n, 0n, 0n)))
  tracee.mustCall('rt_sigaction', SYS.rt_sigaction, BigInt(SIGCHLD), at, 0n, 8n)
}

/** Also lifts a ban that the process has inherited from us. */
function setHugePageBan(tracee: Tracee, ban: boolean): void {
  tracee.mustCall('prctl', SYS.prctl, BigInt(PR_SET_THP_DISABLE), ban ? 1n : 0n, 0n, 0n, 0n)
}

/** A writable place below the stack of the start image, good for one call. */
const scratch = (tracee: Tracee): bigint => (tracee.stackPointer & ~15n) - 256n

const bytesOf = (words: Uint32Array | BigUint64Array): Uint8Array =>
  new Uint8Array(words.buffer, words.byteOffset, words.byteLength)

/** Maps the runtime page, fills it, and goes on from there. Writable first, so that it is an accounted mapping. */
function moveToRuntimePage(tracee: Tracee): void {
  const at = BigInt(RUNTIME_BASE)
  const flags = BigInt(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE)
  tracee.mustCall('mmap', SYS.mmap, at, PAGE, BigInt(PROT_BITS.rw), flags, -1n, 0n)
  tracee.write(at, RUNTIME_CODE)
  tracee.mustCall('mprotect', SYS.mprotect, at, PAGE, BigInt(PROT_BITS.rx))
  tracee.enterRuntimePage()
}

/**
 * Aligns the break and unmaps everything but the runtime page: image, stack, vdso, and the memory that the break went
 * over. That is 2 MiB at least, so that every program finds the same when it moves the break below the heap's origin.
 */
function emptyAddressSpace(tracee: Tracee): bigint {
  const lowest = tracee.mustCall('brk', SYS.brk, 0n)
  const heapBase = (lowest + 2n * HUGE_PAGE - 1n) & ~(HUGE_PAGE - 1n)
  if (tracee.mustCall('brk', SYS.brk, heapBase) !== heapBase)
    throw new CannotRun('system', 'The break of the traced process could not be moved.')
  const end = BigInt(RUNTIME_BASE) + PAGE
  tracee.mustCall('munmap', SYS.munmap, 0n, BigInt(RUNTIME_BASE))
  tracee.mustCall('munmap', SYS.munmap, end, TASK_END - end)
  return heapBase
}

/** Closes the start image; the next process makes a new one. */
export function closeStartImage(): void {
  if (image !== undefined) closeSync(image)
  image = undefined
}
