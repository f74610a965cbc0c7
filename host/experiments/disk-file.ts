/** Files on a disk: swap that is read in clusters and written in the background, and files that are mapped. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Journal } from '../journal.ts'
import { checked, libc } from '../libc.ts'
import { requireNoSwap, writeSwapHeader } from '../zram-swap.ts'

const CHUNK = 1 << 20
const PAGE = 4096
const SYS_FADVISE64 = 221
const POSIX_FADV_DONTNEED = 4

/** A file without holes, as swap needs it; entered in the journal first. */
function makeFile(journal: Journal, path: string, bytes: number): void {
  journal.record({ kind: 'file', path })
  const fd = openSync(path, 'w', 0o600)
  const zeroes = Buffer.alloc(CHUNK)
  try {
    for (let at = 0; at < bytes; at += CHUNK) writeSync(fd, zeroes, 0, Math.min(CHUNK, bytes - at), at)
    fsyncSync(fd)
    // Out of the page cache, where it would be charged to us.
    checked('fadvise64', libc().syscall(SYS_FADVISE64, fd, 0, 0, POSIX_FADV_DONTNEED, 0, 0))
  } finally {
    closeSync(fd)
  }
}

/** A file to be mapped; returns its path. */
export function makeDataFile(journal: Journal, directory: string, bytes: number): string {
  const path = join(directory, `holdfast-${process.pid}.data`)
  makeFile(journal, path, bytes)
  return path
}

/** Swap of so many bytes, the only one of the machine. */
export function makeSwapFile(journal: Journal, directory: string, bytes: number): void {
  requireNoSwap()
  const path = join(directory, `holdfast-${process.pid}.swap`)
  makeFile(journal, path, bytes + PAGE)
  writeSwapHeader(path, bytes)
  checked('swapon', libc().swapon(path, 0))
}
