import type { Command } from 'commander'
import { collect, withPlan } from '../plans/options.ts'
import type { ConfigOptions } from '../plans/config-plan.ts'

/** `holdfast config`: what sets a plan up. */
export function registerConfig(program: Command): void {
  withPlan(program.command('config'), { workers: false })
    .description(
      'Write what sets the plan up: libvirt, QEMU, systemd, sysctl, containers and more, each line with its rule, how to verify it and how to take it back; exit 1 if something is refused',
    )
    .option(
      '--for <target>',
      'this place alone; may come several times (without it: all that apply)',
      collect,
    )
    .option('-o, --out <folder>', 'write the files there, all or none; the folder is new or empty')
    .action(async (plan: string, options: ConfigOptions, command: Command) => {
      const { configOfPlan } = await import('../plans/config-plan.ts')
      configOfPlan(plan, options, sentence => command.error(`error: ${sentence}`))
    })
}
