import type { Command } from 'commander'
import { withPlan, type PlanOptions } from '../plans/options.ts'

/** `holdfast limits`: RLIMIT_MEMLOCK of every process of a plan. */
export function registerLimits(program: Command): void {
  withPlan(program.command('limits'), { csv: true, workers: false })
    .description(
      'Say which RLIMIT_MEMLOCK each process needs, what makes it up and how to set it; exit 1 if one is too low',
    )
    .action(async (plan: string, options: PlanOptions, command: Command) => {
      const { limitsOfPlan } = await import('../plans/limits-plan.ts')
      limitsOfPlan(plan, options, sentence => command.error(`error: ${sentence}`))
    })
}
