/** Options of a QEMU command line: their names, and the keys of their values. */
import type { GuestLock } from '../../../engine/planner/limits/guest.ts'
import { Issues } from '../../issues.ts'
import { parseStrictJson } from '../../strict-json.ts'
import type { Word } from '../shell-words.ts'

export interface Option {
  /** Without dashes. */
  readonly name: string
  readonly value: string
  readonly line: number
}

/** Options that have no value, of QEMU of any age. */
const FLAGS = new Set(
  `enable-kvm nographic S daemonize nodefaults no-user-config nodefconfig no-hpet no-acpi no-shutdown no-reboot
  no-quit no-frame no-fd-bootchk no-kvm no-kvm-irqchip no-kvm-pit no-kvm-pit-reinjection mem-prealloc snapshot full-screen usb h help version
  s win2k-hack only-migratable preconfig semihosting alt-grab ctrl-grab old-param prom-env-only xen-attach xen-create
  enable-fips full-screen no-hpet portrait sdl curses singlestep no-reboot`.split(/\s+/),
)

/** Options with their values. A word that is no option and no value is a disk image, which comes as option ``. */
export function optionsOf(words: readonly Word[]): Option[] {
  const options: Option[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (word === undefined) break
    const name = /^--?([a-zA-Z][\w-]*)$/.exec(word.text)?.[1]
    const next = words[i + 1]
    if (name === undefined) options.push({ name: '', value: word.text, line: word.line })
    else if (FLAGS.has(name) || next === undefined || isFlagBefore(next.text))
      options.push({ name, value: '', line: word.line })
    else {
      options.push({ name, value: next.text, line: word.line })
      i++
    }
  }
  return options
}

/** A word that looks like an option is one, except for the likes of `-append "-x"`, where nothing is lost. */
const isFlagBefore = (next: string): boolean => /^--?[a-zA-Z][\w-]*$/.test(next)

/** Keys of a value beyond this are left out. */
const MOST_KEYS = 1000

/**
 * `a=1,b=x,,y,flag`, with `first` for a value without a key at the beginning: commas are doubled within values, and a
 * word alone is on, or off with `no` before it. Or JSON, whose inner objects have keys with dots.
 */
export function keysOf(value: string, first: string): Map<string, string> {
  if (value.trimStart().startsWith('{')) return jsonKeys(value)
  const keys = new Map<string, string>()
  const parts = value.replace(/,,/g, '\u0000').split(',', MOST_KEYS)
  parts.forEach((part, i) => {
    const equals = part.indexOf('=')
    const [key, text] =
      equals >= 0
        ? [part.slice(0, equals), part.slice(equals + 1)]
        : i === 0 && first !== ''
          ? [first, part]
          : [part, 'on']
    if (key !== '') keys.set(key, text.replace(/\0/g, ','))
  })
  return keys
}

function jsonKeys(text: string): Map<string, string> {
  const keys = new Map<string, string>()
  const add = (value: unknown, path: string): void => {
    if (keys.size >= MOST_KEYS) return
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) add(inner, path === '' ? key : `${path}.${key}`)
    else if (typeof value === 'boolean') keys.set(path, value ? 'on' : 'off')
    else keys.set(path, String(value))
  }
  add(parseStrictJson(text, { maxCharacters: 2 ** 20, maxDepth: 24 }, new Issues(10)), '')
  keys.delete('')
  return keys
}

/** on, yes, true and y are one; so is a key alone. */
export const isOn = (text: string | undefined): boolean =>
  text !== undefined && /^(?:on|yes|true|y|1)$/.test(text)

/** `-overcommit mem-lock=`, or `-realtime mlock=` before QEMU 6.0; the last one counts. */
export function lockOf(options: readonly Option[]): GuestLock | undefined {
  let lock: GuestLock | undefined
  for (const { name, value } of options) {
    const keys = name === 'overcommit' || name === 'realtime' ? keysOf(value, '') : undefined
    const word = name === 'realtime' ? (keys?.get('mlock') ?? 'on') : keys?.get('mem-lock')
    if (keys === undefined || word === undefined) continue
    lock = word === 'on-fault' ? 'on-fault' : isOn(word) ? 'on' : 'off'
  }
  return lock
}
