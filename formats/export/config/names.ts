/** Names of workloads where a format has rules for them. A plan's name is any text of a line, quotes and all. */

/** A word of a POSIX shell: as it is where nothing in it is special, else in single quotes. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Text of an element or an attribute of XML. */
export function xmlText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
    .replaceAll('"', '&quot;')
}

/** What may stand in a comment of XML: no two dashes, none at the end. */
export function xmlComment(text: string): string {
  return text.replace(/-(?=-|$)/g, '- ')
}

/** Text within double quotes of YAML 1.2, which is that of JSON. */
export const yamlText = (text: string): string => JSON.stringify(text)

/** A value of a QEMU option: a comma is doubled. */
export const qemuValue = (text: string): string => text.replaceAll(',', ',,')

/** A `%` of a value in a unit is a specifier unless it is doubled. */
export const unitValue = (text: string): string => text.replaceAll('%', '%%')

const MOST_UNIT_BYTES = 255

/** UTF-8 of a text, byte by byte; half a pair is U+FFFD. */
function utf8(text: string): number[] {
  return Array.from(text).flatMap(character => {
    const point = character.codePointAt(0) ?? 0
    const code = point >= 0xd800 && point < 0xe000 ? 0xfffd : point
    if (code < 0x80) return [code]
    const tail = (shift: number): number => 0x80 | ((code >> shift) & 63)
    if (code < 0x800) return [0xc0 | (code >> 6), tail(0)]
    if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)]
    return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)]
  })
}

/**
 * What the unit of a workload is called, without its suffix: letters, digits and `:_.-` stay, every other byte becomes
 * `\x20`, as systemd-escape writes it. Null for a name that is too long then. The importer of units reads it back.
 */
export function unitName(text: string, suffix: string): string | null {
  const escaped = utf8(text)
    .map(byte => {
      const character = String.fromCharCode(byte)
      return /[A-Za-z0-9:_.-]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`
    })
    .join('')
    .replace(/^\./, '\\x2e')
  return escaped.length + suffix.length > MOST_UNIT_BYTES ? null : escaped
}

/** A label of lower-case letters, digits and dashes, of what a name has of them; null where that is nothing. */
export function labelOf(text: string, mostCharacters = 63): string | null {
  const label = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, mostCharacters)
    .replace(/^-+|-+$/g, '')
  return label === '' ? null : label
}

/** Labels of several names, each another; null for names that have none. */
export function labelsOf(names: readonly string[], mostCharacters = 63): Map<string, string | null> {
  const taken = new Set<string>()
  const labels = new Map<string, string | null>()
  for (const name of names) {
    const first = labelOf(name, mostCharacters)
    let label = first
    for (let n = 2; label !== null && taken.has(label); n++)
      label = `${(first ?? '').slice(0, mostCharacters - 6)}-${n}`
    if (label !== null) taken.add(label)
    labels.set(name, label)
  }
  return labels
}
