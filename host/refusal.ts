/**
 * Why this machine cannot run a program. What a person can change about it is in the sentence, with the name of the
 * setting, permission or device; the code is for programs.
 */
export const LIVE_REASONS = [
  /** Not Linux on x86-64, or no foreign function interface for it. */
  'platform',
  /** Another live run holds the lock of this machine. */
  'busy',
  /** The program asks for what no Linux kernel, or not this one, can do. */
  'program',
  /** A permission or capability is missing. */
  'privilege',
  /** A setting cannot be made what the program asks for. */
  'setting',
  /** A device is missing or in use: the swap device. */
  'device',
  /** Something else on the machine disturbed every attempt. */
  'disturbed',
  /** A system call of the runner's own failed, or the kernel did something that the runner does not expect. */
  'system',
] as const
export type LiveReason = (typeof LIVE_REASONS)[number]

export interface LiveRefusal {
  readonly ok: false
  readonly reason: LiveReason
  readonly sentence: string
}

/** Carries a refusal up to the border of `host/`, where {@link refusalOf} makes it a value. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
  readonly reason: LiveReason

  constructor(reason: LiveReason, sentence: string) {
    super(sentence)
    this.reason = reason
  }
}

/**
 * The refusal behind an error. Failed system calls (of Node or of libc) become refusals too; anything else is a fault
 * of the runner and is thrown again, with its stack.
 */
export function refusalOf(error: unknown): LiveRefusal {
  if (error instanceof CannotRun) return { ok: false, reason: error.reason, sentence: error.message }
  if (error instanceof Error && 'syscall' in error && 'code' in error) {
    const reason = error.code === 'EPERM' || error.code === 'EACCES' ? 'privilege' : 'system'
    return { ok: false, reason, sentence: `A system call of the runner failed: ${error.message}.` }
  }
  throw error
}
