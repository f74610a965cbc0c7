/** Bytes of a GGUF file: numbers of either byte order, strings, and values by their type. */
import { decodeLatin1, decodeUtf8 } from '../decode.ts'

/** What was wrong with a file, and where. Caught where reading began, never seen outside. */
export class Broken extends Error {
  readonly at: number
  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

export type Scalar = number | bigint | boolean | string
/** Lists are kept if they are short numbers; of all others only the count is. */
export type Value = Scalar | { readonly count: number; readonly numbers: readonly number[] }

const LONGEST_STRING = 2 ** 24
const LONGEST_KEPT_STRING = 4096
const MOST_KEPT = 4096
const DEEPEST = 4
/** Bytes of each type of value; 0: not of one size. */
const SIZES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8] as const

export class GgufReader {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  readonly #little: boolean
  at = 0

  constructor(bytes: Uint8Array, little: boolean) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#little = little
  }

  get left(): number {
    return this.#bytes.length - this.at
  }

  #take(size: number, what: string): number {
    if (size > this.left) throw new Broken(this.at, `the file ends inside ${what}`)
    const at = this.at
    this.at += size
    return at
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), this.#little)
  }

  /** A count or an offset: exact, or the file is not believed. */
  u64(what: string): number {
    const value = this.#view.getBigUint64(this.#take(8, what), this.#little)
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      throw new Broken(this.at - 8, `${what} is ${value}, which cannot be`)
    return Number(value)
  }

  /** A string; of a long one the beginning. */
  string(what: string): string {
    const length = this.u64(`the length of ${what}`)
    if (length > LONGEST_STRING)
      throw new Broken(this.at - 8, `${what} has ${length} bytes; at most ${LONGEST_STRING} are allowed`)
    const at = this.#take(length, what)
    const bytes = this.#bytes.subarray(at, at + Math.min(length, LONGEST_KEPT_STRING))
    return decodeUtf8(bytes) ?? decodeLatin1(bytes)
  }

  value(type: number, what: string, depth = 0): Value {
    const size = SIZES[type]
    if (size === undefined)
      throw new Broken(this.at - 4, `${what} has the type ${type}, which does not exist`)
    if (type === 8) return this.string(what)
    if (type === 9) return this.#list(what, depth)
    const at = this.#take(size, what)
    return scalar(this.#view, type, at, this.#little)
  }

  #list(what: string, depth: number): Value {
    if (depth >= DEEPEST) throw new Broken(this.at, `${what}: lists are nested deeper than ${DEEPEST}`)
    const type = this.u32(`the type of ${what}`)
    const count = this.u64(`the count of ${what}`)
    const size = SIZES[type]
    if (size === undefined)
      throw new Broken(this.at - 12, `${what} has items of the type ${type}, which does not exist`)
    // A string takes 8 bytes at least, a list 12.
    const least = type === 8 ? 8 : type === 9 ? 12 : size
    if (count * least > this.left)
      throw new Broken(this.at - 8, `${what} is to have ${count} items, for which the file is too short`)
    if (size > 0 && (count > MOST_KEPT || type === 7)) {
      this.#take(count * size, what)
      return { count, numbers: [] }
    }
    const numbers: number[] = []
    for (let i = 0; i < count; i++) {
      if (type === 8) {
        this.#take(this.u64(`the length of an item of ${what}`), `an item of ${what}`)
        continue
      }
      const item = this.value(type, what, depth + 1)
      if (typeof item === 'number' || typeof item === 'bigint') numbers.push(Number(item))
    }
    return { count, numbers }
  }
}

function scalar(view: DataView, type: number, at: number, little: boolean): Scalar {
  switch (type) {
    case 0:
      return view.getUint8(at)
    case 1:
      return view.getInt8(at)
    case 2:
      return view.getUint16(at, little)
    case 3:
      return view.getInt16(at, little)
    case 4:
      return view.getUint32(at, little)
    case 5:
      return view.getInt32(at, little)
    case 6:
      return view.getFloat32(at, little)
    case 7:
      return view.getUint8(at) !== 0
    case 10:
      return view.getBigUint64(at, little)
    case 11:
      return view.getBigInt64(at, little)
    default:
      return view.getFloat64(at, little)
  }
}
