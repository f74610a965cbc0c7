/** The guided first plan: what is asked at each step, where it is answered, and how to tell that it was. */
import type { OpenPlan } from './open-plan.svelte.ts'
import { workloadsOf, type Path } from './document.ts'

export interface GuideStep {
  readonly title: string
  readonly text: string
  /** The field that the step is about. */
  readonly field?: (plan: OpenPlan) => Path
  /** A command of the palette that does it. */
  readonly command?: { readonly start: string; readonly title: string }
  readonly isDone: (plan: OpenPlan) => boolean
}

export const GUIDE: readonly GuideStep[] = [
  {
    title: 'Which host?',
    text: 'Choose one with the RAM and processors that you have, or type them. Everything is counted against it.',
    field: () => ['machine', 'preset'],
    isDone: plan => plan.scenario !== null,
  },
  {
    title: 'What runs on it?',
    text: 'Add a virtual machine, a model server, a database. Type its memory as you would say it: 16 GiB, 25 %, 24 * 16G.',
    command: { start: 'add ', title: 'Add a workload' },
    isDone: plan => workloadsOf(plan.document).length > 0,
  },
  {
    title: 'How is its memory locked?',
    text: 'The strategy says what the program calls. mlock brings everything in at once; mlock2 on fault locks what is used.',
    field: plan => ['workloads', plan.selected, 'strategy'],
    isDone: plan => workloadsOf(plan.document).some(({ strategy }) => (strategy ?? 'none') !== 'none'),
  },
  {
    title: 'Does it hold?',
    text: 'The verdict is at the top right. Click it, or any dotted figure, to see how it comes about.',
    isDone: plan => plan.run.whole !== null,
  },
  {
    title: 'What to change?',
    text: 'Each finding says what it costs and what mends it. A refused lock is mended by the lock limit of the process.',
    field: plan => ['workloads', plan.selected, 'limits', 'memlock'],
    isDone: plan => plan.run.whole?.report.verdict.holds === true,
  },
]

/** Three things to try on the first template, each beside what it is about. */
export const TRY = [
  {
    text: 'Set Strategy to mlock: ready only after the whole file is read, and all of it is locked.',
    field: (plan: OpenPlan): Path => ['workloads', plan.selected, 'strategy'],
    title: 'Strategy',
  },
  {
    text: 'Set Part in use to 60 %: on fault costs more the more is touched.',
    field: (plan: OpenPlan): Path => ['workloads', plan.selected, 'params', 'footprint'],
    title: 'Part in use',
  },
  {
    text: 'Set Lock limit to 8 MiB: the kernel refuses, and the finding says what it takes.',
    field: (plan: OpenPlan): Path => ['workloads', plan.selected, 'limits', 'memlock'],
    title: 'Lock limit',
  },
] as const
