/**
 * Configuration to apply: what a plan comes to in the places where memory is really set up. A target is a place
 * (libvirt, systemd, the kernel command line ...) that knows which plans it has something to say of, and writes files.
 * Every line of a file says why it is there; every file says how to put it into force, how to see that it is, and how to
 * take it back. What a place cannot hold, or what is refused there, is a trap: never a file that fails later.
 *
 * Nothing is written to a disk here, and nothing is executed: files and commands are text.
 */
import type { LimitBytes } from '../../../engine/quantity.ts'
import type { ConfigFacts } from './facts.ts'

export interface ConfigLine {
  /** The line as it stands in the file, without its end. */
  readonly text: string
  /** Why it is there, as a sentence; absent for brackets, headings and blank lines. */
  readonly why?: string
  /** Rule of the model (`R3`), manual page or function that it comes from; with every `why`. */
  readonly source?: string
}

/** A command that shows whether a file is in force, and what it prints then. */
export interface ConfigCheck {
  readonly command: string
  readonly expect: string
}

/**
 * `refused`: no file was written, because its place would refuse it or the process would fail; `warning`: it works, but
 * not as one may think, or not all of the plan is in it; `note`: what is to be filled in or known.
 */
export const TRAP_KINDS = ['refused', 'warning', 'note'] as const
export type TrapKind = (typeof TRAP_KINDS)[number]

export interface ConfigTrap {
  readonly id: string
  readonly kind: TrapKind
  /** The workload that it is about; null for the host or all of them. */
  readonly workload: string | null
  readonly sentence: string
  /** What to do. */
  readonly fix: string
  /** Rule of the model, manual page or function. */
  readonly source: string
}

export interface ConfigFile {
  /**
   * Where it belongs. A relative path is a file of one's own: a domain to define, a script to run, a part to merge into a
   * file that exists. Parts of lines and commands in capitals are to be filled in: `IMAGE`, `VMID`.
   */
  readonly path: string
  readonly title: string
  /** The workload that it is for; null for the host, or for several. */
  readonly workload: string | null
  readonly lines: readonly ConfigLine[]
  /** All lines, each with its end. */
  readonly text: string
  /** Commands that put it into force, in order. */
  readonly apply: readonly string[]
  readonly verify: readonly ConfigCheck[]
  /** Commands that take it back, in order. */
  readonly undo: readonly string[]
  /** RLIMIT_MEMLOCK of the process once it is in force; null where the file does not decide it. */
  readonly memlockBytes: LimitBytes | null
}

export interface ConfigOutput {
  readonly files: readonly ConfigFile[]
  readonly traps: readonly ConfigTrap[]
}

export interface ConfigTarget {
  readonly id: string
  readonly title: string
  /** What it is and who reads it, in a sentence. */
  readonly help: string
  /** Whether a plan has anything for this place. */
  readonly appliesTo: (facts: ConfigFacts) => boolean
  readonly write: (facts: ConfigFacts) => ConfigOutput
}

/** What a plan comes to in one place. */
export interface TargetConfiguration extends ConfigOutput {
  readonly id: string
  readonly title: string
  readonly help: string
}

/** A line without a reason of its own. */
export const plain = (text: string): ConfigLine => ({ text })

/** A line, why it is there, and where that comes from. */
export const line = (text: string, why: string, source: string): ConfigLine => ({ text, why, source })

/** A file of lines; what is left out is empty. */
export function fileOf(
  file: Pick<ConfigFile, 'path' | 'title' | 'workload' | 'lines'> &
    Partial<Pick<ConfigFile, 'apply' | 'verify' | 'undo' | 'memlockBytes'>>,
): ConfigFile {
  const text = file.lines.map(one => `${one.text}\n`).join('')
  return { apply: [], verify: [], undo: [], memlockBytes: null, ...file, text }
}

/** Collects traps of one target: what it is about comes first. */
export class Traps {
  readonly #list: ConfigTrap[] = []

  refuse = (workload: string | null, id: string, sentence: string, fix: string, source: string): void =>
    this.#add('refused', workload, id, sentence, fix, source)
  warn = (workload: string | null, id: string, sentence: string, fix: string, source: string): void =>
    this.#add('warning', workload, id, sentence, fix, source)
  note = (workload: string | null, id: string, sentence: string, fix: string, source: string): void =>
    this.#add('note', workload, id, sentence, fix, source)

  #add(
    kind: TrapKind,
    workload: string | null,
    id: string,
    sentence: string,
    fix: string,
    source: string,
  ): void {
    const same = this.#list.some(trap => trap.id === id && trap.workload === workload)
    if (!same) this.#list.push({ id, kind, workload, sentence, fix, source })
  }

  has = (workload: string | null, id: string): boolean =>
    this.#list.some(trap => trap.id === id && trap.workload === workload)

  /** The worst first. */
  list = (): ConfigTrap[] =>
    this.#list.toSorted((a, b) => TRAP_KINDS.indexOf(a.kind) - TRAP_KINDS.indexOf(b.kind))
}
