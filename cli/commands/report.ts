import { Option, type Command } from 'commander'
import { withPlan } from '../plans/options.ts'
import type { ExportPlanOptions, ReportOptions } from '../plans/report-plan.ts'

const withOutput = (command: Command): Command =>
  command
    .option('-o, --output <file>', 'where to write; - is standard output (default: named by the plan)')
    .option('--force', 'write over a file that is there')
    .option(
      '--compare <path=values>',
      'what to compare, as in kernel=5.10,6.18 (default: what the plan compares)',
    )
    .option('--date <day>', 'of the plan’s data, as YYYY-MM-DD (default: when its file was changed last)')

/** `holdfast report`: a report to hand on, as PDF, HTML or Markdown. */
export function registerReport(program: Command): void {
  withOutput(withPlan(program.command('report'), { json: false }))
    .description('Write a report of a plan, as PDF, HTML or Markdown; exit 1 if it does not hold')
    .option('--format <format>', 'pdf, html or md (default: as the file ends, else html)')
    .addOption(new Option('--paper <paper>', 'of a PDF').choices(['a4', 'letter']))
    .action(async (plan: string, options: ReportOptions, command: Command) => {
      const { reportPlan } = await import('../plans/report-plan.ts')
      await reportPlan(plan, options, sentence => command.error(`error: ${sentence}`))
    })
}

/** `holdfast export`: tables, curves, charts, everything as JSON, or the plan itself. */
export function registerExport(program: Command): void {
  withOutput(withPlan(program.command('export'), { json: false }))
    .description('Write a table, a chart, everything as JSON, or the plan itself; exit 1 if it does not hold')
    .option('--as <format>', 'pdf, html, md, csv, json, svg, png or plan (default: as the file ends)')
    .option('--table <table>', 'which table of csv, as workloads, host, limits, comparison, curves')
    .option('--chart <chart>', 'which chart of svg and png: host-memory, locked, fault-cost, mmap-lock')
    .addOption(new Option('--theme <theme>', 'of a chart').choices(['light', 'dark']))
    .action(async (plan: string, options: ExportPlanOptions, command: Command) => {
      const { exportPlan } = await import('../plans/report-plan.ts')
      await exportPlan(plan, options, sentence => command.error(`error: ${sentence}`))
    })
}
