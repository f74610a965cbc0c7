import type { Command } from 'commander'
import type { CapacityOptions } from '../plans/capacity-plan.ts'
import { withPlan, wholeNumber } from '../plans/options.ts'

/** `holdfast capacity`: how many fit, and what the next one runs into. */
export function registerCapacity(program: Command): void {
  withPlan(program.command('capacity'), { csv: true })
    .description(
      'Search how many instances of a workload fit, by strategy; the smallest host; what a failed host leaves',
    )
    .option('--of <workload>', 'the workload that is counted (default: the first)')
    .option('--strategies <names>', 'strategies to try, with commas (default: the plan’s own)')
    .option('--most <count>', 'search up to so many', wholeNumber(1, 10_000))
    .option('--smallest-host', 'search the least RAM on which the plan as it is holds')
    .option('--hosts <count>', 'so many such hosts, of which some may fail', wholeNumber(2, 1000))
    .option('--lost <count>', 'hosts that may fail at the same time (default: 1)', wholeNumber(1, 999))
    .action(async (plan: string, options: CapacityOptions, command: Command) => {
      const { capacityOfPlan } = await import('../plans/capacity-plan.ts')
      await capacityOfPlan(plan, options, sentence => command.error(`error: ${sentence}`))
    })
}
