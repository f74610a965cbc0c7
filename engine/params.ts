/** Parameters of workloads and strategies: read with their defaults, and described in the way that most of them share. */
import type { Params, ParamSpec, ParamValue } from './scenario.ts'

/** Reads the checked values of some parameters; what is not given has its default. Other ids cannot happen: they throw. */
export class ParamReader {
  readonly #specs: readonly ParamSpec[]
  readonly #params: Params

  constructor(specs: readonly ParamSpec[], params: Params) {
    this.#specs = specs
    this.#params = params
  }

  /** Bytes, seconds, counts, shares of 1, as the kind says. */
  number(id: string): number {
    const value = this.#value(id)
    if (typeof value !== 'number') throw new Error(`parameter ${id} is no number`)
    return value
  }

  text(id: string): string {
    const value = this.#value(id)
    if (typeof value !== 'string') throw new Error(`parameter ${id} is no text`)
    return value
  }

  flag(id: string): boolean {
    const value = this.#value(id)
    if (typeof value !== 'boolean') throw new Error(`parameter ${id} is no flag`)
    return value
  }

  #value(id: string): ParamValue {
    const spec = this.#specs.find(one => one.id === id)
    if (spec === undefined) throw new Error(`there is no parameter ${id}`)
    return this.#params[id] ?? spec.default
  }
}

/** What all parameters of one kind have in common: the rest of a ParamSpec. */
type Described = Omit<ParamSpec, 'id' | 'kind' | 'default'>

const TIB = 2 ** 40

/** An amount of memory in bytes: 0 to 64 TiB unless the parameter says otherwise. */
export function bytesParam(id: string, bytes: number, rest: Described): ParamSpec {
  return { id, kind: 'bytes', default: bytes, min: 0, max: 64 * TIB, ...rest }
}

/** A part of 1. */
export function shareParam(id: string, share: number, rest: Described): ParamSpec {
  return { id, kind: 'share', default: share, min: 0, max: 1, ...rest }
}

/** A number of things: 0 to a million unless the parameter says otherwise. */
export function countParam(id: string, count: number, rest: Described): ParamSpec {
  return { id, kind: 'count', default: count, min: 0, max: 1_000_000, ...rest }
}

/** Something that happens so many times a second: 0 to a billion unless the parameter says otherwise. */
export function rateParam(id: string, ratePerS: number, rest: Described): ParamSpec {
  return { id, kind: 'per-second', default: ratePerS, min: 0, max: 1e9, ...rest }
}

/** Seconds: 0 to a year unless the parameter says otherwise. */
export function secondsParam(id: string, seconds: number, rest: Described): ParamSpec {
  return { id, kind: 'seconds', default: seconds, min: 0, max: 366 * 86_400, ...rest }
}

/** A plain number; its help says of what. */
export function numberParam(
  id: string,
  value: number,
  min: number,
  max: number,
  rest: Omit<Described, 'min' | 'max'>,
): ParamSpec {
  return { id, kind: 'number', default: value, min, max, ...rest }
}

export function flagParam(id: string, value: boolean, rest: Described): ParamSpec {
  return { id, kind: 'flag', default: value, ...rest }
}

/** One of a few: pairs of id and title, the default being one of the ids. */
export function choiceParam<Id extends string>(
  id: string,
  chosen: NoInfer<Id>,
  options: readonly (readonly [Id, string])[],
  rest: Omit<Described, 'options'>,
): ParamSpec {
  return {
    id,
    kind: 'choice',
    default: chosen,
    options: options.map(([o, title]) => ({ id: o, title })),
    ...rest,
  }
}

export function textParam(id: string, text: string, rest: Described): ParamSpec {
  return { id, kind: 'text', default: text, ...rest }
}
