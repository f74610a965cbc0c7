/** What `holdfast limits` does. */
import type { LimitAnswer } from '../../engine/planner/limits/rule.ts'
import { processLimits, type ProcessLimit } from '../../engine/planner/process-limits.ts'
import { formatBytes, formatBytesExactly, type LimitBytes } from '../../engine/quantity.ts'
import { csv } from '../text/csv.ts'
import { harmless } from '../text/harmless.ts'
import { json } from '../text/json.ts'
import { table, wrapped } from '../text/table.ts'
import { print, standardPaper, type Ink, type Paper } from '../text/terminal.ts'
import { answer, loadPlan } from './load-plan.ts'
import type { PlanOptions } from './options.ts'

export function limitsOfPlan(name: string, options: PlanOptions, usage: (sentence: string) => never): void {
  if (options.json === true && options.csv === true) usage('--json and --csv exclude each other')
  const plan = loadPlan(name, options)
  if (plan === null) return
  const limits = processLimits(plan.scenario)
  if (options.json === true) console.log(json({ format: 'holdfast-limits/1', processes: limits }))
  else if (options.csv === true) console.log(limitsCsv(limits))
  else print(standardPaper(), limitsText(standardPaper(), limits))
  answer(limits.every(({ verdict }) => verdict !== 'too low'))
}

const INK: Readonly<Record<ProcessLimit['verdict'], Ink>> = {
  'not needed': 'dim',
  enough: 'green',
  'not checked': 'yellow',
  'too low': 'red',
}

const limitText = (limit: LimitBytes | 'unset'): string =>
  typeof limit === 'string' ? limit : limit === 0 ? '0' : formatBytesExactly(limit)

function limitsText(paper: Paper, limits: readonly ProcessLimit[]): string {
  const right = (title: string): { title: string; right: true } => ({ title, right: true })
  const rows = limits.map(each => [
    harmless(each.workload),
    each.strategy,
    each.neededBytes === 0 ? '0' : formatBytes(each.neededBytes),
    limitText(each.currentBytes),
    `${each.lockedNowBytes === 0 ? '0' : formatBytes(each.lockedNowBytes)} of ${each.lockedFullBytes === 0 ? '0' : formatBytes(each.lockedFullBytes)}`,
    paper.ink(INK[each.verdict], each.verdict),
  ])
  const columns = [
    { title: 'process of' },
    { title: 'strategy' },
    right('needs'),
    right('has'),
    right('locks'),
    { title: 'verdict' },
  ]
  return [table(paper, columns, rows), ...limits.flatMap(each => detailsOf(paper, each))].join('\n\n')
}

function detailsOf(paper: Paper, limit: ProcessLimit): string[] {
  const indent = ' '.repeat(2)
  const checks = limit.checks.map(
    ({ bytes, text, source }) =>
      `${indent}${wrapped(`${formatBytes(bytes)}  ${text} (${source})`, paper.width, indent.repeat(2))}`,
  )
  const short =
    limit.verdict === 'too low' && typeof limit.currentBytes === 'number'
      ? [
          `${indent}Too low by ${formatBytes(limit.neededBytes - limit.currentBytes)}. Set it where it belongs:`,
        ]
      : []
  const wide = Math.max(0, ...limit.fixes.map(({ title }) => title.length))
  const fixes = limit.fixes.map(
    ({ title, text, note }) => `${indent}${title.padEnd(wide)}  ${text}   (${note})`,
  )
  const parts = [...checks, ...short, ...fixes]
  const head = paper.ink('bold', harmless(limit.workload))
  return [
    ...(parts.length === 0 ? [] : [[head, ...parts].join('\n')]),
    ...(limit.systems.length === 0 ? [] : [systemsText(paper, limit)]),
  ]
}

function systemsText(paper: Paper, { workload, systems }: ProcessLimit): string {
  const rows = systems.map(system => [
    system.title,
    limitText(system.memlockBytes),
    system.memoryBytes === undefined ? '' : formatBytes(system.memoryBytes),
    sumText(system),
  ])
  const columns = [
    { title: 'what is set for it by' },
    { title: 'RLIMIT_MEMLOCK', right: true },
    { title: 'memory', right: true },
    { title: 'made up of' },
  ]
  const warnings = systems.flatMap(({ title, warnings: list }) =>
    list.map(text => wrapped(`${title}: ${text}`, paper.width, '  ')),
  )
  return [paper.ink('bold', harmless(workload)), table(paper, columns, rows), ...warnings].join('\n')
}

const sumText = ({ memlockLines, lines, memlockBytes }: LimitAnswer): string =>
  (memlockBytes === 'unset' ? lines : memlockLines)
    .map(({ label, bytes }) => `${label} ${formatBytes(bytes)}`)
    .join(' + ')

const limitsCsv = (limits: readonly ProcessLimit[]): string =>
  csv(
    ['workload', 'strategy', 'needed [bytes]', 'current [bytes]', 'locks now [bytes]', 'verdict'],
    limits.map(each => [
      each.workload,
      each.strategy,
      each.neededBytes,
      each.currentBytes,
      each.lockedNowBytes,
      each.verdict,
    ]),
  )
