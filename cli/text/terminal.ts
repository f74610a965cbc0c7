/** What the output can show: width, colours, letters beyond ASCII. */
import { styleText } from 'node:util'
import { ascii } from './harmless.ts'

/** Where no terminal says how wide it is. */
const WIDTH = 110
const NARROWEST = 40

export type Ink = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export interface Paper {
  readonly width: number
  readonly unicode: boolean
  /** Colours where the output is a terminal and NO_COLOR is not set. */
  ink: (style: Ink, text: string) => string
}

type Environment = Readonly<Record<string, string | undefined>>

/** Whether the locale says UTF-8, in the order in which the C library asks. */
export function isUnicode(env: Environment, platform: string = process.platform): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(
    value => value !== undefined && value !== '',
  )
  return locale === undefined ? platform === 'win32' || platform === 'darwin' : /utf-?8/i.test(locale)
}

/** Standard output as it is. A pipe takes UTF-8 whatever the locale says, as JSON and CSV do. */
export function standardPaper(): Paper {
  const { stdout } = process
  return {
    width: Math.max(NARROWEST, stdout.isTTY ? stdout.columns : Number(process.env['COLUMNS']) || WIDTH),
    unicode: isUnicode(process.env),
    ink: (style, text) => styleText(style, text, { stream: stdout }),
  }
}

/** Prints text for people. */
export function print(paper: Paper, text: string): void {
  process.stdout.write(`${paper.unicode ? text : ascii(text)}\n`)
}
