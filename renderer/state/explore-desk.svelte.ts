/** Sweeps, sensitivity and chance of a plan: what is asked, and what came of it; kept while the window is open. */
import type { FieldEntry } from '../../app/contract.ts'
import { ask } from '../api.ts'
import type { OpenPlan } from './open-plan.svelte.ts'
import { Question } from './question.svelte.ts'

export const EXPLORATIONS = [
  { id: 'sweep', title: 'Sweep', help: 'What does a field do, from one end to the other?' },
  { id: 'sensitivity', title: 'What matters', help: 'Which input moves the figure most?' },
  { id: 'chance', title: 'Chance', help: 'What to expect where inputs are uncertain?' },
] as const
export type Exploration = (typeof EXPLORATIONS)[number]['id']

export class ExploreDesk {
  readonly sweep = new Question('questions.sweep')
  readonly sensitivity = new Question('questions.sensitivity')
  readonly chance = new Question('questions.monteCarlo')
  tab = $state<Exploration>('sweep')
  metric = $state('ready')
  fields = $state.raw<readonly FieldEntry[]>([])
  /** Two axes at most: a field, and its values as typed. The second may be empty. */
  field = $state('')
  values = $state('')
  otherField = $state('')
  otherValues = $state('')
  sharePercent = $state('10')
  /** One uncertain field a line: `workloads[0].count=uniform(8, 40)`. */
  vary = $state('')
  runs = $state('200')
  seed = $state('1')
  /** What was typed that is no number; empty where all is well. */
  mistake = $state('')

  /** The fields that can be moved, and a first question that fits the plan. */
  async load(planId: string): Promise<void> {
    this.fields = await ask('questions.fields', { subject: { planId } }).catch(() => [])
    const [first] = [...this.fields.filter(({ path }) => path.endsWith('.count')), ...this.fields]
    if (first === undefined || this.field !== '') return
    this.field = first.path
    this.values = first.path.endsWith('.count') ? '1..16#16' : ''
    const share = this.fields.find(({ kind }) => kind === 'share')
    this.vary = share === undefined ? `${first.path}=uniform(1, 16)` : `${share.path}=uniform(5 %, 60 %)`
  }

  askSweep(plan: OpenPlan): void {
    const axes = [
      `${this.field}=${this.values}`,
      ...(this.otherField === '' || this.otherValues === ''
        ? []
        : [`${this.otherField}=${this.otherValues}`]),
    ]
    void this.sweep.ask({ subject: { planId: plan.view.id }, axes }, plan.view.revision)
  }

  askSensitivity(plan: OpenPlan): void {
    const share = Number(this.sharePercent) / 100
    this.mistake = share > 0 && share <= 0.9 ? '' : 'How far to move: more than 0, at most 90 per cent.'
    if (this.mistake !== '') return
    const subject = { planId: plan.view.id }
    void this.sensitivity.ask({ subject, metric: this.metric, share }, plan.view.revision)
  }

  askChance(plan: OpenPlan): void {
    const [runs, seed] = [Number(this.runs), Number(this.seed)]
    const isWhole = Number.isInteger(runs) && runs >= 1 && Number.isInteger(seed) && seed >= 0
    this.mistake = isWhole ? '' : 'Runs are a whole number from 1, the seed one from 0.'
    const vary = this.vary.split('\n').flatMap(line => (line.trim() === '' ? [] : [line.trim()]))
    if (!isWhole) return
    void this.chance.ask({ subject: { planId: plan.view.id }, vary, runs, seed }, plan.view.revision)
  }
}

const desks = new WeakMap<OpenPlan, ExploreDesk>()

export function exploreDesk(plan: OpenPlan): ExploreDesk {
  const desk = desks.get(plan) ?? new ExploreDesk()
  desks.set(plan, desk)
  return desk
}
