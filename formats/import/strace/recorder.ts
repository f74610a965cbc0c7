/** Calls one after the other, as operations on areas and files. */
import type { Op } from '../../../engine/op.ts'
import { FALLOCATE_MODES, MLOCK2_FLAGS, MLOCKALL_FLAGS, MREMAP_FLAGS } from '../../../engine/op.ts'
import type { FileKind, FileSpec } from '../../../engine/program.ts'
import { SCENARIO_BOUNDS } from '../../../engine/scenario.ts'
import type { Notes } from '../notes.ts'
import { AddressMap } from './areas.ts'
import { numberOf, type Call } from './calls.ts'
import { adviceOf, flagsOf, mmapFlagsOf, protOf } from './words.ts'

const PAGE = 4096
/** Beyond this no address of a process is, and no length means anything. */
const MOST = 2 ** 47
/** A limit that nothing reaches: RLIM_INFINITY without its last bits. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER

interface Process {
  readonly id: string
  readonly map: AddressMap
  readonly fds: Map<number, string>
  breakAt: number | undefined
}

const pagesUp = (bytes: number): number => Math.ceil(bytes / PAGE) * PAGE
const isLength = (value: number | undefined): value is number =>
  value !== undefined && value >= 0 && value <= MOST

export class Recorder {
  readonly ops: Op[] = []
  readonly #files = new Map<string, { kind: FileKind; bytes: number; open?: 'r' | 'rw' }>()
  readonly #processes = new Map<string, Process>()
  readonly #notes: Notes
  #areas = 0
  #named = 0
  unknownPlaces = 0
  full = false

  constructor(notes: Notes) {
    this.#notes = notes
  }

  get files(): Record<string, FileSpec> {
    const entries = [...this.#files].map(([name, file]) => [
      name,
      { ...file, bytes: Math.max(PAGE, pagesUp(file.bytes)) },
    ])
    return Object.fromEntries(entries) as Record<string, FileSpec>
  }

  /** Takes a call; others than those of memory are passed by. */
  take(call: Call): void {
    if (this.ops.length >= SCENARIO_BOUNDS.maxOpsPerTask - 10) {
      this.full = true
      return
    }
    const process = this.#processOf(call.pid)
    const { args, name } = call
    switch (name) {
      case 'mmap':
      case 'mmap2':
        return this.#mmap(call, process)
      case 'munmap':
        return this.#munmap(call, process)
      case 'mlock':
      case 'munlock':
        return this.#onRange(call, process, range => ({ op: name, ...range }))
      case 'mlock2':
        return this.#onRange(call, process, range => ({
          op: 'mlock2',
          ...range,
          flags: flagsOf(args[2] ?? '', 'MLOCK_', MLOCK2_FLAGS),
        }))
      case 'mprotect':
        return this.#onRange(call, process, range => ({
          op: 'mprotect',
          ...range,
          prot: protOf(args[2] ?? ''),
        }))
      case 'madvise':
        return this.#madvise(call, process)
      case 'mremap':
        return this.#mremap(call, process)
      case 'mlockall':
        return this.#push(
          { op: 'mlockall', flags: flagsOf(args[0] ?? '', 'MCL_', MLOCKALL_FLAGS) },
          call,
          process,
        )
      case 'munlockall':
        return this.#push({ op: 'munlockall' }, call, process)
      case 'brk':
        return this.#brk(call, process)
      case 'setrlimit':
      case 'prlimit64':
        return this.#setrlimit(call, process)
      default:
        return this.#other(call, process)
    }
  }

  #other(call: Call, process: Process): void {
    const { args, name } = call
    const fd = Number(call.result)
    switch (name) {
      case 'open':
      case 'openat':
      case 'creat':
        if (fd >= 0)
          this.#open(
            process,
            fd,
            (name === 'openat' ? args[1] : args[0]) ?? '',
            'file',
            /O_RDWR|O_WRONLY/.test(args.join()),
          )
        return
      case 'memfd_create':
        if (fd >= 0)
          this.#open(
            process,
            fd,
            args[0] ?? '',
            /MFD_HUGETLB/.test(args[1] ?? '') ? 'hugetlb' : 'memfd',
            true,
          )
        return
      case 'memfd_secret':
        if (fd >= 0) this.#open(process, fd, 'secret', 'secretmem', true)
        return
      case 'close':
        process.fds.delete(parseInt(args[0] ?? '', 10))
        return
      case 'ftruncate':
      case 'fallocate':
        return this.#size(call, process)
      case 'execve':
        if (call.errno === '') process.map.clear()
        process.breakAt = undefined
        return
      case 'fork':
      case 'vfork':
      case 'clone':
      case 'clone3':
        return this.#fork(call, process)
      case 'exit_group':
        if (process.id !== 'p0') this.#push({ op: 'exit' }, call, process)
        return
      default:
    }
  }

  #processOf(pid: string): Process {
    const known = this.#processes.get(pid)
    if (known !== undefined) return known
    // Before the first clone strace names no process; then it is the one that was there.
    const first = this.#processes.size === 0 ? undefined : [...this.#processes.values()][0]
    const process = first ?? {
      id: 'p0',
      map: new AddressMap(),
      fds: new Map<number, string>(),
      breakAt: undefined,
    }
    this.#processes.set(pid, process)
    return process
  }

  #push(op: Op, { line, errno }: Call, { id }: Process): void {
    const note = `line ${line}${errno === '' ? '' : `: ${errno}`}`
    this.ops.push({ ...op, ...(id === 'p0' ? {} : { pid: id }), note })
  }

  #mmap(call: Call, process: Process): void {
    const [hint, size, prot = '', flags = '', fd = '-1', offset] = call.args
    const length = numberOf(size)
    const result = numberOf(call.result)
    if (!isLength(length) || length === 0) return
    const file = flags.includes('MAP_ANON') ? undefined : this.#fileOf(process, fd)
    if (!flags.includes('MAP_ANON') && file === undefined) {
      this.#notes.ignored('mmap', 'A mapping of a file that was opened before the trace began.', call.line)
      return
    }
    const fileOffset = file === undefined ? 0 : (numberOf(offset) ?? 0)
    if (file !== undefined) this.#grow(file, fileOffset + length)
    const fixed = /MAP_FIXED(?!_NOREPLACE)/.test(flags) ? process.map.at(numberOf(hint) ?? -1) : undefined
    const area = fixed?.area ?? `m${++this.#areas}`
    const start = call.errno === '' ? result : undefined
    const place =
      fixed === undefined ? { as: area } : { on: area, offset: (numberOf(hint) ?? 0) - fixed.origin }
    const op: Op = {
      op: 'mmap',
      ...place,
      length,
      prot: protOf(prot),
      flags: mmapFlagsOf(flags),
      ...(file === undefined ? {} : { file, ...(fileOffset > 0 ? { fileOffset } : {}) }),
    }
    this.#push(op, call, process)
    if (start !== undefined && start > 0)
      process.map.add({ start, end: start + pagesUp(length), area, origin: fixed?.origin ?? start })
  }

  #munmap(call: Call, process: Process): void {
    this.#onRange(call, process, range => ({ op: 'munmap', ...range }))
    const [start, length] = [numberOf(call.args[0]), numberOf(call.args[1])]
    if (call.errno === '' && start !== undefined && isLength(length))
      process.map.remove(start, start + pagesUp(length))
  }

  #onRange(
    call: Call,
    process: Process,
    make: (range: { on: string; offset: number; length: number }) => Op,
  ): void {
    const [start, length] = [numberOf(call.args[0]), numberOf(call.args[1])]
    const region = start === undefined ? undefined : process.map.at(start)
    if (start === undefined || region === undefined || !isLength(length)) this.unknownPlaces++
    else this.#push(make({ on: region.area, offset: start - region.origin, length }), call, process)
  }

  #madvise(call: Call, process: Process): void {
    const advice = adviceOf(call.args[2] ?? '')
    if (advice !== undefined)
      return this.#onRange(call, process, range => ({ op: 'madvise', ...range, advice }))
    this.#notes.ignored('madvise', `${call.args[2] ?? ''} is not modelled.`, call.line)
  }

  #mremap(call: Call, process: Process): void {
    const [start, oldLength, newLength] = call.args.map(numberOf)
    const region = start === undefined ? undefined : process.map.at(start)
    if (start === undefined || region === undefined || !isLength(oldLength) || !isLength(newLength)) {
      this.unknownPlaces++
      return
    }
    const to = numberOf(call.result)
    const moved = call.errno === '' && to !== undefined && to !== start ? to : undefined
    const area = `m${this.#areas + 1}`
    if (moved !== undefined) this.#areas++
    const op: Op = {
      op: 'mremap',
      on: region.area,
      offset: start - region.origin,
      oldLength,
      newLength,
      flags: flagsOf(call.args[3] ?? '', 'MREMAP_', MREMAP_FLAGS),
      ...(moved === undefined ? {} : { to: area }),
    }
    this.#push(op, call, process)
    if (call.errno !== '') return
    const keeps = (call.args[3] ?? '').includes('MREMAP_DONTUNMAP')
    if (!keeps) process.map.remove(start, start + pagesUp(oldLength))
    if (moved === undefined) process.map.add({ ...region, start, end: start + pagesUp(newLength) })
    else process.map.add({ start: moved, end: moved + pagesUp(newLength), area, origin: moved })
  }

  #brk(call: Call, process: Process): void {
    const to = numberOf(call.result)
    if (to === undefined || to > MOST) return
    const from = process.breakAt
    process.breakAt = to
    if (from === undefined) return
    const delta = to - from
    if (delta !== 0) this.#push({ op: 'brk', delta }, call, process)
    const heap = process.map.at(from - 1)
    const origin = heap?.area === '$heap' ? heap.origin : from
    process.map.remove(origin, Math.max(from, to))
    process.map.add({ start: origin, end: to, area: '$heap', origin })
  }

  #setrlimit(call: Call, process: Process): void {
    const text = call.args.join()
    const soft = /rlim_cur=([^,}]+)/.exec(call.name === 'setrlimit' ? text : (call.args[2] ?? ''))?.[1]
    if (!text.includes('RLIMIT_MEMLOCK') || soft === undefined || call.errno !== '') return
    const memlock = soft.includes('INFINITY') ? NO_LIMIT : numberOf(soft)
    if (memlock !== undefined)
      this.#push({ op: 'setrlimit', memlock: Math.min(NO_LIMIT, memlock) }, call, process)
  }

  /** A thread shares its memory; anything else is a process of its own. */
  #fork(call: Call, process: Process): void {
    const pid = /^\d{1,10}$/.exec(call.result)?.[0]
    if (pid === undefined || pid === '0' || this.#processes.size > 1000) return
    if (/CLONE_VM/.test(call.args.join())) {
      this.#processes.set(pid, process)
      return
    }
    const child = {
      id: `p${pid}`,
      map: process.map.copy(),
      fds: new Map(process.fds),
      breakAt: process.breakAt,
    }
    this.#processes.set(pid, child)
    this.#push({ op: 'fork', child: child.id }, call, process)
  }

  #open(process: Process, fd: number, path: string, kind: FileKind, writes: boolean): void {
    const base = (path.replace(/^"|"$/g, '').split('/').at(-1) ?? '')
      .replace(/[^A-Za-z0-9._+-]/g, '_')
      .slice(0, 40)
    const name = `f${++this.#named}-${base}`
    process.fds.set(fd, name)
    if (this.#files.size < 10_000) this.#files.set(name, { kind, bytes: 0, ...(writes ? {} : { open: 'r' }) })
  }

  /** The file behind a descriptor; `-y` prints its path as well. */
  #fileOf(process: Process, text: string): string | undefined {
    const fd = parseInt(text, 10)
    const known = process.fds.get(fd)
    if (known !== undefined) return known
    const path = /^\d+<(.+)>$/.exec(text)?.[1]
    if (path === undefined) return undefined
    this.#open(process, fd, path, /memfd:/.test(path) ? 'memfd' : 'file', false)
    return process.fds.get(fd)
  }

  #grow(name: string, bytes: number): void {
    const file = this.#files.get(name)
    if (file !== undefined && bytes <= MOST) file.bytes = Math.max(file.bytes, bytes)
  }

  #size(call: Call, process: Process): void {
    const file = this.#fileOf(process, call.args[0] ?? '')
    if (file === undefined) return
    if (call.name === 'ftruncate') {
      const length = numberOf(call.args[1])
      if (!isLength(length)) return
      this.#grow(file, length)
      this.#push({ op: 'ftruncate', file, length }, call, process)
      return
    }
    const [offset, length] = [numberOf(call.args[2]), numberOf(call.args[3])]
    if (!isLength(offset) || !isLength(length)) return
    this.#grow(file, offset + length)
    this.#push(
      {
        op: 'fallocate',
        file,
        mode: flagsOf(call.args[1] ?? '', 'FALLOC_FL_', FALLOCATE_MODES),
        offset,
        length,
      },
      call,
      process,
    )
  }
}
