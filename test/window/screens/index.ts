/** Every screen, empty and full: a line for each state; a state with more than a few steps has a file. */
import { CAPACITY_STATES } from './capacity.ts'
import { COMPARE_STATES } from './compare.ts'
import { EXPLORE_STATES } from './explore.ts'
import { LIMITS_STATES } from './limits.ts'
import { MACHINE_STATES } from './machines.ts'
import { PLAN_STATES } from './plan.ts'
import { REALITY_STATES } from './reality.ts'
import { REPORT_STATES } from './report.ts'
import type { ScreenState } from './screen.ts'

export const SCREEN_STATES: readonly ScreenState[] = [
  ...PLAN_STATES,
  ...CAPACITY_STATES,
  ...COMPARE_STATES,
  ...EXPLORE_STATES,
  ...LIMITS_STATES,
  ...REALITY_STATES,
  ...REPORT_STATES,
  ...MACHINE_STATES,
]
