/** Curves as chart builders take them: part of what the application gives, and of what a report is made from. */
import type { BudgetPart } from '../engine/planner/budget.ts'

/** Curves on one axis of times. */
export interface Curves {
  readonly timesS: readonly number[]
  readonly series: readonly {
    readonly scope: string
    readonly name: string
    readonly values: readonly number[]
  }[]
}

/** Where the memory of a host is, over time; bytes. */
export interface BudgetCurves {
  readonly timesS: readonly number[]
  readonly parts: Readonly<Record<BudgetPart, readonly number[]>>
  readonly memTotalBytes: number
}
