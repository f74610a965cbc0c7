/** Typed quantities: what a key press makes of them, and how they are written down. */

/** The first figure of a text, moved: arrow keys step by one, with Shift by ten. Null where there is none. */
export function stepped(text: string, by: number): string | null {
  const found = /\d+(?:\.(\d+))?/.exec(text)
  if (found === null) return null
  const places = found[1]?.length ?? 0
  const next = Math.max(0, Number(found[0]) + by * 10 ** -places)
  return text.slice(0, found.index) + next.toFixed(places) + text.slice(found.index + found[0].length)
}

/** What goes into the plan: bare numbers as numbers, all else as typed, nothing as nothing. */
export function asWritten(text: string, plain: boolean): string | number | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  return plain && /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : trimmed
}
