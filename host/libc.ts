/**
 * The functions of the C library that Node has no name for, bound once. All of them act on the calling thread, and
 * ptrace only ever works from the thread that started the child: use one thread for a whole session.
 */
import { createRequire } from 'node:module'
import { getSystemErrorMap } from 'node:util'
import type * as Koffi from 'koffi'
import { CannotRun } from './refusal.ts'

/** What a pointer parameter takes: memory of ours that the call reads or fills, an address, or NULL. */
export type Pointer = NodeJS.ArrayBufferView | number | bigint | null

const prototypes = {
  ptrace: 'long ptrace(long request, int pid, void *address, void *data)',
  waitpid: 'int waitpid(int pid, void *status, int options)',
  posix_spawn:
    'int posix_spawn(void *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)',
  posix_spawn_file_actions_init: 'int posix_spawn_file_actions_init(void *actions)',
  posix_spawn_file_actions_adddup2: 'int posix_spawn_file_actions_adddup2(void *actions, int from, int to)',
  posix_spawn_file_actions_destroy: 'int posix_spawn_file_actions_destroy(void *actions)',
  prlimit: 'int prlimit(int pid, int resource, void *wanted, void *previous)',
  sched_getaffinity: 'int sched_getaffinity(int pid, size_t size, void *mask)',
  sched_setaffinity: 'int sched_setaffinity(int pid, size_t size, void *mask)',
  sched_getscheduler: 'int sched_getscheduler(int pid)',
  sched_getparam: 'int sched_getparam(int pid, void *parameters)',
  sched_setscheduler: 'int sched_setscheduler(int pid, int policy, void *parameters)',
  flock: 'int flock(int fd, int operation)',
  memfd_create: 'int memfd_create(const char *name, unsigned int flags)',
  swapon: 'int swapon(const char *path, int flags)',
  swapoff: 'int swapoff(const char *path)',
  mmap: 'void *mmap(void *address, size_t length, int prot, int flags, int fd, long offset)',
  munmap: 'int munmap(void *address, size_t length)',
  madvise: 'int madvise(void *address, size_t length, int advice)',
  memset: 'void *memset(void *address, int byte, size_t length)',
  syscall: 'long syscall(long number, long a, long b, void *c, void *d, void *e, long f)',
} as const

export interface Libc {
  ptrace(request: number, pid: number, address: Pointer, data: Pointer): number
  waitpid(pid: number, status: Pointer, options: number): number
  /** Returns the error number instead of setting errno. */
  posix_spawn(
    pid: Pointer,
    path: string,
    actions: Pointer,
    attributes: Pointer,
    argv: readonly (string | null)[],
    envp: readonly (string | null)[],
  ): number
  posix_spawn_file_actions_init(actions: Pointer): number
  posix_spawn_file_actions_adddup2(actions: Pointer, from: number, to: number): number
  posix_spawn_file_actions_destroy(actions: Pointer): number
  prlimit(pid: number, resource: number, wanted: Pointer, previous: Pointer): number
  sched_getaffinity(pid: number, size: number, mask: Pointer): number
  sched_setaffinity(pid: number, size: number, mask: Pointer): number
  sched_getscheduler(pid: number): number
  sched_getparam(pid: number, parameters: Pointer): number
  sched_setscheduler(pid: number, policy: number, parameters: Pointer): number
  flock(fd: number, operation: number): number
  memfd_create(name: string, flags: number): number
  swapon(path: string, flags: number): number
  swapoff(path: string): number
  mmap(
    address: Pointer,
    length: number,
    prot: number,
    flags: number,
    fd: number,
    offset: number,
  ): bigint | null
  munmap(address: Pointer, length: number): number
  madvise(address: Pointer, length: number, advice: number): number
  memset(address: Pointer, byte: number, length: number): unknown
  /** The same on a thread of the pool, so that several run at once. */
  memsetBeside(address: bigint, byte: number, length: number): Promise<void>
  syscall(number: number, a: number, b: number, c: Pointer, d: Pointer, e: Pointer, f: number): number
  /** The error number of the last call, valid right after one that failed. */
  errno(): number
}

let bound: Libc | undefined

/** The bindings of this process, made by the first call. Refuses where koffi has no binary for the platform. */
export function libc(): Libc {
  bound ??= bind()
  return bound
}

/**
 * koffi is loaded here and not by an import: a machine without a binary for it can still use everything else.
 */
function bind(): Libc {
  let koffi: typeof Koffi
  try {
    koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
  } catch (error) {
    throw new CannotRun(
      'platform',
      `The package koffi, which calls the C library, cannot be loaded: ${String(error)}`,
    )
  }
  const library = koffi.load(null)
  const functions = Object.entries(prototypes).map(([name, prototype]) => [name, library.func(prototype)])
  const memset = library.func(prototypes.memset)
  return {
    ...(Object.fromEntries(functions) as Libc),
    memsetBeside: (address, byte, length) =>
      new Promise((resolve, reject) => {
        memset.async(address, byte, length, (error: Error | null) =>
          error === null ? resolve() : reject(error),
        )
      }),
    errno: () => koffi.errno(),
  }
}

/** What Node does not know, or knows by another name than the manual pages of the system calls. */
const kernelNames: Readonly<Record<number, string>> = {
  10: 'ECHILD',
  35: 'EDEADLK',
  95: 'EOPNOTSUPP',
  133: 'EHWPOISON',
}

/** The name of an error number: 12 is `ENOMEM`. Numbers without a name are `E` and the number. */
export function errnoName(errno: number): string {
  return kernelNames[errno] ?? getSystemErrorMap().get(-errno)?.[0] ?? `E${errno}`
}

/** A failed call of the C library, in the shape of Node's own errors. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError'
  readonly syscall: string
  readonly code: string

  constructor(syscall: string, errno: number) {
    super(`${syscall}: ${errnoName(errno)}`)
    this.syscall = syscall
    this.code = errnoName(errno)
  }
}

/** Passes on what a call returned, or throws its errno if that is negative. */
export function checked(name: string, returned: number): number {
  if (returned < 0) throw new SystemCallError(name, libc().errno())
  return returned
}
