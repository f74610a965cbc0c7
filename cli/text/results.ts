/** A run as text for people. */
import { formatBytes, formatDuration } from '../../engine/quantity.ts'
import { showFigure } from '../../engine/planner/compare/words.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { Finding, RunEvent, RunResult, Series, Severity, Verdict } from '../../engine/sim/result.ts'
import { harmless } from './harmless.ts'
import { evenly, sparkline } from './sparkline.ts'
import { table, wrapped, type Column } from './table.ts'
import type { Ink, Paper } from './terminal.ts'

/** More events than this are counted. */
const MOST_EVENTS = 20

const right = (title: string): Column => ({ title, right: true })
const time = (seconds: number | null): string =>
  seconds === null ? 'never' : seconds === 0 ? '0 s' : formatDuration(seconds * 1e9)
const size = (bytes: number): string => (bytes === 0 ? '0' : formatBytes(bytes))

/** Green where it holds, red where it does not. */
export function verdictLine(paper: Paper, verdict: Verdict): string {
  const word = verdict.holds ? paper.ink('green', 'Holds:') : paper.ink('red', 'Does not hold:')
  return `${word} ${harmless(verdict.sentence)}`
}

/** What is simulated, in two lines. */
export function scenarioLines(paper: Paper, scenario: Scenario, kernel: string): string {
  const { machine, horizonS, seed } = scenario
  const swap = machine.swap.map(area => `${formatBytes(area.sizeBytes)} ${area.device}`).join(', ')
  const facts = [
    `Linux ${kernel}`,
    `${machine.name}: ${formatBytes(machine.ramBytes)}, ${machine.cpus} CPUs`,
    `swap ${swap === '' ? 'none' : swap}`,
    `THP ${machine.thp.enabled}`,
    `${time(horizonS)}, seed ${seed}`,
  ]
  return `${paper.ink('bold', harmless(scenario.name))}\n${wrapped(harmless(facts.join(' · ')), paper.width)}`
}

export function resultText(paper: Paper, scenario: Scenario, result: RunResult): string {
  const parts = [
    `${scenarioLines(paper, scenario, result.kernel)}\n${verdictLine(paper, result.verdict)}`,
    workloadTable(paper, result),
    hostLines(paper, result),
    curves(paper, result),
    eventLines(paper, result.events),
    findingLines(paper, result.findings),
  ]
  return parts.filter(part => part !== '').join('\n\n')
}

function workloadTable(paper: Paper, { workloads }: RunResult): string {
  const columns = [
    { title: 'workload' },
    ...['ready', 'after', 'VmLck', 'locked', 'resident', 'swapped', 'access', 'p99', 'faults', 'lost'].map(
      right,
    ),
  ]
  const rows = workloads.map(w => [
    harmless(w.workload),
    `${w.ready} of ${w.instances}`,
    time(w.lastReadyS),
    size(w.peakVmLckBytes),
    size(w.peakLockedResidentBytes),
    size(w.peakRssBytes),
    size(w.swapOutBytes),
    showFigure(w.access.meanNs, 'ns'),
    showFigure(w.access.p99Ns, 'ns'),
    showFigure(w.faultsAfterReady, 'count'),
    w.failed + w.killed === 0 ? '' : `${w.failed} failed, ${w.killed} killed`,
  ])
  return table(paper, columns, rows)
}

function hostLines(paper: Paper, { host }: RunResult): string {
  const budget = `${size(host.peakHeldBytes)} of ${size(host.safeLockedBudgetBytes)} that are safe`
  const facts: (readonly [string, string])[] = [
    ['memory', `${size(host.memTotalBytes)}, least free ${size(host.minFreeBytes)}`],
    ['cannot be given back', budget],
    ['Mlocked', `${size(host.peakMlockedBytes)}, Unevictable ${size(host.peakUnevictableBytes)}`],
    [
      'swap',
      `${size(host.peakSwapUsedBytes)} used, ${size(host.swapOutBytes)} out, ${size(host.swapInBytes)} in`,
    ],
    [
      'reclaim',
      `kswapd ran ${time(host.kswapdRunS)}, tasks reclaimed themselves for ${time(host.directReclaimStallS)}`,
    ],
    ['committed', `${size(host.peakCommittedBytes)}, limit ${size(host.commitLimitBytes)}`],
  ]
  return facts.map(([name, text]) => `${paper.ink('dim', name.padEnd(20))}  ${text}`).join('\n')
}

/** Curves of the host, and of each workload what is locked, resident and swapped; flat zero ones are left out. */
const SHOWN: ReadonlySet<string> = new Set([
  ...[
    'MemFree',
    'Cached',
    'Mlocked',
    'Unevictable',
    'SwapFree',
    'SwapUsed',
    'HugePages_Free',
    'Committed_AS',
  ],
  ...['VmLck', 'VmPin', 'VmRSS', 'VmSwap', 'Locked', 'pgmajfault', 'pswpin', 'pswpout'],
])
/** More curves than this are for --csv. */
const MOST_CURVES = 24

function curves(paper: Paper, { series, timesS }: RunResult): string {
  const shown = series
    .filter(({ name, values }) => SHOWN.has(name) && values.some(value => value > 0))
    .slice(0, MOST_CURVES)
  if (timesS.length < 2 || shown.length === 0) return ''
  const names = shown.map(each => harmless(each.scope === 'host' ? each.name : `${each.scope} ${each.name}`))
  const wide = Math.max(...names.map(name => name.length))
  const range = shown.map(each => rangeText(each))
  const room = Math.max(8, Math.min(60, paper.width - wide - Math.max(...range.map(text => text.length)) - 4))
  return shown
    .map((each, i) => {
      const line = sparkline(evenly(timesS, each.values, room * 4), room, paper.unicode)
      return `${(names[i] ?? '').padEnd(wide)}  ${paper.ink('cyan', line)}  ${range[i] ?? ''}`
    })
    .join('\n')
}

function rangeText({ values, unit }: Series): string {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity)
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity)
  const shown = unit === 'bytes' ? size : (value: number): string => `${Number(value.toPrecision(3))}`
  const suffix = unit === 'per-second' ? '/s' : unit === 'ns-per-second' ? ' ns/s' : ''
  return low === high ? `${shown(high)}${suffix}` : `${shown(low)} to ${shown(high)}${suffix}`
}

function eventLines(paper: Paper, events: readonly RunEvent[]): string {
  const shown = events.slice(0, MOST_EVENTS).map(event => {
    const who = event.instances > 1 ? `${event.workload} ×${event.instances}` : event.workload
    const line = `${time(event.atS).padStart(12)}  ${event.kind.padEnd(14)}  ${harmless(`${who}: ${event.text}`)}`
    return wrapped(line, paper.width, ' '.repeat(30)).replace(
      /^/,
      ' '.repeat(line.length - line.trimStart().length),
    )
  })
  const more = events.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more events`] : [])].join('\n')
}

const INK: Readonly<Record<Severity, Ink>> = { error: 'red', warning: 'yellow', note: 'dim' }

/** Findings with their numbers in the text, and what would change them. */
export function findingLines(paper: Paper, findings: readonly Finding[]): string {
  return findings
    .map(({ severity, title, detail, fix }) =>
      [
        `${paper.ink(INK[severity], severity.padEnd(8))} ${wrapped(harmless(title), paper.width - 9, ' '.repeat(9))}`,
        ...[detail, fix === null ? '' : `Fix: ${fix}`]
          .filter(text => text !== '')
          .map(text => `${' '.repeat(9)}${wrapped(harmless(text), paper.width - 9, ' '.repeat(9))}`),
      ].join('\n'),
    )
    .join('\n')
}
