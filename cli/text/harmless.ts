/** Names from files may hold anything; on a terminal they must not act. */

/** Control, format and separator characters as `\u{1b}`, so that they are seen and do nothing. */
export function harmless(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu,
    sign => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

const PLAIN: Readonly<Record<string, string>> = {
  µ: 'u',
  μ: 'u',
  '×': 'x',
  '–': '-',
  '—': '-',
  '…': '...',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '·': '.',
  '─': '-',
  '→': '->',
  '≤': '<=',
  '≥': '>=',
  '±': '+-',
}

/** Text for a terminal that knows ASCII only; what has no near sign becomes a question mark. */
export function ascii(text: string): string {
  return text.replace(/\P{ASCII}/gu, sign => PLAIN[sign] ?? '?')
}
