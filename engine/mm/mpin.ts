/** mm_mpin() and mm_munpin() of the VM_PINNED proposal, as a what-if. */
import { refuse, type Refusal } from '../errno.ts'
import type { U64 } from '../op.ts'
import { canDoMlock, memlockLimitPages, type Kernel, type Task } from './kernel.ts'
import { applyVmaLockFlags, countedForMlock } from './mlock.ts'
import { VM_PINNED } from './mm-types.ts'
import { roundRange } from './range.ts'

const ABSENT = refuse('ENOSYS', 'kernel without vm-pinned')

/**
 * Kernel: mm_mpin(), mm/mlock.c (RFC of 2014)
 * Marks the areas pinned and counts their pages once. No credit for what is locked already: the range needs room twice.
 */
export function mpin(k: Kernel, task: Task, addr: number, length: U64): Refusal | null {
  if (!k.behaviour.mpin) return ABSENT
  if (!canDoMlock(task))
    return refuse('EPERM', 'RLIMIT_MEMLOCK is 0', {
      asked: 0,
      counted: countedForMlock(k, task.mm),
      limit: 0,
    })
  const range = roundRange(addr, length)
  const counted = countedForMlock(k, task.mm)
  const limit = memlockLimitPages(task)
  k.holding('mmap-write')
  if (counted + range.nrPages > limit && !task.capIpcLock)
    return refuse('ENOMEM', 'RLIMIT_MEMLOCK (locked and pinned)', { asked: range.nrPages, counted, limit })
  if (range.wraps) return refuse('EINVAL', 'end before start')
  return applyVmaLockFlags(k, task.mm, range.start, range.start + range.nrPages, flags => flags | VM_PINNED)
}

/**
 * Kernel: mm_munpin(), mm/mlock.c (RFC of 2014)
 * The posted code passes start + len where a length is expected; this is what was meant.
 */
export function munpin(k: Kernel, task: Task, addr: number, length: U64): Refusal | null {
  if (!k.behaviour.mpin) return ABSENT
  const range = roundRange(addr, length)
  k.holding('mmap-write')
  if (range.wraps) return refuse('EINVAL', 'end before start')
  return applyVmaLockFlags(k, task.mm, range.start, range.start + range.nrPages, flags => flags & ~VM_PINNED)
}
