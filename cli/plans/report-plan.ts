/** What `holdfast report` and `holdfast export` do. */
import { existsSync, statSync } from 'node:fs'
import { gatherReport } from '../../app/report/gather.ts'
import {
  EXPORTERS,
  exporterNamed,
  exporterOfFile,
  type DrawOptions,
  type Exporter,
} from '../../app/report/exporters.ts'
import { dateOf } from '../../app/report/reports.ts'
import { fileNameOf } from '../../app/transfers.ts'
import { processLimits } from '../../engine/planner/process-limits.ts'
import { DEFAULT_COSTS } from '../../engine/sim/default-costs.ts'
import type { ExportSubject } from '../../formats/export/exporter.ts'
import { buildReport } from '../../formats/export/report/build.ts'
import { longWork, tellPartial } from '../long-work.ts'
import { didYouMean } from '../suggest.ts'
import { harmless } from '../text/harmless.ts'
import { alreadyThere, Unwritable, writeWhole } from '../write-file.ts'
import { answer, complain, loadPlan, type LoadedPlan } from './load-plan.ts'
import type { PlanOptions } from './options.ts'
import { workersOf } from './run-plan.ts'

interface OutputOptions extends PlanOptions {
  readonly output?: string
  readonly force?: true
  readonly date?: string
  readonly compare?: string
}

export interface ReportOptions extends OutputOptions {
  readonly format?: string
  readonly paper?: 'a4' | 'letter'
}

export interface ExportPlanOptions extends OutputOptions {
  readonly as?: string
  readonly table?: string
  readonly chart?: string
  readonly theme?: 'light' | 'dark'
}

type Usage = (sentence: string) => never

const REPORTS = ['pdf', 'html', 'md']

export async function reportPlan(name: string, options: ReportOptions, usage: Usage): Promise<void> {
  const reports = EXPORTERS.filter(({ id }) => REPORTS.includes(id))
  const exporter = chosen(options.format, options.output, reports, '--format', usage) ?? exporterNamed('html')
  if (exporter !== undefined) await write(name, exporter, options, { paper: options.paper }, usage)
}

export async function exportPlan(name: string, options: ExportPlanOptions, usage: Usage): Promise<void> {
  const exporter =
    chosen(options.as, options.output, EXPORTERS, '--as', usage) ??
    usage(`say what to write with --as; there are ${EXPORTERS.map(({ id }) => id).join(', ')}`)
  const { table, chart, theme } = options
  const part = partOf(exporter, table, chart, usage)
  await write(name, exporter, options, { ...(part === undefined ? {} : { part }), theme }, usage)
}

/** As it is called, or as the ending of the file says. */
function chosen(
  id: string | undefined,
  output: string | undefined,
  among: readonly Exporter[],
  option: string,
  usage: Usage,
): Exporter | undefined {
  if (id === undefined) {
    if (output === undefined || output === '-') return undefined
    const ids = among.map(one => one.id).join(', ')
    return (
      exporterOfFile(output, among) ??
      usage(`the ending of ${output} says nothing; ${option} is one of ${ids}`)
    )
  }
  const wanted = id === 'markdown' ? 'md' : id
  const ids = among.map(one => one.id)
  return (
    among.find(one => one.id === wanted) ??
    usage(`there is no ${JSON.stringify(id)}.${didYouMean(id, ids)} ${option} is one of ${ids.join(', ')}`)
  )
}

function partOf(
  { id, parts }: Exporter,
  table: string | undefined,
  chart: string | undefined,
  usage: Usage,
): string | undefined {
  const isTable = id === 'csv'
  const isChart = id === 'svg' || id === 'png'
  if (table !== undefined && !isTable) usage('--table goes with --as csv')
  if (chart !== undefined && !isChart) usage('--chart goes with --as svg or png')
  const part = isTable ? table : chart
  const ids = parts.map(one => one.id)
  // Tables of one plan alone, as its workloads' inputs, go by their id and are found later.
  if (part !== undefined && isChart && !ids.includes(part))
    usage(`there is no chart ${JSON.stringify(part)}.${didYouMean(part, ids)} Charts are ${ids.join(', ')}.`)
  return part
}

async function write(
  name: string,
  exporter: Exporter,
  options: OutputOptions,
  more: DrawOptions,
  usage: Usage,
): Promise<void> {
  const date = chosenDate(name, options.date, usage)
  const plan = loadPlan(name, options)
  if (plan === null) return
  // Told before the work, not after it.
  const { output, force } = options
  if (output !== undefined && output !== '-' && force !== true && existsSync(output)) {
    complain([alreadyThere(output)])
    return
  }
  if (exporter.of === 'plan') {
    put(exporter, exporter.write(plan), plan, options)
    return
  }
  const made = await subjectOf(plan, date, options)
  if (made === null) return
  const content = await exporter.write(made, more)
  if (content === null) {
    complain([
      `The plan has no table or chart ${JSON.stringify(more.part)}; this plan has ${partsOf(exporter, made)}.`,
    ])
    return
  }
  if (put(exporter, content, plan, options)) answer(made.input.result.verdict.holds)
}

function partsOf({ id, parts }: Exporter, { report }: ExportSubject): string {
  const tables = report.sections.flatMap(({ blocks }) =>
    blocks.flatMap(block => (block.kind === 'table' ? [block.id] : [])),
  )
  const known = parts.map(part => part.id)
  return (id === 'csv' ? [...tables, ...known.filter(part => part.endsWith('curves'))] : known).join(', ')
}

async function subjectOf(
  plan: LoadedPlan,
  date: string,
  options: OutputOptions,
): Promise<ExportSubject | null> {
  const gathered = await longWork(workersOf(options), (executor, more) =>
    gatherReport(
      {
        executor,
        result: scenario => executor.result(scenario, more),
        limits: scenario => Promise.resolve(processLimits(scenario)),
      },
      { plan, document: plan.document, axis: options.compare, date, costs: DEFAULT_COSTS },
      more,
    ),
  )
  if (gathered.ok) return { input: gathered.input, report: buildReport(gathered.input) }
  if (gathered.why === 'cancelled') tellPartial(null)
  else complain([`--compare ${gathered.sentence}`])
  return null
}

/** Whether it was written. Standard output for `-`; else a file, whose name is told. */
function put(
  exporter: Exporter,
  content: string | Uint8Array,
  { scenario }: LoadedPlan,
  { output, force }: OutputOptions,
): boolean {
  if (output === '-') {
    process.stdout.write(content)
    return true
  }
  const file = output ?? fileNameOf(scenario.name, 'plan', exporter.extensions[0])
  try {
    writeWhole(file, content, force === true)
  } catch (error) {
    if (!(error instanceof Unwritable)) throw error
    complain([error.message])
    return false
  }
  console.log(harmless(`${exporter.title}: ${file}`))
  return true
}

/** Of the plan's data: as it was given, or when the file was changed last, or today. */
function chosenDate(name: string, given: string | undefined, usage: Usage): string {
  if (given === undefined)
    return dateOf(name !== '-' && existsSync(name) ? statSync(name).mtimeMs : Date.now())
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(given) && dateOf(Date.parse(`${given}T00:00:00Z`) || 0) === given
  return isDate ? given : usage(`--date ${given}: expected a day as YYYY-MM-DD`)
}
