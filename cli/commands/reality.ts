import type { Command } from 'commander'
import { PLAN_HELP, wholeNumber, withPlan } from '../plans/options.ts'
import type { FollowOptions, LoadOptions, ProcessesOptions, RunRealityOptions } from '../reality/options.ts'
import { seconds, sharePercent } from '../reality/options.ts'

const COSTS_HELP =
  'cost table of the prediction by its id (default: the one that was measured here last, else that of the plan)'
const STORE_HELP =
  'file that measured cost tables are kept in (default: one in your folder of application data)'

/** `holdfast reality`: a plan run for real, a process followed, recordings read, each laid over the prediction. */
export function registerReality(program: Command): void {
  const reality = program
    .command('reality')
    .description('Lay measurements over a run: run a plan for real, follow a process, read recordings')
  withPlan(reality.command('run'), { workers: false })
    .description(
      'Run a plan for real on this machine, made small enough, and compare; exit 1 where they part',
    )
    .option('--seconds <time>', 'how long it may take', seconds(1, 3600), 20)
    .option('--memory <percent>', 'share of the available memory that it may take', sharePercent, 0.1)
    .option('--factor <number>', 'divide sizes by at least this', Number)
    .option('--directory <dir>', 'where files on disk go (default: a directory for temporary files)')
    .option('--costs <id>', COSTS_HELP)
    .option('--store <file>', STORE_HELP)
    .action(async (plan: string, options: RunRealityOptions, command: Command) => {
      const { runForReal } = await import('../reality/run.ts')
      await runForReal(plan, options, sentence => command.error(`error: ${sentence}`))
    })
  reality
    .command('follow')
    .description('Follow a process by its number and lay it over the run of a plan; exit 1 where they part')
    .argument('<pid>', 'process id (see: holdfast reality processes)', wholeNumber(1, 4_194_304))
    .requiredOption('--plan <plan>', PLAN_HELP)
    .option('--workload <name>', 'workload of the plan that the process is (default: the only one)')
    .option('--seconds <time>', 'how long to follow it', seconds(0.2, 30 * 86_400), 60)
    .option('--interval <time>', 'between samples', seconds(0.05, 86_400), 0.5)
    .option('--children', 'its children, too, as further instances')
    .option('--align <how>', '“growth”, or the second of the plan at which the process is now', '0')
    .option('--json', 'print JSON')
    .action(async (pid: number, options: FollowOptions, command: Command) => {
      const { followForReal } = await import('../reality/follow.ts')
      await followForReal(pid, options, sentence => command.error(`error: ${sentence}`))
    })
  reality
    .command('load')
    .description(
      'Lay recorded files over the run of a plan: status, smaps, smaps_rollup, meminfo, dommemstat',
    )
    .argument('<files...>', 'recordings; a time in the name of each says when it was taken')
    .requiredOption('--plan <plan>', PLAN_HELP)
    .option('--workload <name>', 'workload of the plan that was recorded (default: the only one)')
    .option('--interval <time>', 'between samples whose time no file says', seconds(0.001, 86_400), 1)
    .option('--align <how>', '“growth”, or the second of the plan at which the recording begins', '0')
    .option('--json', 'print JSON')
    .action(async (files: string[], options: LoadOptions, command: Command) => {
      const { loadForReal } = await import('../reality/load.ts')
      await loadForReal(files, options, sentence => command.error(`error: ${sentence}`))
    })
  reality
    .command('processes')
    .description('List the processes that can be followed, most locked first')
    .option('--json', 'print JSON')
    .option('--most <count>', 'print so many', wholeNumber(1, 10_000), 20)
    .action(async (options: ProcessesOptions, command: Command) => {
      const { printProcesses } = await import('../reality/processes.ts')
      printProcesses(options, sentence => command.error(`error: ${sentence}`))
    })
  withPlan(reality.command('fidelity'), { workers: false })
    .description('Say what the prediction of a plan rests on')
    .action(async (plan: string, options: RunRealityOptions) => {
      const { printFidelity } = await import('../reality/fidelity.ts')
      printFidelity(plan, options)
    })
}
