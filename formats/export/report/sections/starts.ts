/** When each workload is ready, what that takes, what it costs afterwards, and what happened on the way. */
import { clock } from '../../../../charts/format.ts'
import type { RunEvent, WorkloadSummary } from '../../../../engine/sim/result.ts'
import type { Block, Cell, Column, Section } from '../document.ts'
import { workloadFigures, type ReportFacts } from '../facts.ts'
import {
  bytesCell,
  cell,
  count,
  countCell,
  namesOf,
  nsCell,
  percent,
  plural,
  secondsCell,
  words,
} from '../words.ts'

/** More events than these are counted. */
const MOST_EVENTS = 60

export function startsSection(facts: ReportFacts): Section {
  return {
    id: 'starts',
    title: 'Start times',
    blocks: [
      table(facts, 'starts', 'Until ready', STARTS),
      table(facts, 'workloads', 'Memory of the workloads', MEMORY),
      table(facts, 'after-ready', 'After ready', AFTER),
      ...events(facts),
    ],
  }
}

type Field = readonly [
  title: string,
  field: keyof WorkloadSummary,
  unit: string | null,
  of: (workload: WorkloadSummary) => Cell,
]

const STARTS: readonly Field[] = [
  [
    'ready',
    'ready',
    null,
    w =>
      cell(`${w.ready} of ${w.instances}`, {
        value: w.ready,
        ...(w.ready < w.instances ? { tone: 'bad' } : {}),
      }),
  ],
  ['first ready', 'timeUntilReadyS', 's', w => secondsCell(w.timeUntilReadyS)],
  ['slowest', 'lastReadyS', 's', w => secondsCell(w.lastReadyS)],
  ['populating', 'populateS', 's', w => secondsCell(w.populateS)],
  ['longest write hold', 'longestWriteHoldNs', 'ns', w => nsCell(w.longestWriteHoldNs)],
  ['longest stall', 'longestStallNs', 'ns', w => nsCell(w.longestStallNs)],
  ['failed', 'failed', null, w => lost(w.failed)],
  ['killed', 'killed', null, w => lost(w.killed)],
]

const MEMORY: readonly Field[] = [
  ['VmLck', 'peakVmLckBytes', 'bytes', w => bytesCell(w.peakVmLckBytes)],
  ['locked, resident', 'peakLockedResidentBytes', 'bytes', w => bytesCell(w.peakLockedResidentBytes)],
  ['resident', 'peakRssBytes', 'bytes', w => bytesCell(w.peakRssBytes)],
  ['pinned', 'finalPinnedBytes', 'bytes', w => bytesCell(w.finalPinnedBytes)],
  ['swapped out', 'swapOutBytes', 'bytes', w => bytesCell(w.swapOutBytes)],
  ['VmLck of one', 'peakVmLckPerTaskBytes', 'bytes', w => bytesCell(w.peakVmLckPerTaskBytes)],
]

const AFTER: readonly Field[] = [
  ['mean access', 'access', 'ns', w => nsCell(w.access.meanNs)],
  ['p99', 'access', 'ns', w => nsCell(w.access.p99Ns)],
  ['p99.9', 'access', 'ns', w => nsCell(w.access.p999Ns)],
  ['faults', 'faultsAfterReady', null, w => countCell(w.faultsAfterReady)],
  ['major', 'majorFaultsAfterReady', null, w => countCell(w.majorFaultsAfterReady)],
  ['time in faults', 'faultTimeAfterReadyS', 's', w => secondsCell(w.faultTimeAfterReadyS)],
  ['progress', 'progressShare', null, w => cell(percent(w.progressShare), { value: w.progressShare })],
]

const lost = (value: number): Cell =>
  value === 0 ? cell('0', { value }) : cell(String(value), { value, tone: 'bad' })

function table(facts: ReportFacts, id: string, title: string, fields: readonly Field[]): Block {
  const columns = fields.map(([name, field, unit]): Column => {
    const note = facts.notes.of(
      field === 'access' ? `${title}: access` : `${title}: ${name}`,
      workloadFigures(facts, field),
    )
    return {
      ...{ title: name, isNumber: true },
      ...(unit === null ? {} : { unit }),
      ...(note === undefined ? {} : { note }),
    }
  })
  const rows = facts.result.workloads.map(workload => ({
    name: workload.workload,
    cells: fields.map(([, , , of]) => of(workload)),
  }))
  return { kind: 'table', id, title, columns: [{ title: 'workload' }, ...columns], rows: alikeTogether(rows) }
}

/** Rows that say the same stand once, under their names. */
function alikeTogether(
  rows: readonly { readonly name: string; readonly cells: readonly Cell[] }[],
): Cell[][] {
  const groups = Map.groupBy(rows, ({ cells }) => cells.map(({ text }) => text).join('\0'))
  return [...groups.values()].map(group => [
    cell(
      namesOf(group.map(({ name }) => name)),
      group.length > 1 ? { value: group.map(({ name }) => name).join(', ') } : {},
    ),
    ...(group[0]?.cells ?? []),
  ])
}

/** What happened to several instances alike stands once: from when to when, and how many times. */
function events({ result, marked }: ReportFacts): Block[] {
  if (result.events.length === 0) return []
  const numbers = new Map(marked.map((event, at) => [event, at + 1]))
  const key = (event: RunEvent): string =>
    JSON.stringify([event.workload, event.kind, event.text, numbers.get(event) ?? 0])
  const groups = [...Map.groupBy(result.events, key).values()]
  const isNumbered = marked.length > 0
  const rows = groups.slice(0, MOST_EVENTS).flatMap((group): Cell[][] => {
    const [first] = group
    const last = group.at(-1)
    if (first === undefined || last === undefined) return []
    const times = group.reduce((sum, { instances }) => sum + instances, 0)
    const number = numbers.get(first)
    return [
      [
        ...(isNumbered ? [cell(number === undefined ? '' : String(number))] : []),
        cell(clock(first.atS, true), { value: first.atS }),
        cell(group.length > 1 ? clock(last.atS, true) : '', { value: last.atS }),
        cell(count(times), { value: times }),
        cell(first.kind, number === undefined ? {} : { tone: 'bad' }),
        cell(first.workload),
        cell(first.text),
      ],
    ]
  })
  const more = groups.length - rows.length
  return [
    {
      kind: 'table',
      id: 'events',
      title: 'Events',
      columns: [
        ...(isNumbered ? [{ title: 'mark' }] : []),
        { title: 'at', unit: 's', isNumber: true },
        { title: 'until', unit: 's', isNumber: true },
        { title: 'instances', isNumber: true },
        { title: 'event' },
        { title: 'workload' },
        { title: 'what' },
      ],
      rows,
    },
    ...(more > 0
      ? [
          {
            kind: 'paragraph',
            words: words(
              `${plural(more, 'more kind of event', 'more kinds of events')}: the JSON export has all of them.`,
            ),
          } as const,
        ]
      : []),
  ]
}
