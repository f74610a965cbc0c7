/** What is wrong with a plan: all of it at once, each with its place, what was found and what is allowed. */
import { shown, type Place } from '../issues.ts'

export interface PlanIssue {
  /** Where, as a JSON path: `$.workloads[0].count`. */
  readonly path: string
  readonly found: string
  readonly allowed: string
  /** The whole of it, for people. */
  readonly sentence: string
}

/** Issues beyond this number are counted, not listed, so that hostile input cannot make the list long. */
const MOST_ISSUES = 100

export class PlanIssues {
  readonly #list: PlanIssue[] = []
  readonly #outer: { readonly issues: PlanIssues; readonly at: Place } | null
  #more = 0

  constructor(outer: { readonly issues: PlanIssues; readonly at: Place } | null = null) {
    this.#outer = outer
  }

  /** Mistakes of a variant: told at the variant, with the place in the plan that it leads to. */
  under(at: Place): PlanIssues {
    return new PlanIssues({ issues: this, at })
  }

  add(place: Place, found: string, allowed: string, hint = ''): void {
    this.say(place, found, allowed, `${place.lastKey} is ${found}; allowed is ${allowed}.${hint}`)
  }

  /** A mistake for which a sentence of its own says more. */
  say(place: Place, found: string, allowed: string, sentence: string): void {
    if (this.#outer !== null) {
      const { issues, at } = this.#outer
      issues.say(at, found, allowed, `${place.toString()}: ${sentence}`)
    }
    if (this.#list.length < MOST_ISSUES) this.#list.push({ path: place.toString(), found, allowed, sentence })
    else this.#more++
  }

  get count(): number {
    return this.#list.length + this.#more
  }

  list(): PlanIssue[] {
    if (this.#more === 0) return [...this.#list]
    const sentence = `${this.#more} more mistakes are not listed.`
    return [...this.#list, { path: '$', found: `${this.#more} more mistakes`, allowed: 'none', sentence }]
  }
}

export { shown }
