/** Changes kernel settings for programs and puts them back: see journal.ts for how that survives any end. */
import { accessSync, constants } from 'node:fs'
import { Journal } from './journal.ts'
import {
  currentValue,
  HUGE_POOL,
  hugePagesFor,
  knobsOf,
  readKnob,
  usesHugetlb,
  writeKnob,
  type Knob,
} from './knobs.ts'
import { checked, libc } from './libc.ts'
import type { MachineLock } from './machine-lock.ts'
import { mapOwn, touchOwn, unmapOwn } from './own-memory.ts'
import { numberOf, ProcFile } from './proc-file.ts'
import { CannotRun } from './refusal.ts'
import type { Program } from '../engine/program.ts'
import { ADVICE_NUMBERS } from './system-calls.ts'
import { ZramSwap } from './zram-swap.ts'

export class Settings {
  readonly #lock: MachineLock
  #journal: Journal | null = null
  /** Values before the first change. */
  readonly #originals = new Map<string, string>()
  readonly #files = new Map<string, ProcFile>()
  #wanted: readonly Knob[] = []
  #swap: ZramSwap | null = null

  constructor(lock: MachineLock) {
    this.#lock = lock
  }

  /**
   * Makes the machine what the program asks for. Settings that are right already are left alone. Tells whether the
   * program's processes must be forbidden huge pages, because others could not be forbidden them.
   */
  apply(program: Program): { readonly banHugePages: boolean } {
    const knobs = knobsOf(program)
    const missed = knobs.filter(knob => !this.#set(knob))
    this.#wanted = knobs.filter(knob => !missed.includes(knob))
    const kind = hugePagesFor(knobs)
    if (kind !== null) keepKhugepagedBusyElsewhere(kind)
    if (usesHugetlb(program)) requireFreePool()
    return { banHugePages: missed.some(({ otherwise }) => otherwise === 'ban') }
  }

  /** A setting that somebody else has changed since {@link apply}. */
  changedByOthers(): string | undefined {
    return this.#wanted.find(({ path, value }) => this.#read(path) !== value)?.path
  }

  /** A swap device of so many bytes, and no other swap, until {@link swapOff}. */
  swapOn(bytes: number): void {
    this.#swap ??= new ZramSwap(() => this.#needJournal())
    this.#swap.on(bytes)
  }

  swapOff(): void {
    this.#swap?.off()
  }

  /** Puts everything back, and names what could not be. */
  restore(): string[] {
    for (const file of this.#files.values()) file.close()
    this.#files.clear()
    const failed = this.#journal?.close() ?? []
    this.#journal = null
    this.#originals.clear()
    return failed
  }

  /** False if it cannot be set and need not be. */
  #set({ path, value, otherwise }: Knob): boolean {
    const current = this.#read(path)
    if (current === value) return true
    if (current === undefined)
      throw new CannotRun(
        'setting',
        `The program needs ${path} to be ${value}; this kernel has no such setting.`,
      )
    try {
      this.#change(path, current, value)
      return true
    } catch (error) {
      if (otherwise !== undefined) return false
      if (error instanceof CannotRun) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new CannotRun(
        'privilege',
        `The program needs ${path} to be ${value}, it is ${current}, and changing it needs root (${why}).`,
      )
    }
  }

  #change(path: string, current: string, value: string): void {
    const original = this.#originals.get(path) ?? current
    if (path === HUGE_POOL && Number(original) > Number(value)) {
      throw new CannotRun(
        'setting',
        `The program needs ${path} to be ${value}. It is ${original}, and a pool that is given up cannot always be had back.`,
      )
    }
    accessSync(path, constants.W_OK) // a refusal has nothing to put back
    if (!this.#originals.has(path)) {
      this.#needJournal().record({ kind: 'write', path, value: current })
      this.#originals.set(path, current)
    }
    writeKnob(path, value)
    const now = this.#read(path)
    if (now !== value)
      throw new CannotRun(
        'setting',
        `The program needs ${path} to be ${value}; the kernel left it at ${now ?? 'nothing'}.`,
      )
  }

  #needJournal(): Journal {
    this.#journal ??= new Journal(this.#lock)
    return this.#journal
  }

  #read(path: string): string | undefined {
    let file = this.#files.get(path)
    if (file === undefined) {
      if (readKnob(path) === undefined) return undefined
      file = new ProcFile(path)
      this.#files.set(path, file)
    }
    return currentValue(file.text())
  }
}

const HUGE_PAGE = 2 << 20
let busyElsewhere = false

/**
 * khugepaged sleeps while it knows no process, and starts on the first one at once. Our own process is made known to
 * it, by memory that may get huge pages, so that it is the one khugepaged starts with. Once is enough; it is forgotten
 * when we exit.
 */
function keepKhugepagedBusyElsewhere(kind: 'private' | 'shared'): void {
  if (busyElsewhere) return
  const address = mapOwn(2 * HUGE_PAGE, kind)
  checked('madvise', libc().madvise(address, 2 * HUGE_PAGE, ADVICE_NUMBERS.hugepage))
  touchOwn((address + BigInt(HUGE_PAGE - 1)) & ~BigInt(HUGE_PAGE - 1))
  unmapOwn(address, 2 * HUGE_PAGE)
  busyElsewhere = true
}

/** Programs expect to be the only users of the pool. */
function requireFreePool(): void {
  const meminfo = new ProcFile('/proc/meminfo')
  const text = meminfo.text()
  meminfo.close()
  const total = numberOf(text, 'HugePages_Total')
  const free = numberOf(text, 'HugePages_Free') - numberOf(text, 'HugePages_Rsvd')
  if (total !== free)
    throw new CannotRun(
      'setting',
      `The program uses huge pages of 2 MiB, and ${total - free} of the ${total} in the pool are somebody else's.`,
    )
}
