import type { Command } from 'commander'
import { collect, withPlan, wholeNumber } from '../plans/options.ts'
import type { SweepOptions } from '../plans/sweep-plan.ts'

/** `holdfast sweep`: many runs of one plan. */
export function registerSweep(program: Command): void {
  withPlan(program.command('sweep'), { csv: true })
    .description('Run a plan many times: a grid of values, which input matters, or inputs drawn by chance')
    .option(
      '--axis <path=values>',
      'a list 1,2,4 or a range from..to/step, from..to*factor, from..to#points; may come several times',
      collect,
    )
    .option(
      '--sensitivity <percent>',
      'move every number up and down by so much, one at a time',
      wholeNumber(1, 90),
    )
    .option(
      '--vary <path=distribution>',
      'draw it, as in machine.ram=normal(512GiB,16GiB); may come several times',
      collect,
    )
    .option('--runs <count>', 'draws (default: 1000)', wholeNumber(1, 100_000))
    .option('--seed <number>', 'of the draws (default: the plan’s)', wholeNumber(0, 2 ** 32 - 1))
    .option('--of <workload>', 'figures of this workload instead of all together')
    .option('--metric <names>', 'figures to show, with commas (default: ready,access,locked,rss)')
    .action(async (plan: string, options: SweepOptions, command: Command) => {
      const { sweepPlan } = await import('../plans/sweep-plan.ts')
      await sweepPlan(plan, options, sentence => command.error(`error: ${sentence}`))
    })
}
