/** What `holdfast calibrate` prints. */
import { writeFileSync } from 'node:fs'
import type { Calibration } from '../app/contract.ts'
import { formatBytes, formatDuration } from '../engine/quantity.ts'
import type { CalibrateCommandOptions } from './commands/calibrate.ts'
import { exitCodes } from './exit-codes.ts'
import { harmless } from './text/harmless.ts'
import { table, wrapped } from './text/table.ts'
import { print, standardPaper, type Paper } from './text/terminal.ts'
import { valueOf, withApp, type Fail } from './with-app.ts'

/** Ctrl-C ends it after the program that is being timed, with everything put back; the answer is then 130. */
export async function calibrate(options: CalibrateCommandOptions, fail: Fail): Promise<void> {
  const { time, share, machine, title, store } = options
  const controller = new AbortController()
  const stop = (): void => {
    process.exitCode = exitCodes.interrupted
    controller.abort()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  const orEnded: Fail = sentence => {
    clearLine()
    if (!controller.signal.aborted) return fail(sentence)
    console.error('Interrupted: nothing was kept, and nothing stays changed.')
    process.exit(exitCodes.interrupted)
  }
  try {
    const found = await withApp({ store, makes: true }, fail, api =>
      valueOf(
        api,
        orEnded,
        'machines.calibrate',
        {
          ...(time === undefined ? {} : { timeS: time }),
          ...(share === undefined ? {} : { share }),
          ...(machine === undefined ? {} : { machineId: machine }),
          ...(title === undefined ? {} : { title }),
        },
        {
          signal: controller.signal,
          onProgress: ({ done, of }) => showProgress(done, of),
        },
      ),
    )
    clearLine()
    if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(found.table, null, 2)}\n`)
    if (options.json === true)
      console.log(JSON.stringify({ format: 'holdfast-calibration/1', ...found }, null, 2))
    else printCalibration(standardPaper(), found, options.rows === true)
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

function showProgress(doneMs: number, ofMs: number | null): void {
  if (!process.stderr.isTTY || ofMs === null) return
  const left = formatDuration(Math.max(1, Math.ceil((ofMs - doneMs) / 1000)) * 1e9)
  process.stderr.write(`\r\u001b[Kmeasuring, ${Math.round((doneMs / ofMs) * 100)} %, ${left} left`)
}

function clearLine(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

export function printCalibration(paper: Paper, found: Calibration, withRows: boolean): void {
  const facts = factsOf(found).map(([name, text]) => [paper.ink('bold', name), harmless(text)])
  print(paper, table(paper, [{ title: '' }, { title: '' }], facts).trimStart())
  const notes = [
    ...found.disturbances,
    ...found.skipped.map(({ what, why }) => `Not measured, since ${why}: ${namesIn(what)}.`),
  ]
  if (notes.length > 0)
    print(
      paper,
      ['', ...notes.map(note => `  ${wrapped(harmless(note), paper.width - 2, '    ')}`)].join('\n'),
    )
  print(paper, `\n${rowsTable(paper, found, withRows)}`)
  print(paper, `\nA plan has these costs with machine.costs = "${found.table.id}".`)
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** What a person wants to know first. */
export function factsOf(found: Calibration): [name: string, text: string][] {
  const { table: made, heldOut, fittedOn, sizes, rounds, tookMs } = found
  return [
    ['table', `${made.id}: ${made.title}`],
    [
      'kernel',
      [
        found.kernel.name,
        ...found.kernel.plus.map(id => `+${id}`),
        ...found.kernel.minus.map(id => `-${id}`),
      ].join(' '),
    ],
    [
      'measured',
      `${found.rows.length} steps at ${sizes.map(formatBytes).join(', ')}, ${rounds} rounds, ${formatDuration(tookMs * 1e6)}`,
    ],
    [
      'held out',
      heldOut === null
        ? 'too few programs to hold any out'
        : `${heldOut.rows} steps: median error ${percent(heldOut.medianError)}, 95th percentile ${percent(heldOut.p95Error)}, largest ${percent(heldOut.maxError)}`,
    ],
    [
      'fitted to',
      `${fittedOn.rows} steps: median error ${percent(fittedOn.medianError)}, 95th percentile ${percent(fittedOn.p95Error)}`,
    ],
    [
      'speed',
      `${found.slowness.toFixed(2)} times the costs of desktop-2021; caches of ${formatBytes(made.cacheBytes)}`,
    ],
    [
      'memory',
      `${formatBytes(found.memoryBytes)} used; fresh memory took ${found.freshFactor.toFixed(1)} times as long`,
    ],
    ...(found.unmeasured.length === 0
      ? []
      : ([
          ['scaled', `not measured, taken from desktop-2021 at that speed: ${found.unmeasured.join(', ')}`],
        ] as [string, string][])),
  ]
}

/** Steps that were held out, the largest errors first; or all of them. */
function rowsTable(paper: Paper, { rows }: Calibration, all: boolean): string {
  const MOST = 12
  const sorted = rows
    .filter(row => all || row.heldOut)
    .toSorted((a, b) => Math.abs(b.error) - Math.abs(a.error))
  const columns = [
    { title: all ? 'step' : 'largest errors of what was held out' },
    { title: 'measured', right: true },
    { title: 'predicted', right: true },
    { title: 'error', right: true },
    { title: 'spread', right: true },
  ]
  const lines = (all ? sorted : sorted.slice(0, MOST)).map(row => [
    `${row.program}: ${row.step}${all && row.heldOut ? ' (held out)' : ''}`,
    formatDuration(row.ns),
    formatDuration(row.predictedNs),
    `${row.error < 0 ? '−' : '+'}${percent(Math.abs(row.error))}`,
    percent(row.spread),
  ])
  return table(paper, columns, lines)
}

const namesIn = (programs: readonly string[]): string =>
  programs.length <= 4
    ? programs.join('; ')
    : `${programs.slice(0, 3).join('; ')} and ${programs.length - 3} more`
