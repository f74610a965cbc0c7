import type { Command } from 'commander'
import type { CompareOptions } from '../plans/compare-plan.ts'
import { withPlan } from '../plans/options.ts'

/** `holdfast compare`: variants of a plan beside each other. */
export function registerCompare(program: Command): void {
  withPlan(program.command('compare'), { csv: true })
    .description(
      'Compare variants of a plan: any field as the axis, the best by metric, and where they cross',
    )
    .option(
      '--axis <path=values>',
      'field and values, as in strategy=mlock,mlock-onfault (default: the comparison of the plan)',
    )
    .option('--of <workload>', 'figures of this workload instead of all together')
    .option('--break-even <path=from..to>', 'search this field for where the first two variants cross')
    .option('--metric <name>', 'what crosses: ready, access, memory-time, locked … (default: memory-time)')
    .action(async (plan: string, options: CompareOptions, command: Command) => {
      const { comparePlan } = await import('../plans/compare-plan.ts')
      await comparePlan(plan, options, sentence => command.error(`error: ${sentence}`))
    })
}
