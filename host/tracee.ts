/**
 * One stopped process under our control. The runner sets its registers, lets it run to the next `int3`, and so makes
 * it do system calls and memory accesses one at a time. All calls come from the thread that spawned the process.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { checked, libc, SystemCallError } from './libc.ts'
import { RUNTIME_OFFSETS } from './machine-code.ts'
import { CannotRun } from './refusal.ts'
import { SIGCHLD, SYS } from './system-calls.ts'

const PTRACE_CONT = 7
const PTRACE_GETREGS = 12
const PTRACE_SETREGS = 13
const PTRACE_SETOPTIONS = 0x4200
const PTRACE_GETEVENTMSG = 0x4201
/** Children are traced from their first instruction; everything traced dies with the runner. */
const EXITKILL = 0x100000
const TRACE_OPTIONS = 0x2 | 0x4 | 0x8 | EXITKILL // TRACEFORK, TRACEVFORK, TRACECLONE
const WAIT_ALL = 0x40000000 // __WALL
const WNOHANG = 1
/** CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM: a thread of the same process. */
const THREAD_FLAGS = 0x100n | 0x200n | 0x400n | 0x800n | 0x10000n | 0x40000n
const SIGTRAP = 5
const SIGBUS = 7
const SIGSEGV = 11
const EINTR = 4

/** Places in struct user_regs_struct, in registers of 8 bytes. */
const REG = {
  rbx: 5,
  r10: 7,
  r9: 8,
  r8: 9,
  rax: 10,
  rcx: 11,
  rdx: 12,
  rsi: 13,
  rdi: 14,
  orig_rax: 15,
  rip: 16,
  rsp: 19,
}
const REGISTERS = 27
const argumentRegisters = [REG.rdi, REG.rsi, REG.rdx, REG.r10, REG.r8, REG.r9] as const

/** Where the runtime page is mapped; see {@link RUNTIME_OFFSETS}. */
export const RUNTIME_BASE = 0x1000_0000_0000

export type StopSignal = 'SIGSEGV' | 'SIGBUS'

/** A system call came back, or a signal ended it. `value` is what the kernel returned: negative is an errno. */
export interface Returned {
  readonly value: bigint
  readonly signal: StopSignal | null
}

/** How far something is that was begun; `gone`: the process was ended meanwhile. */
export type Polled = 'running' | 'gone' | { readonly signal: StopSignal | null }

const status = new Int32Array(1)
const message = new BigUint64Array(1)

export class Tracee {
  readonly pid: number
  /** Where `syscall; int3` stands: in the start image first, then in the runtime page. */
  #callAddress: bigint
  readonly #registers = new BigUint64Array(REGISTERS)
  /** Process number of the child last forked. */
  #forked = 0

  /** Takes over a process that has just stopped for the first time. */
  constructor(pid: number) {
    this.pid = pid
    checked('ptrace', libc().ptrace(PTRACE_SETOPTIONS, pid, null, TRACE_OPTIONS))
    this.#readRegisters()
    this.#callAddress = this.#at(REG.rip)
  }

  /** The stack pointer; the start image has a stack, a running program has none. */
  get stackPointer(): bigint {
    return this.#at(REG.rsp)
  }

  /** From here on calls run in the runtime page, and there is no stack. */
  enterRuntimePage(): void {
    this.#callAddress = BigInt(RUNTIME_BASE + RUNTIME_OFFSETS.syscall)
    this.#registers[REG.rsp] = 0n
  }

  /** Makes the process do one system call. */
  call(number: number, ...args: readonly bigint[]): Returned {
    this.#setCall(number, args)
    const signal = this.#run()
    return { value: this.value, signal }
  }

  /** Lets a system call begin and comes back at once: {@link poll} tells when it is over. */
  begin(number: number, ...args: readonly bigint[]): void {
    this.#setCall(number, args)
    this.#resume()
  }

  /** As {@link touch}, without waiting for it. */
  beginTouch(access: 'read' | 'write', from: bigint, to: bigint, stride: bigint): void {
    this.#setTouch(access, from, to, stride)
    this.#resume()
  }

  /** Accesses the addresses that stand in the words of its memory at `from` up to `to`; odd ones are written to. */
  beginList(from: bigint, to: bigint): void {
    const registers = this.#registers
    registers[REG.rip] = BigInt(RUNTIME_BASE + RUNTIME_OFFSETS.list)
    registers[REG.rdi] = from
    registers[REG.rsi] = to
    this.#resume()
  }

  /** What the last system call returned: negative is an errno. */
  get value(): bigint {
    return BigInt.asIntN(64, this.#at(REG.rax))
  }

  /** Whether what was begun is over. Never waits. */
  poll(): Polled {
    for (;;) {
      const found = libc().waitpid(this.pid, status, WAIT_ALL | WNOHANG)
      if (found === 0) return 'running'
      if (found < 0) return 'gone'
      const word = status[0] ?? 0
      if ((word & 0xff) !== 0x7f) return 'gone'
      const stopped = this.#stopped(word)
      if (stopped !== 'other') return { signal: stopped }
    }
  }

  /** A system call that has to work; `what` names it in the error. */
  mustCall(what: string, number: number, ...args: readonly bigint[]): bigint {
    const { value, signal } = this.call(number, ...args)
    if (signal !== null) throw new CannotRun('system', `${what} in the traced process ended with ${signal}.`)
    if (value < 0n && value >= -4095n) throw new SystemCallError(what, Number(-value))
    return value
  }

  /** Accesses one byte at `from`, `from` + `stride`, … below `to`. */
  touch(
    access: 'read' | 'write',
    from: bigint,
    to: bigint,
    stride: bigint,
  ): { touched: number; signal: StopSignal | null } {
    this.#setTouch(access, from, to, stride)
    const signal = this.#run()
    return { touched: Number(this.#at(REG.rcx)), signal }
  }

  #setTouch(access: 'read' | 'write', from: bigint, to: bigint, stride: bigint): void {
    const registers = this.#registers
    registers[REG.rip] = BigInt(RUNTIME_BASE + RUNTIME_OFFSETS[access])
    registers[REG.rdi] = BigInt.asUintN(64, from)
    registers[REG.rsi] = BigInt.asUintN(64, to)
    registers[REG.rdx] = stride
    registers[REG.rcx] = 0n
  }

  #setCall(number: number, args: readonly bigint[]): void {
    const registers = this.#registers
    registers[REG.rip] = this.#callAddress
    registers[REG.rax] = BigInt(number)
    argumentRegisters.forEach((register, i) => (registers[register] = BigInt.asUintN(64, args[i] ?? 0n)))
  }

  /** Lets it run code of ours that is mapped at `address`, with a pointer in rbx, to the next `int3`. */
  runCode(address: bigint, pointer: bigint): StopSignal | null {
    const registers = this.#registers
    registers[REG.rip] = address
    registers[REG.rbx] = pointer
    return this.#run()
  }

  /** fork(). The child is stopped at the same place; an errno is given as a number. */
  fork(): Tracee | number {
    return this.#clone(BigInt(SIGCHLD))
  }

  /** A further thread of the process, stopped at the same place; an errno is given as a number. */
  thread(): Tracee | number {
    return this.#clone(THREAD_FLAGS)
  }

  #clone(flags: bigint): Tracee | number {
    const { value } = this.call(SYS.clone, flags)
    if (value < 0n) return Number(-value)
    const pid = this.#forked // not the value: in a PID namespace the process may know its child by another number
    waitForStop(pid)
    checked('ptrace', libc().ptrace(PTRACE_CONT, pid, null, null))
    if (waitForStop(pid) >> 8 !== SIGTRAP)
      throw new CannotRun('system', 'A forked process did not reach its stop.')
    const child = new Tracee(pid)
    child.enterRuntimePage()
    return child
  }

  /** _exit(0), and takes the exit status away. */
  exit(): void {
    const registers = this.#registers
    registers[REG.rip] = this.#callAddress
    registers[REG.rax] = BigInt(SYS.exit_group)
    registers[REG.rdi] = 0n
    this.#resume()
    const ended = wait(this.pid)
    if (ended !== 0) throw new CannotRun('system', `exit() in the traced process led to status ${ended}.`)
  }

  /** Ends the process from outside; one that is gone already is none of our business. */
  kill(): void {
    try {
      process.kill(this.pid, 'SIGKILL')
      wait(this.pid)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'ECHILD')))
        throw error
    }
  }

  /** Writes into the memory of the process without letting it run; the page must be mapped. */
  write(address: bigint, bytes: Uint8Array): void {
    const memory = openSync(`/proc/${this.pid}/mem`, 'r+')
    try {
      writeSync(memory, bytes, 0, bytes.length, Number(address))
    } finally {
      closeSync(memory)
    }
  }

  /** Reads its memory without letting it run. */
  read(address: bigint, into: NodeJS.ArrayBufferView): void {
    const memory = openSync(`/proc/${this.pid}/mem`, 'r')
    try {
      readSync(memory, into, 0, into.byteLength, Number(address))
    } finally {
      closeSync(memory)
    }
  }

  /** Children that it forks from here on are nobody's business; it still ends with us. */
  leaveChildrenAlone(): void {
    checked('ptrace', libc().ptrace(PTRACE_SETOPTIONS, this.pid, null, EXITKILL))
  }

  #at(register: number): bigint {
    return this.#registers[register] ?? 0n
  }

  #readRegisters(): void {
    checked('ptrace', libc().ptrace(PTRACE_GETREGS, this.pid, null, this.#registers))
  }

  #resume(): void {
    this.#registers[REG.orig_rax] = 0xffff_ffff_ffff_ffffn // not inside a system call: nothing to restart
    checked('ptrace', libc().ptrace(PTRACE_SETREGS, this.pid, null, this.#registers))
    checked('ptrace', libc().ptrace(PTRACE_CONT, this.pid, null, null))
  }

  /** Runs to the next `int3`, or to the fault that comes first. */
  #run(): StopSignal | null {
    this.#resume()
    for (;;) {
      const stopped = this.#stopped(waitForStop(this.pid))
      if (stopped !== 'other') return stopped
    }
  }

  /** What a stop means: the end of what it was to do (null), a fault, or something else, after which it goes on. */
  #stopped(stop: number): StopSignal | null | 'other' {
    const signal = (stop >> 8) & 0xff
    const event = stop >> 16
    if (event === 0 && (signal === SIGTRAP || signal === SIGSEGV || signal === SIGBUS)) {
      this.#readRegisters()
      return signal === SIGTRAP ? null : signal === SIGSEGV ? 'SIGSEGV' : 'SIGBUS'
    }
    if (event !== 0) {
      checked('ptrace', libc().ptrace(PTRACE_GETEVENTMSG, this.pid, null, message))
      this.#forked = Number(message[0])
    }
    // Any other signal came from outside, a terminal for example, and is not delivered.
    checked('ptrace', libc().ptrace(PTRACE_CONT, this.pid, null, null))
    return 'other'
  }
}

/** Waits until the process changes state and gives the status word of wait(2). */
export function wait(pid: number): number {
  for (;;) {
    if (libc().waitpid(pid, status, WAIT_ALL) === pid) return status[0] ?? 0
    const errno = libc().errno()
    if (errno !== EINTR) throw new SystemCallError('waitpid', errno)
  }
}

/** The status word of a process that must stop and not end. */
function waitForStop(pid: number): number {
  const word = wait(pid)
  if ((word & 0xff) === 0x7f) return word
  throw new CannotRun('system', `The traced process ended early (status ${word}); out of memory, perhaps.`)
}
