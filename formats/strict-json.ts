import { Place, type Issues } from './issues.ts'

/** JSON values; integers beyond 2^53, which a double cannot hold, are bigint. */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject
export interface JsonObject {
  [key: string]: Json
}

export interface JsonLimits {
  readonly maxCharacters: number
  /** Lists and objects inside one another. */
  readonly maxDepth: number
}

/**
 * JSON as RFC 8259 has it, for text that nobody vouches for. JSON.parse keeps the last of two equal keys, rounds large
 * integers and recurses as deep as the text says; here the first is an issue, the second are exact, and the third ends
 * at a limit. Time and memory are linear in the text.
 *
 * Issues: `tooLarge`, `tooDeep`, `syntax` (with line and column; reading ends there and gives undefined),
 * `duplicateKey` (the last one counts) and `forbiddenKey` (`__proto__`, which is left out).
 */
export function parseStrictJson(text: string, limits: JsonLimits, issues: Issues): Json | undefined {
  if (text.length > limits.maxCharacters) {
    const message = `the text has ${text.length} characters; allowed are ${limits.maxCharacters}`
    issues.add(Place.root, 'tooLarge', message)
    return undefined
  }
  const reader = new Reader(text, limits.maxDepth, issues)
  try {
    return reader.document()
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    issues.add(error.place, error.code, error.message)
    return undefined
  }
}

/** Ends the reading from any depth; never leaves this file. */
class Unreadable extends Error {
  readonly place: Place
  readonly code: string

  constructor(place: Place, code: string, message: string) {
    super(message)
    this.place = place
    this.code = code
  }
}

const space = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const word = /[A-Za-z]+/y
const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
/** More digits than any 64-bit number has: read as a double, which every range check then turns down. */
const MAX_EXACT_DIGITS = 40

class Reader {
  readonly #text: string
  readonly #maxDepth: number
  readonly #issues: Issues
  #at = 0

  constructor(text: string, maxDepth: number, issues: Issues) {
    this.#text = text
    this.#maxDepth = maxDepth
    this.#issues = issues
  }

  document(): Json {
    if (this.#text.startsWith('\ufeff')) this.#at = 1
    const value = this.#value(Place.root, 0)
    if (this.#peek() !== '') this.#fail('the end of the text')
    return value
  }

  #value(place: Place, depth: number): Json {
    switch (this.#peek()) {
      case '{':
        return this.#object(place, this.#deeper(place, depth))
      case '[':
        return this.#array(place, this.#deeper(place, depth))
      case '"':
        return this.#string()
      default:
        return this.#number() ?? this.#word()
    }
  }

  #deeper(place: Place, depth: number): number {
    if (depth < this.#maxDepth) return depth + 1
    throw new Unreadable(place, 'tooDeep', `lists and objects are nested deeper than ${this.#maxDepth}`)
  }

  #object(place: Place, depth: number): JsonObject {
    const result: JsonObject = {}
    this.#at++
    if (this.#skip('}')) return result
    do {
      if (this.#peek() !== '"') this.#fail('a key in double quotes')
      const key = this.#string()
      if (!this.#skip(':')) this.#fail("':'")
      const inner = place.at(key)
      if (Object.hasOwn(result, key)) this.#issues.add(inner, 'duplicateKey', `the key ${key} is given twice`)
      const value = this.#value(inner, depth)
      if (key === '__proto__') this.#issues.add(inner, 'forbiddenKey', 'the key __proto__ is not allowed')
      else result[key] = value
    } while (this.#skip(','))
    if (!this.#skip('}')) this.#fail("',' or '}'")
    return result
  }

  #array(place: Place, depth: number): Json[] {
    const result: Json[] = []
    this.#at++
    if (this.#skip(']')) return result
    do result.push(this.#value(place.at(result.length), depth))
    while (this.#skip(','))
    if (!this.#skip(']')) this.#fail("',' or ']'")
    return result
  }

  #string(): string {
    const from = this.#at
    let to = from + 1
    let escapes = false
    for (; ; to++) {
      const code = this.#text.charCodeAt(to)
      if (code === QUOTE) break
      // NaN, which is not at least a space either, is the end of the text.
      if (!(code >= SPACE)) this.#fail('a string that ends, without control characters', to)
      if (code === BACKSLASH) {
        escapes = true
        to++
      }
    }
    this.#at = to + 1
    return escapes ? this.#unescaped(from) : this.#text.slice(from + 1, to)
  }

  /** Escapes are few, and their meaning is the platform's business. */
  #unescaped(from: number): string {
    try {
      return JSON.parse(this.#text.slice(from, this.#at)) as string
    } catch {
      return this.#fail('a string whose escapes JSON knows', from)
    }
  }

  #number(): number | bigint | undefined {
    const literal = this.#match(number)
    if (literal === null) return undefined
    const value = Number(literal) + 0 // -0 is 0
    if (Number.isSafeInteger(value) || /[.eE]/.test(literal)) return value
    return literal.length > MAX_EXACT_DIGITS ? value : BigInt(literal)
  }

  #word(): Json {
    const at = this.#at
    switch (this.#match(word)) {
      case 'true':
        return true
      case 'false':
        return false
      case 'null':
        return null
      default:
        this.#at = at
        return this.#fail('a value')
    }
  }

  /** The next character that is not space, or '' at the end. */
  #peek(): string {
    space.lastIndex = this.#at
    space.test(this.#text)
    this.#at = space.lastIndex
    return this.#text.charAt(this.#at)
  }

  #skip(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return null
    this.#at = pattern.lastIndex
    return found[0]
  }

  #fail(expected: string, at = this.#at): never {
    const before = this.#text.slice(0, at)
    const line = before.split('\n').length
    const column = at - before.lastIndexOf('\n')
    const next = this.#text.charAt(at)
    const found = next === '' ? 'the end of the text' : JSON.stringify(next)
    const message = `line ${line}, column ${column}: expected ${expected}, found ${found}`
    throw new Unreadable(Place.root, 'syntax', message)
  }
}
