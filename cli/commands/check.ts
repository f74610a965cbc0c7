import type { Command } from 'commander'
import { withPlan, type PlanOptions } from '../plans/options.ts'

/** `holdfast check`: a plan without running it. */
export function registerCheck(program: Command): void {
  withPlan(program.command('check'), { workers: false })
    .description(
      'Check a plan without running it: mistakes, and combinations that are refused or silently ignored',
    )
    .action(async (plan: string, options: PlanOptions) => {
      const { checkPlan } = await import('../plans/check-plan.ts')
      checkPlan(plan, options)
    })
}
