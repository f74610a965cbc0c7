/** Error numbers by name, as a user of the system call sees them (errno(3)). */
export type Errno =
  | 'EPERM'
  | 'EINTR'
  | 'EBADF'
  | 'EAGAIN'
  | 'ENOMEM'
  | 'EACCES'
  | 'EFAULT'
  | 'EBUSY'
  | 'EEXIST'
  | 'ENODEV'
  | 'EINVAL'
  | 'ENOSYS'
  | 'EOPNOTSUPP'
  | 'EFBIG'
  | 'ESPIPE'
  | 'ENOSPC'
  | 'EOVERFLOW'
  | 'ENXIO'

/** Signals that end a touch early. */
export type FatalSignal = 'SIGSEGV' | 'SIGBUS'

/**
 * A call the modelled kernel turned down. errno alone is mute; `rule` names what decided, and
 * `asked`, `counted`, `limit` are the numbers that met there, in pages, where numbers met.
 */
export interface Refusal {
  readonly errno: Errno
  readonly rule: string
  readonly asked?: number
  readonly counted?: number
  readonly limit?: number
}

/** Builds a refusal; see {@link Refusal}. */
export function refuse(
  errno: Errno,
  rule: string,
  numbers?: { asked: number; counted: number; limit: number },
): Refusal {
  return numbers === undefined ? { errno, rule } : { errno, rule, ...numbers }
}
