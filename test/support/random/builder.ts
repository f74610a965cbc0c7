import type { MmapFlag, Op, Prot } from '../../../engine/op.ts'
import type { FileKind, FileSpec, Machine } from '../../../engine/program.ts'
import { Chance } from './chance.ts'

export const PAGE = 4096
export const HUGE = 2 * 1024 * 1024
/** What a process without CAP_IPC_LOCK may be given: the hard limit of most systems since 5.16. */
export const HARD_LIMIT = 8 * 1024 * 1024

/** An area as far as the generator cares: enough to aim, not a model of it. */
export interface Area {
  readonly name: string
  bytes: number
  readonly backing: 'anon' | 'shared' | FileKind | 'hugepages' | 'stack' | 'heap'
  readonly file?: string
  /** What ranges are preferably cut at: a page, or the size of a large folio. */
  readonly grain: number
  prot: Prot
  /** Processes that may have it mapped. */
  readonly mappedBy: Set<string>
  /** Nothing has cut, moved or protected it, as far as the generator knows. */
  intact: boolean
}

export interface Range {
  readonly offset: number
  readonly length: number | bigint
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A program in the making. Actions add operations to it and note what later ones should know. */
export class Builder {
  readonly chance: Chance
  readonly machine: Mutable<Machine>
  readonly files: Record<string, FileSpec> = {}
  /** Sizes as they are now. */
  readonly fileBytes: Record<string, number> = {}
  readonly ops: Op[] = []
  readonly areas: Area[] = []
  readonly live: string[] = ['p0']
  /** Processes with a registered buffer that the runner can release. */
  readonly pinned = new Set<string>()
  readonly release: number
  capIpcLock = true
  /** Bytes that may be locked; only meaningful without the capability. */
  limit = HARD_LIMIT
  /** Something may be locked, so that unlocking has a point. */
  locked = false
  /** Who does the next operation. */
  pid = 'p0'
  #last: { area: Area; range: Range } | null = null
  #names = 0
  #children = 0

  constructor(seed: number, kernel: string) {
    this.chance = new Chance(seed)
    const [major = 0, minor = 0] = kernel.split('.').map(Number)
    this.release = major * 1000 + minor
    this.machine = {
      kernel,
      pageSize: 4096,
      ramBytes: 16 * 1024 ** 3,
      swapBytes: 0,
      faultAroundBytes: 65536,
      thp: { enabled: 'never', defrag: 'madvise', shmem: 'never', zeroPage: true },
    }
  }

  /** Whether the kernel is at least this release. */
  since(major: number, minor: number): boolean {
    return this.release >= major * 1000 + minor
  }

  add(op: Op): void {
    this.locked ||= op.op.startsWith('mlock') || (op.op === 'mmap' && op.flags?.includes('locked') === true)
    this.ops.push(this.pid === 'p0' ? op : { ...op, pid: this.pid })
  }

  newName(): string {
    const letters = 'abcdefghijklmnopqrstuvwxyz'
    const index = this.#names++
    return index < letters.length ? letters.charAt(index) : `area${index}`
  }

  newChild(): string {
    return `c${++this.#children}`
  }

  addFile(spec: FileSpec): string {
    const name = `f${Object.keys(this.files).length}`
    this.files[name] = spec
    this.fileBytes[name] = spec.bytes
    return name
  }

  /** Maps a new area for the acting process. */
  map(
    area: Omit<Area, 'name' | 'mappedBy' | 'intact'>,
    flags: readonly MmapFlag[],
    phase = 0,
    fileOffset = 0,
  ): Area {
    const name = this.newName()
    this.add({
      op: 'mmap',
      as: name,
      length: area.bytes,
      prot: area.prot,
      flags: [...flags],
      ...(phase === 0 ? {} : { phase }),
      ...(area.file === undefined ? {} : { file: area.file }),
      ...(fileOffset === 0 ? {} : { fileOffset }),
    })
    return this.know({ ...area, name, mappedBy: new Set([this.pid]), intact: true })
  }

  know(area: Area): Area {
    this.areas.push(area)
    return area
  }

  /** An area the acting process has, or nearly always: calls on what is not mapped are worth a try too. */
  area(wanted: (area: Area) => boolean = () => true): Area | undefined {
    const last = this.#last?.area
    if (last?.mappedBy.has(this.pid) === true && wanted(last) && this.chance.yes(0.35)) return last
    const own = this.areas.filter(area => area.mappedBy.has(this.pid) && wanted(area))
    const any = this.areas.filter(wanted)
    const pool = own.length > 0 && !this.chance.yes(0.04) ? own : any
    return pool.length === 0 ? undefined : this.chance.pick(pool)
  }

  /** Remembers where the last operation was, so that the next ones can come back to it. */
  remember(area: Area, range: Range): void {
    this.#last = { area, range }
  }

  lastRange(area: Area): Range | undefined {
    return this.#last?.area === area ? this.#last.range : undefined
  }
}
