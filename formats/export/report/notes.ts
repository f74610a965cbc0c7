/** Footnotes: what a figure rests on. Figures that rest on the same share a note. */
import type { Explanation } from '../../../engine/sim/result.ts'
import type { Note } from './document.ts'
import { clean, count, size } from './words.ts'

type Input = Explanation['inputs'][number]

export class Notes {
  readonly #notes: Note[] = []
  readonly #byKey = new Map<string, number>()
  readonly #explanations: ReadonlyMap<string, Explanation>

  constructor(explanations: readonly Explanation[]) {
    this.#explanations = new Map(explanations.map(one => [one.figure, one]))
  }

  /** The number of a note, which is made where there is none yet. */
  add(note: Omit<Note, 'number'>): number {
    const key = JSON.stringify(note)
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const number = this.#notes.length + 1
    this.#byKey.set(key, number)
    this.#notes.push({ number, ...note })
    return number
  }

  /**
   * The note of a figure of the run: `host.minFreeBytes`. A column has one for all of its rows: inputs that differ from
   * row to row are named and not given. Undefined where the run has no such figure.
   */
  of(title: string, figures: readonly string[]): number | undefined {
    const found = figures.flatMap(figure => this.#explanations.get(figure) ?? [])
    const [first] = found
    if (first === undefined) return undefined
    const { formula, rule, trust } = first
    return this.add({ figure: title, formula, inputs: sharedInputs(found), rule, trust })
  }

  list(): readonly Note[] {
    return this.#notes
  }
}

function sharedInputs(found: readonly Explanation[]): Note['inputs'] {
  const names = [...new Set(found.flatMap(({ inputs }) => inputs.map(({ name }) => name)))]
  return names.map(name => {
    const all = found.flatMap(({ inputs }) => inputs.filter(input => input.name === name))
    const texts = new Set(all.map(inputText))
    const sources = new Set(all.map(({ source }) => source))
    const text = texts.size === 1 ? [...texts].join('') : 'differs by row'
    return { name: clean(name), text, source: clean([...sources].join('; ')) }
  })
}

export function inputText({ value, unit }: Pick<Input, 'value' | 'unit'>): string {
  if (typeof value === 'string') return clean(value)
  if (unit === 'bytes') return size(value)
  if (unit === 'count') return count(value)
  return `${Number(value.toPrecision(4))} ${unit}`.trim()
}
