/**
 * What /proc/kpageflags says about page frames, by folio: the flags of a folio are those of its first page. Valid for
 * one observation, during which nothing of the program runs.
 *
 * Needs CAP_SYS_ADMIN: without it the kernel gives no page frame numbers and no flags.
 */
import { mapOwn, touchOwn, unmapOwn } from './own-memory.ts'
import { ProcFile } from './proc-file.ts'

/** Bits of the low and of the high word of a kpageflags entry. */
const HEAD = 1 << 15
const TAIL = 1 << 16
const HUGETLB = 1 << 17
const UNEVICTABLE = 1 << 18
const ZERO = 1 << 24
const MLOCKED_HIGH = 1 << (33 - 32)

const ENTRY_BYTES = 8
const BLOCK_ENTRIES = 128
/** 1 GiB in pages: no folio is larger. */
const LARGEST_FOLIO = 1 << 18

export interface Folio {
  /** Frame numbers, half open. */
  readonly first: number
  readonly end: number
  readonly isZero: boolean
  readonly isLarge: boolean
  readonly isMlocked: boolean
  readonly isUnevictable: boolean
}

/** The frame number of a page of our own: 0 if it is withheld. */
function ownFrame(): number {
  const address = mapOwn(4096)
  touchOwn(address)
  const entry = new Uint32Array(2)
  const pagemap = new ProcFile('/proc/self/pagemap')
  pagemap.bytes(entry, ENTRY_BYTES, Number(address / 4096n) * ENTRY_BYTES)
  pagemap.close()
  unmapOwn(address, 4096)
  return entry[0] ?? 0
}

export class PageFrames {
  readonly #file = new ProcFile('/proc/kpageflags')
  readonly #blocks = new Map<number, Uint32Array>()
  readonly #spare: Uint32Array[] = []
  /** Frame number of the first page of each folio met in this observation that is mlocked or unevictable. */
  readonly #counted = new Set<number>()
  #last: Folio | undefined
  /** What these folios come to, in pages of 4 KiB, whole folios. */
  mlockedPages = 0
  unevictablePages = 0

  private constructor() {
    // open() decides whether there is anything to see
  }

  /** null where the kernel does not show page frames to us. */
  static open(): PageFrames | null {
    try {
      return ownFrame() === 0 ? null : new PageFrames()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code === 'EPERM' || code === 'EACCES' || code === 'ENOENT') return null
      throw error
    }
  }

  /** Forgets everything: the program is about to run, or has run. */
  reset(): void {
    this.#spare.push(...this.#blocks.values())
    this.#blocks.clear()
    this.#counted.clear()
    this.#last = undefined
    this.mlockedPages = 0
    this.unevictablePages = 0
  }

  /** The folio that a mapped page belongs to; it is counted once, however often it is asked for. */
  folioOf(frame: number): Folio {
    const last = this.#last
    if (last !== undefined && frame >= last.first && frame < last.end) return last
    const folio = this.#read(frame)
    this.#last = folio
    if (!folio.isZero && (folio.isMlocked || folio.isUnevictable)) this.#count(folio)
    return folio
  }

  close(): void {
    this.#file.close()
  }

  #count({ first, end, isMlocked, isUnevictable }: Folio): void {
    if (this.#counted.has(first)) return
    this.#counted.add(first)
    if (isMlocked) this.mlockedPages += end - first
    if (isUnevictable) this.unevictablePages += end - first
  }

  #read(frame: number): Folio {
    let first = frame
    if (this.#low(frame) & TAIL) {
      while (!(this.#low(first) & HEAD) && frame - first < LARGEST_FOLIO) first--
    }
    const flags = this.#low(first)
    const isCompound = (flags & (HEAD | TAIL)) !== 0
    let end = frame + 1
    if (isCompound) {
      while (this.#low(end) & TAIL) end++
    }
    return {
      first,
      end,
      isZero: ((flags | this.#low(frame)) & ZERO) !== 0,
      isLarge: isCompound && !(flags & HUGETLB),
      isMlocked: (this.#high(first) & MLOCKED_HIGH) !== 0,
      isUnevictable: (flags & UNEVICTABLE) !== 0,
    }
  }

  #low(frame: number): number {
    return this.#block(frame)[(frame % BLOCK_ENTRIES) * 2] ?? 0
  }

  #high(frame: number): number {
    return this.#block(frame)[(frame % BLOCK_ENTRIES) * 2 + 1] ?? 0
  }

  #block(frame: number): Uint32Array {
    const number = Math.floor(frame / BLOCK_ENTRIES)
    let block = this.#blocks.get(number)
    if (block === undefined) {
      block = this.#spare.pop() ?? new Uint32Array(BLOCK_ENTRIES * 2)
      // Behind the end of memory the file ends: nothing there has a flag.
      const got = this.#file.bytes(block, block.byteLength, number * BLOCK_ENTRIES * ENTRY_BYTES)
      block.fill(0, got / 4)
      this.#blocks.set(number, block)
    }
    return block
  }
}
