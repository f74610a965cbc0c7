/** What is wrong with something a person wrote: data, not an exception, and all of it at once. */

export interface Issue {
  /** Where, as a JSON path such as `$.ops[3].length`. */
  readonly path: string
  /** What kind of mistake, for programs and tests: stable, in camel case. */
  readonly code: string
  /** Names the field, what was found and what is allowed. */
  readonly message: string
}

/** Collects issues up to a limit and counts the rest, so that hostile input cannot make the list long. */
export class Issues {
  readonly #list: Issue[] = []
  readonly #limit: number
  #more = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(place: Place, code: string, message: string): void {
    if (this.#list.length < this.#limit) this.#list.push({ path: place.toString(), code, message })
    else this.#more++
  }

  get none(): boolean {
    return this.#list.length === 0 && this.#more === 0
  }

  /** The issues in the order found; beyond the limit, one last entry of code `more` counts the rest. */
  list(): Issue[] {
    if (this.#more === 0) return [...this.#list]
    return [...this.#list, { path: '$', code: 'more', message: `${this.#more} more issues are not listed` }]
  }
}

/** A place in a JSON document. Turned into text only when an issue needs it. */
export class Place {
  readonly #parent: Place | null
  readonly #key: string | number

  private constructor(parent: Place | null, key: string | number) {
    this.#parent = parent
    this.#key = key
  }

  static readonly root = new Place(null, '$')

  at(key: string | number): Place {
    return new Place(this, key)
  }

  /** What a message calls the value here: its key, or the list's key for an item of a list. */
  get lastKey(): string {
    if (typeof this.#key === 'number') return this.#parent?.lastKey ?? '$'
    if (this.#parent === null) return 'the document'
    return this.#key.length > 64 ? `${this.#key.slice(0, 64)}…` : this.#key
  }

  toString(): string {
    if (this.#parent === null) return '$'
    if (typeof this.#key === 'number') return `${this.#parent.toString()}[${this.#key}]`
    const key = this.lastKey
    const step = /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    return this.#parent.toString() + step
  }
}

/** A value as a message shows it: short, whatever its size. */
export function shown(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string')
    return value.length > 40 ? `${JSON.stringify(value.slice(0, 40))}…` : JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  return 'nothing'
}
