/** What is compared of a plan, and what came of it; kept while the window is open, so that leaving the screen loses nothing. */
import type { Input, Output, PlanDocument } from '../../app/contract.ts'
import type { Choice } from '../../engine/planner/compare/choices.ts'
import { ask } from '../api.ts'
import type { OpenPlan } from './open-plan.svelte.ts'
import { Question } from './question.svelte.ts'
import { withSet, type WrittenSet } from './written-set.ts'

/** What is chosen besides the lists that the application offers. */
export const PLANNED = 'planned'
export const OWN = 'own'

export interface CrossingFields {
  readonly first: string
  readonly second: string
  readonly over: string
  readonly from: string
  readonly to: string
  readonly metric: string
}

const NO_CROSSING: CrossingFields = {
  first: '',
  second: '',
  over: '',
  from: '',
  to: '',
  metric: 'memory-time',
}

const ON_FAULT = /on.?fault/i
const WHOLE = /\bmlock\b|mem-lock=on$/i

export class CompareDesk {
  readonly question = new Question('questions.compare')
  readonly crossing = new Question('questions.compare')
  choices = $state.raw<Output<'questions.choices'>>([])
  /** Id of a choice, PLANNED or OWN; null before one is made. */
  chosen = $state<string | null>(null)
  /** Name of the workload that it is about; empty is the first. */
  workload = $state('')
  /** An axis of one's own: a field, and its values as typed. */
  field = $state('')
  values = $state('')
  /** All metrics in the table, not only the usual ones. */
  isAll = $state(false)
  /** Where do two variants cross: the form as it stands. */
  fields = $state.raw<CrossingFields>(NO_CROSSING)
  /** Which list of variants the answer on screen is of. */
  answeredChoice = $state<string | null>(null)

  async loadChoices(document: PlanDocument): Promise<void> {
    const of = this.workload === '' ? null : this.workload
    this.choices = await ask('questions.choices', { subject: { document }, of }).catch(() => [])
    this.chosen ??= document['compare'] === undefined ? (this.choices[0]?.id ?? OWN) : PLANNED
  }

  get choice(): Choice | undefined {
    return this.choices.find(({ id }) => id === this.chosen)
  }

  /** Asks for what is chosen; an axis of one's own only where it is whole. */
  async compare(document: PlanDocument, revision: number): Promise<void> {
    const { chosen, choice } = this
    if (chosen === OWN && (this.field === '' || this.values === '')) return
    const of = this.workload === '' ? null : this.workload
    const input: Input<'questions.compare'> = {
      ...{ subject: { document }, of, curves: true },
      ...(chosen === OWN ? { axis: `${this.field}=${this.values}` } : {}),
      ...(choice === undefined ? {} : { variants: choice.variants.map(each => ({ ...each })) }),
    }
    await this.question.ask(input, revision)
    if (this.question.answered !== input) return
    this.answeredChoice = chosen
    this.#suggestCrossing(choice)
    if (this.fields.over !== '') await this.cross(document, revision)
  }

  /** The crossing that belongs to the choice; the form stays as it is where it still fits the variants. */
  #suggestCrossing(choice: Choice | undefined): void {
    const names = this.names
    if (names.includes(this.fields.first) && names.includes(this.fields.second)) return
    const suggested = choice?.breakEven ?? this.#lockCrossing(names)
    const [first = '', second = ''] = suggested?.between ?? names
    this.fields =
      suggested === null
        ? { ...NO_CROSSING, first, second }
        : {
            first,
            second,
            over: suggested.path,
            from: suggested.from,
            to: suggested.to,
            metric: suggested.metric,
          }
    this.crossing.forget()
  }

  /** Variants of the plan's own that lock everything and on fault cross where those of the strategies do. */
  #lockCrossing(names: readonly string[]): Choice['breakEven'] {
    const usual = this.choices.find(({ breakEven }) => breakEven !== null)?.breakEven
    const onFault = names.find(name => ON_FAULT.test(name))
    const whole = names.find(name => WHOLE.test(name) && !ON_FAULT.test(name))
    if (usual === undefined || usual === null || onFault === undefined || whole === undefined) return null
    return { ...usual, between: [whole, onFault] }
  }

  /** Looks where the two variants of the form are worth the same. */
  async cross(document: PlanDocument, revision: number): Promise<void> {
    const { first, second, over, from, to, metric } = this.fields
    const variants = [first, second].flatMap(name => {
      const set = this.setOf(name)
      return set === null ? [] : [{ name, set }]
    })
    if (variants.length < 2 || over === '' || from === '' || to === '') return
    const of = this.workload === '' ? null : this.workload
    await this.crossing.ask(
      { subject: { document }, of, variants, breakEven: `${over}=${from}..${to}`, metric },
      revision,
    )
  }

  /** Names of the variants on screen. */
  get names(): readonly string[] {
    return this.question.answer?.comparison.variants.map(({ name }) => name) ?? []
  }

  /** What a variant on screen sets in the plan; null where that cannot be written. */
  setOf(name: string): WrittenSet | null {
    return this.question.answer?.sets[this.names.indexOf(name)] ?? null
  }

  /** Writes a variant into the plan: one step of undo. */
  apply(plan: OpenPlan, name: string): void {
    const set = this.setOf(name)
    if (set !== null) plan.replace(withSet(plan.document, set), `Take ${name}`)
  }
}

const desks = new WeakMap<OpenPlan, CompareDesk>()

export function compareDesk(plan: OpenPlan): CompareDesk {
  const desk = desks.get(plan) ?? new CompareDesk()
  desks.set(plan, desk)
  return desk
}
