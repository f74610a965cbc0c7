/** The swap device of a program: a zram disk, new for every program, and the only swap of the machine. */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import type { Journal } from './journal.ts'
import { readKnob, writeKnob } from './knobs.ts'
import { checked, libc } from './libc.ts'
import { CannotRun } from './refusal.ts'

const CONTROL = '/sys/class/zram-control/'
const PAGE = 4096

export class ZramSwap {
  readonly #journal: () => Journal
  /** Such as `zram0`, once chosen. */
  #device: string | null = null
  #isOn = false

  /** The journal is asked for when there is something to record. */
  constructor(journal: () => Journal) {
    this.#journal = journal
  }

  /** A fresh device of so many bytes becomes swap. */
  on(bytes: number): void {
    requireNoSwap()
    if (process.geteuid?.() !== 0)
      throw new CannotRun('privilege', 'The program needs a swap device, and setting one up needs root.')
    this.#device ??= this.#choose()
    this.#journal().record({ kind: 'swap', device: this.#device })
    this.#isOn = true
    writeKnob(`/sys/block/${this.#device}/disksize`, String(bytes + PAGE))
    writeSwapHeader(`/dev/${this.#device}`, bytes)
    checked('swapon', libc().swapon(`/dev/${this.#device}`, 0))
  }

  off(): void {
    if (!this.#isOn || this.#device === null) return
    this.#isOn = false
    this.#journal().undo(this.#device)
  }

  /** A device that nobody uses, or a new one, which goes away at the end. */
  #choose(): string {
    const devices = readdirSync('/sys/block').filter(name => /^zram\d+$/.test(name))
    const unused = devices.find(name => readKnob(`/sys/block/${name}/disksize`) === '0')
    if (unused !== undefined) return unused
    if (!existsSync(`${CONTROL}hot_add`))
      throw new CannotRun(
        'device',
        'The program needs swap in memory, and this machine has no zram device: modprobe zram.',
      )
    const number = readFileSync(`${CONTROL}hot_add`, 'latin1').trim()
    this.#journal().record({ kind: 'write', path: `${CONTROL}hot_remove`, value: number })
    return `zram${number}`
  }
}

/** Programs with swap, or that page out, need the machine to have no swap of its own. */
export function requireNoSwap(): void {
  if (readFileSync('/proc/swaps', 'latin1').includes('/'))
    throw new CannotRun(
      'device',
      'The program needs a machine without other swap; /proc/swaps lists some (swapoff -a).',
    )
}

/** What mkswap writes: version 1 and the number of the last page, 1 KiB in, and a magic word at the page's end. */
export function writeSwapHeader(path: string, bytes: number): void {
  const header = Buffer.alloc(PAGE)
  header.writeUInt32LE(1, 1024)
  header.writeUInt32LE(bytes / PAGE, 1028)
  header.write('SWAPSPACE2', PAGE - 10, 'latin1')
  const device = openSync(path, 'r+')
  try {
    writeSync(device, header, 0, PAGE, 0)
    fsyncSync(device)
  } finally {
    closeSync(device)
  }
}
