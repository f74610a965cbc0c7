/** Tables and curves of how many fit. */
import type { Output } from '../../app/contract.ts'
import { scaled, scaleOf, type MetricUnit } from '../../charts/metric-scale.ts'
import type { Column } from './table.ts'

export type Counted = Output<'questions.capacity'>['capacities'][number]
export type CountPoint = Counted['curve'][number]

export interface CurveKind {
  readonly id: string
  readonly title: string
  readonly unit: MetricUnit
  readonly of: (point: CountPoint) => number | null
}

/** What may stand over the count. */
export const CURVES: readonly [CurveKind, ...CurveKind[]] = [
  { id: 'budget', title: 'share of the safe budget', unit: 'share', of: ({ budgetShare }) => budgetShare },
  { id: 'free', title: 'least free', unit: 'bytes', of: ({ minFreeBytes }) => minFreeBytes },
  { id: 'mlocked', title: 'Mlocked', unit: 'bytes', of: ({ peakMlockedBytes }) => peakMlockedBytes },
  { id: 'ready', title: 'last ready after', unit: 's', of: ({ lastReadyS }) => lastReadyS },
]

/** Counts that tell something: up to a little beyond the first that does not hold. Doubling overshoots far. */
export function nearby({ fits, curve }: Pick<Counted, 'fits' | 'curve'>): readonly CountPoint[] {
  const edge = Math.max(2, Math.ceil(fits * 1.25) + 1)
  return curve.filter(({ count }) => count <= edge)
}

export function capacityColumns(all: readonly Counted[]): readonly Column<Counted>[] {
  const most = Math.max(0, ...all.map(({ fits }) => fits))
  return [
    { id: 'strategy', title: 'strategy', value: ({ strategy }) => strategy },
    {
      ...{ id: 'fits', title: 'fit', isFigure: true, value: ({ fits }) => fits },
      shown: ({ fits, bounded, complete }) =>
        `${fits}${bounded ? ' or more' : ''}${complete ? '' : ' so far'}`,
      mark: ({ fits }) =>
        fits === 0 ? 'bad' : fits === most && all.some(one => one.fits < most) ? 'best' : null,
    },
    {
      ...{ id: 'next', title: 'the next one', wraps: true },
      value: ({ reason, monotone }) =>
        `${reason?.sentence ?? 'is within the bound'}${monotone ? '' : ' Larger counts hold again.'}`,
    },
  ]
}

type Tried = CountPoint & { readonly strategy: string }

export function curveColumns(points: readonly Tried[]): readonly Column<Tried>[] {
  return [
    { id: 'strategy', title: 'strategy', value: ({ strategy }) => strategy },
    { id: 'count', title: 'count', isFigure: true, value: ({ count }) => count },
    {
      ...{ id: 'holds', title: 'holds', value: ({ holds }) => (holds ? 'yes' : 'no') },
      mark: ({ holds }) => (holds ? null : 'bad'),
    },
    ...CURVES.map(({ id, title, unit, of }): Column<Tried> => {
      const scale = scaleOf(unit, points.map(of))
      return {
        ...{ id, title, unit: scale.name, isFigure: true },
        value: point => {
          const value = of(point)
          return value === null ? null : value / scale.by
        },
        shown: point => (of(point) === null ? 'never' : scaled(of(point), scale)),
      }
    }),
  ]
}
