/** Fonts that come with the program, so that a bare machine draws the same; and one of the machine's for what they lack. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const FILES = {
  regular: 'DejaVuSansCondensed.ttf',
  bold: 'DejaVuSansCondensed-Bold.ttf',
  mono: 'DejaVuSansMono.ttf',
} as const
export type FontName = keyof typeof FILES
export const FONT_NAMES = Object.keys(FILES) as FontName[]

const known = new Map<string, Buffer>()

function read(file: string): Buffer {
  const before = known.get(file)
  if (before !== undefined) return before
  const bytes = readFileSync(file)
  known.set(file, bytes)
  return bytes
}

/** The font as a TrueType file: bytes, because it may lie within an archive that only Node's own reading sees into. */
export function fontBytes(name: FontName): Buffer {
  return read(createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${FILES[name]}`))
}

/** Where systems keep a font of East Asia: file, and the name of the face within a collection. */
const EASTERN: readonly (readonly [file: string, face?: string])[] = [
  ['/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc', 'NotoSansCJKsc-Regular'],
  ['/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc', 'NotoSansCJKsc-Regular'],
  ['/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc', 'NotoSansCJKsc-Regular'],
  ['/usr/share/fonts/truetype/wqy/wqy-microhei.ttc', 'WenQuanYiMicroHei'],
  ['/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf'],
  ['/System/Library/Fonts/Supplemental/Arial Unicode.ttf'],
]

export interface EasternFont {
  readonly bytes: Buffer
  readonly face: string | undefined
}

/** A font for signs that the program's own lack; null on a machine without one. */
export function easternFont(): EasternFont | null {
  const found = EASTERN.find(([file]) => existsSync(file))
  return found === undefined ? null : { bytes: read(found[0]), face: found[1] }
}

/** What the program's own fonts lack: scripts of South and East Asia, and pictures. Ranges of signs, both ends included. */
const LACKING: readonly (readonly [number, number])[] = [
  [0x0700, 0x074f],
  [0x0900, 0x0e7f],
  [0x0f00, 0x109f],
  [0x1100, 0x13ff],
  [0x1700, 0x18af],
  [0x2e80, 0xa48f],
  [0xa840, 0xd7ff],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe4f],
  [0xff00, 0xffef],
  [0x1f000, 0x1faff],
  [0x20000, 0x3ffff],
]

/** Whether a sign cannot be set in the program's own fonts. */
export function isLacking(sign: string): boolean {
  const code = sign.codePointAt(0) ?? 0
  return LACKING.some(([from, to]) => code >= from && code <= to)
}

/** Whether any sign of a text cannot. */
export const hasLacking = (text: string): boolean => Array.from(text).some(isLacking)
