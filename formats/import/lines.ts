/** Lines of a text, and the form that most of /proc has. */

export interface Line {
  readonly text: string
  /** From 1. */
  readonly line: number
}

/** Lines one after the other, without making a list of all of them. */
export function* linesOf(text: string): Generator<Line> {
  let line = 1
  for (let at = 0; at <= text.length; line++) {
    const end = text.indexOf('\n', at)
    const to = end < 0 ? text.length : end
    yield { text: text.slice(at, to).replace(/\r$/, ''), line }
    at = to + 1
  }
}

/** A line `Name:   value unit`. */
export interface ProcField extends Line {
  readonly name: string
  readonly value: string
}

/** The lines of the form `Name: value`; others are passed by. */
export function procFields(text: string): ProcField[] {
  const fields: ProcField[] = []
  for (const { text: line, line: number } of linesOf(text)) {
    const colon = line.indexOf(':')
    if (colon < 1 || colon > 64) continue
    fields.push({
      name: line.slice(0, colon).trim(),
      value: line.slice(colon + 1).trim(),
      text: line,
      line: number,
    })
  }
  return fields
}

/** Bytes of `123 kB`; a count has no unit; anything else is null. Amounts stay below 2^53. */
export function procNumber(value: string): { readonly kib: boolean; readonly value: number } | null {
  const match = /^(\d{1,15})(?: kB)?$/.exec(value)
  if (match === null) return null
  const kib = value.endsWith('kB')
  const number = Number(match[1]) * (kib ? 1024 : 1)
  return number <= 2 ** 53 ? { kib, value: number } : null
}
