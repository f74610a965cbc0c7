/** remap_file_pages(2), emulated by mmap since 4.0: mm/mmap.c. */
import { refuse, type Refusal } from '../errno.ts'
import type { U64 } from '../op.ts'
import { PAGE_SIZE } from '../units.ts'
import type { Kernel, Task } from './kernel.ts'
import { doMmap, MAP_LOCKED, MAP_NONBLOCK, MAP_POPULATE, MAP_SHARED } from './mmap.ts'
import { VM_ACCESS_FLAGS, VM_LOCKED, VM_SHARED } from './mm-types.ts'
import { findVma, vmaLookup } from './vma.ts'

/** Maps other pages of the same shared file in place, populating them. */
export function remapFilePages(
  k: Kernel,
  task: Task,
  addr: number,
  length: U64,
  pgoff: U64,
  flags: number,
): Refusal | null {
  const start = Math.floor(addr / PAGE_SIZE)
  const nr = Math.floor(Number(length) / PAGE_SIZE)
  if (nr <= 0) return refuse('EINVAL', 'length is less than a page')
  const vma = vmaLookup(task.mm, start)
  if (vma === undefined || vma.file === null || !(vma.flags & VM_SHARED))
    return refuse('EINVAL', 'not a shared mapping')
  const end = start + nr
  for (let at = vma.end, last = vma; at < end;) {
    const next = findVma(task.mm, at)
    if (next?.start !== at || next.file !== last.file || next.flags !== last.flags)
      return refuse('EINVAL', 'range leaves the mapping')
    at = next.end
    last = next
  }
  const locked = vma.flags & VM_LOCKED ? MAP_LOCKED : 0
  return doMmap(k, task, {
    addr: start * PAGE_SIZE,
    length: nr * PAGE_SIZE,
    prot: vma.flags & VM_ACCESS_FLAGS,
    flags: MAP_SHARED | MAP_POPULATE | (flags & MAP_NONBLOCK) | locked,
    file: vma.file,
    fileOffset: Number(pgoff) * PAGE_SIZE,
  })
}
