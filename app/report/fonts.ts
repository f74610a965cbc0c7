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

/** Signs that the program's own fonts lack: scripts of South and East Asia, and pictures. */
export const LACKING =
  /[\u0700-\u074f\u0900-\u0e7f\u0f00-\u109f\u1100-\u13ff\u1700-\u17ff\u1800-\u18af\u2e80-\ua48f\ua840-\uabff\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\u{1f000}-\u{1faff}\u{20000}-\u{3ffff}]/u
