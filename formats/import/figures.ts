/** Figures by name, as they come line by line. */
import type { Figures } from './importer.ts'
import { procNumber, type ProcField } from './lines.ts'

/** Names are what the text says, `__proto__` included: entries make own keys of all of them. */
export function figures(
  bytes: Iterable<readonly [string, number]>,
  counts: Iterable<readonly [string, number]> = [],
): Figures {
  return { bytes: Object.fromEntries(bytes), counts: Object.fromEntries(counts) }
}

/** Figures of `Name: 123 kB` (bytes) and `Name: 123` (counts), at most so many. */
export function figuresOf(fields: readonly ProcField[], most = 400): Figures {
  const bytes: [string, number][] = []
  const counts: [string, number][] = []
  for (const { name, value } of fields.slice(0, most)) {
    const number = procNumber(value)
    if (number !== null) (number.kib ? bytes : counts).push([name, number.value])
  }
  return figures(bytes, counts)
}
