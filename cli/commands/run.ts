import type { Command } from 'commander'
import { withPlan } from '../plans/options.ts'
import type { RunOptions } from '../plans/run-plan.ts'

/** `holdfast run`: one run of a plan, what happens and whether it holds. */
export function registerRun(program: Command): void {
  withPlan(program.command('run'), { csv: true })
    .description('Run a plan: what happens, when and to whom; exit 1 if it does not hold')
    .option('--at <time>', 'print the host and all areas at this moment instead, as in 90s')
    .option('--budget', 'print where the memory of the host is, over time')
    .action(async (plan: string, options: RunOptions, command: Command) => {
      const { runPlan } = await import('../plans/run-plan.ts')
      await runPlan(plan, options, sentence => command.error(`error: ${sentence}`))
    })
}
