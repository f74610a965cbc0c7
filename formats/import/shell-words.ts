/** Command lines in a text: shell text with continuations and quotes, NUL-separated words, lines of `ps`. */
import { split } from 'shlex'

export interface Word {
  readonly text: string
  /** Line of the text that the command begins on, from 1. */
  readonly line: number
}

export interface Command {
  readonly words: readonly Word[]
  readonly line: number
  /** Quotes did not fit together: words were taken apart at blanks. */
  readonly unquoted: boolean
}

/** Longer than any command line: ARG_MAX of Linux is 2 MiB by default, one argument 128 KiB. */
const MOST_CHARACTERS = 4 * 2 ** 20
const MOST_COMMANDS = 1000
const MOST_QUOTES = 10_000

/** The commands of a text, in order. Nothing is executed, and variables stay as they are written. */
export function commandsOf(source: string): Command[] {
  const text = source.slice(0, MOST_CHARACTERS)
  if (text.includes('\0')) return [nulSeparated(text)]
  return logicalLines(text)
    .slice(0, MOST_COMMANDS)
    .map(({ text: line, line: number }) => {
      const { words, unquoted } = wordsOf(line)
      return { words: words.map(word => ({ text: word, line: number })), line: number, unquoted }
    })
    .filter(({ words }) => words.length > 0)
}

/** /proc/PID/cmdline: each word ends in a NUL. */
function nulSeparated(text: string): Command {
  const words = text.replace(/\0\n?$/, '').split('\0')
  return { words: words.map(word => ({ text: word, line: 1 })), line: 1, unquoted: false }
}

interface LogicalLine {
  readonly text: string
  readonly line: number
}

/**
 * Lines joined where one ends in a backslash, or where the next begins with an option, as lists in scripts do. As in a
 * shell, a backslash at the very end joins without a blank: `id=ram0,\` goes on in the middle of its word.
 */
function logicalLines(text: string): LogicalLine[] {
  const lines: { parts: string[]; line: number; open: boolean }[] = []
  text.split('\n').forEach((raw, i) => {
    const row = raw.replace(/\r$/, '')
    const last = lines.at(-1)
    const goesOn = last !== undefined && (last.open || /^\s*-{1,2}[a-zA-Z]/.test(row))
    if (!goesOn && /^\s*(?:#|$)/.test(row)) return
    if (last?.open === true && /^\s*#/.test(row)) return
    const open = /(?:^|[^\\])\\\s*$/.test(row)
    // Blanks behind the backslash, which a shell would not forgive, and the end of a list are the end of a word.
    const part = row.endsWith('\\') && open ? row.slice(0, -1) : `${open ? row.replace(/\\\s*$/, '') : row} `
    if (!goesOn) lines.push({ parts: [part], line: i + 1, open })
    else {
      last.parts.push(part)
      last.open = open
    }
  })
  return lines.map(({ parts, line }) => ({ text: parts.join(''), line }))
}

/**
 * Words as a shell takes them apart. JSON without quotes around it, which `ps` shows, is one word as it stands: a shell
 * would take its quotes away.
 */
export function wordsOf(line: string): { words: string[]; unquoted: boolean } {
  const { text, pieces } = withoutBareJson(line)
  const back = (word: string): string =>
    word.replace(/\u0001(\d+)\u0001/g, (_, i: string) => pieces[Number(i)] ?? '')
  // The time of shlex grows with the square of the quotes in one word.
  const tooMany = (text.match(/['"]/g)?.length ?? 0) > MOST_QUOTES
  if (tooMany) return { words: text.split(/\s+/).filter(Boolean).map(back), unquoted: true }
  try {
    return { words: split(text).map(back), unquoted: false }
  } catch {
    // A quote that does not end: `ps` shows names as they are, apostrophes too.
    return { words: text.split(/\s+/).filter(Boolean).map(back), unquoted: true }
  }
}

/** JSON that begins a word, replaced by marks that no shell minds. */
function withoutBareJson(line: string): { text: string; pieces: string[] } {
  const pieces: string[] = []
  const parts: string[] = []
  let at = 0
  const start = /(?<=^|\s)\{"/g
  const clean = line.replace(/\u0001/g, ' ')
  for (let match = start.exec(clean); match !== null; match = start.exec(clean)) {
    const end = endOfJson(clean, match.index)
    if (end === undefined) break
    parts.push(clean.slice(at, match.index), `\u0001${pieces.length}\u0001`)
    pieces.push(clean.slice(match.index, end))
    at = end
    start.lastIndex = end
  }
  parts.push(clean.slice(at))
  return { text: parts.join(''), pieces }
}

/** Behind the bracket that closes the first one; undefined if none does. */
function endOfJson(text: string, from: number): number | undefined {
  let depth = 0
  let inString = false
  for (let at = from; at < text.length; at++) {
    const c = text[at]
    if (inString) {
      if (c === '\\') at++
      else if (c === '"') inString = false
    } else if (c === '"') inString = true
    else if (c === '{') depth++
    else if (c === '}' && --depth === 0) return at + 1
  }
  return undefined
}

/** Where the program stands in a command: behind variables, `sudo`, `env`, the columns of `ps`. -1: nowhere. */
export function programAt(words: readonly Word[], isProgram: (word: string) => boolean): number {
  const at = words.findIndex(({ text }) => isProgram(text))
  // Behind an option of something else it is an argument: grep -r qemu-system-x86_64.
  const before = words.slice(0, Math.max(0, at)).map(({ text }) => text)
  return before.some(word =>
    /^(?:grep|rg|man|which|apt|apt-get|yum|dnf|pkill|pgrep|killall|echo|docker|podman)$/.test(word),
  )
    ? -1
    : at
}
