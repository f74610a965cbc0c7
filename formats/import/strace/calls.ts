/**
 * Lines of strace, put together where a call was interrupted by another process:
 *
 *     [pid 4711] 12:00:00.123 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f12a000 <0.00001>
 *     4712  mlock(0x7f12a000, 8192 <unfinished ...>
 */
import { linesOf } from '../lines.ts'

export interface Call {
  /** Empty where the text names no process. */
  readonly pid: string
  readonly name: string
  readonly args: readonly string[]
  /** What it came to, as text: an address, a number, -1. */
  readonly result: string
  /** Such as ENOMEM; empty if it succeeded. */
  readonly errno: string
  readonly line: number
}

const PREFIX =
  /^(?:\[pid\s+(\d{1,10})\]\s+|(\d{1,10})\s+)?(?:(?:\d{2}:\d{2}:\d{2}(?:\.\d+)?|\d+\.\d+|\+?\s*\d+\.\d+)\s+)?(?:\(\+\s*\d+\.\d+\)\s+)?(?:\[[0-9a-f]+\]\s+)?/
const CALL = /^([a-z_][a-z0-9_]{1,40})\((.*)\)\s+=\s+(0x[0-9a-f]+|-?\d+|\?)(?:<[^>]*>)?\s*([A-Z][A-Z0-9]+)?/
const LONGEST_LINE = 65536

/** Whether a line is a call that has to do with memory, or the beginning of a program. */
export function isCallLine(line: string): boolean {
  const rest = line.slice(0, LONGEST_LINE).replace(PREFIX, '')
  return /^(?:execve|mmap2?|munmap|mprotect|mremap|brk|mlock2?|munlock|mlockall|munlockall|madvise|openat|memfd_create|prlimit64|clone3?|access|arch_prctl)\(.*\)\s+=\s+(?:0x[0-9a-f]+|-?\d+|\?)/.test(
    rest,
  )
}

/** The calls of a text, in the order in which they returned. */
export function* callsOf(text: string): Generator<Call> {
  const begun = new Map<string, string>()
  // What strace itself says to a terminal stands in the middle of the line of a clone.
  let cut = ''
  for (const { text: whole, line } of linesOf(text)) {
    const row = cut + whole.slice(0, LONGEST_LINE)
    cut = /^(.*)strace: Process \d+ attached$/.exec(row)?.[1] ?? ''
    if (cut !== '') continue
    const prefix = PREFIX.exec(row)
    const pid = prefix?.[1] ?? prefix?.[2] ?? ''
    const rest = row.slice(prefix?.[0].length ?? 0)
    const open = unfinished(rest)
    if (open !== undefined) {
      if (begun.size < 10_000) begun.set(pid, open)
      continue
    }
    const resumed = /^<\.\.\. [a-z0-9_]+ resumed>\s*(.*)$/.exec(rest)?.[1]
    const complete = resumed === undefined ? rest : joined(begun.get(pid) ?? '', resumed)
    if (resumed !== undefined) begun.delete(pid)
    const [, name, args = '', result = '', errno = ''] = CALL.exec(complete) ?? []
    if (name !== undefined) yield { pid, name, args: splitArgs(args), result, errno, line }
  }
}

const UNFINISHED = '<unfinished ...>'

/** The beginning of a call that is cut short; undefined for a whole one. */
function unfinished(row: string): string | undefined {
  if (!row.endsWith(UNFINISHED) || !/^[a-z_][a-z0-9_]{0,40}\(/.test(row)) return undefined
  return row.slice(0, -UNFINISHED.length).trimEnd().replace(/,$/, '')
}

const joined = (begun: string, rest: string): string =>
  rest.startsWith(')') || begun.endsWith('(') || rest.startsWith(',') ? begun + rest : `${begun}, ${rest}`

/** Arguments at the outermost level; structures, lists and strings stay whole. */
export function splitArgs(text: string): string[] {
  const args: string[] = []
  let depth = 0
  let from = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const c = text[at]
    if (inString) {
      if (c === '\\') at++
      else if (c === '"') inString = false
    } else if (c === '"') inString = true
    else if (c === '{' || c === '[' || c === '(') depth++
    else if (c === '}' || c === ']' || c === ')') depth--
    else if (c === ',' && depth === 0) {
      args.push(text.slice(from, at).trim())
      from = at + 1
    }
    if (args.length >= 32) return args
  }
  args.push(text.slice(from).trim())
  return args
}

/** An address or a length: decimal, hexadecimal, NULL, a product such as 64*1024; undefined for anything else. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (text === 'NULL') return 0
  const value = text
    .split('*')
    .reduce((times, part) => times * (/^(?:0x[0-9a-f]{1,16}|\d{1,20})$/.test(part) ? Number(part) : NaN), 1)
  return Number.isNaN(value) ? undefined : value
}
