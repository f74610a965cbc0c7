/** The files of a program, created before it starts and held open until it has ended. */
import { closeSync, fsyncSync, ftruncateSync, openSync, statfsSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileSpec, Program } from '../engine/program.ts'
import { checked, libc } from './libc.ts'
import { CannotRun } from './refusal.ts'
import { HUGE_2MB, SYS } from './system-calls.ts'

const MFD_CLOEXEC = 1
const MFD_HUGETLB = 4
const O_CLOEXEC = 0o2000000
const PAGE = 4096
/** File systems that keep files in memory, by their number in statfs(2): tmpfs and ramfs. */
const inMemory = [0x0102_1994, 0x8584_58f6]

export class ProgramFiles {
  readonly #fds = new Map<string, number>()

  /** `directory` is where regular files go; it must be on a disk. */
  constructor(files: NonNullable<Program['files']>, directory: string | undefined) {
    try {
      for (const [name, spec] of Object.entries(files)) this.#fds.set(name, createFile(name, spec, directory))
    } catch (error) {
      this.close()
      throw error
    }
  }

  get fds(): number[] {
    return [...this.#fds.values()]
  }

  fd(name: string): bigint {
    const fd = this.#fds.get(name)
    if (fd === undefined) throw new CannotRun('program', `The program has no file ${name}.`)
    return BigInt(fd)
  }

  close(): void {
    for (const fd of this.#fds.values()) closeSync(fd)
    this.#fds.clear()
  }
}

function createFile(name: string, spec: FileSpec, directory: string | undefined): number {
  const fd = openByKind(name, spec, directory)
  try {
    ftruncateSync(fd, spec.bytes)
    if (spec.filled ?? spec.kind === 'file') fill(fd, spec.bytes)
    // Clean pages: the data is on the disk before the program starts.
    if (spec.kind === 'file') fsyncSync(fd)
    if (spec.open !== 'r') return fd
    const readOnly = openSync(`/proc/self/fd/${fd}`, 'r')
    closeSync(fd)
    return readOnly
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function openByKind(name: string, { kind }: FileSpec, directory: string | undefined): number {
  switch (kind) {
    case 'memfd':
      return checked('memfd_create', libc().memfd_create(name, MFD_CLOEXEC))
    case 'hugetlb':
      return checked('memfd_create', libc().memfd_create(name, MFD_CLOEXEC | MFD_HUGETLB | HUGE_2MB))
    case 'secretmem':
      return openSecret()
    case 'file':
      return openOnDisk(directory ?? diskDirectory())
  }
}

function openSecret(): number {
  const fd = libc().syscall(SYS.memfd_secret, O_CLOEXEC, 0, null, null, null, 0)
  if (fd >= 0) return fd
  throw new CannotRun(
    'program',
    'Secret memory is off here. It needs Linux 5.14 and the boot parameter secretmem.enable=1.',
  )
}

let created = 0

/** A file that has lost its name before anything is written, so that it never outlives us. */
function openOnDisk(directory: string): number {
  const path = join(directory, `.holdfast-${process.pid}-${created++}`)
  const fd = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return fd
}

/** A directory for temporary files that is on a disk. */
function diskDirectory(): string {
  const candidates = [tmpdir(), '/var/tmp', process.cwd()]
  const found = candidates.find(path => !inMemory.includes(statfsSync(path).type))
  if (found !== undefined) return found
  throw new CannotRun(
    'device',
    `The program has a file on disk, and ${candidates.join(', ')} are in memory. Set TMPDIR.`,
  )
}

/** Page by page, so that the page cache holds small folios. */
function fill(fd: number, bytes: number): void {
  const page = new Uint8Array(PAGE).fill(0x5a)
  for (let at = 0; at < bytes; at += PAGE) writeSync(fd, page, 0, Math.min(PAGE, bytes - at), at)
}
