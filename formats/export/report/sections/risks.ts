/** What may go wrong: all findings, what is refused or ignored by configuration, and how near the edges are. */
import type { Finding } from '../../../../engine/sim/result.ts'
import type { Block, Section } from '../document.ts'
import type { ReportFacts } from '../facts.ts'
import { bytesCell, cell, namesOf, nsCell, percent, words } from '../words.ts'
import { findingBlock } from './summary.ts'

export function risksSection(facts: ReportFacts): Section {
  const { result, compatibility } = facts
  const known = new Set(result.findings.map(({ title }) => title))
  const findings = together([...result.findings, ...compatibility.filter(({ title }) => !known.has(title))])
  return {
    id: 'risks',
    title: 'Risks',
    blocks: [
      ...(findings.length === 0
        ? [
            {
              kind: 'paragraph',
              words: words('No rule about results or about configuration speaks against the plan.'),
            } as const,
          ]
        : findings.map(findingBlock)),
      margins(facts),
      ...refusals(facts),
      ...waits(facts),
    ],
  }
}

/** Findings of many workloads that say the same stand once. */
function together(findings: readonly Finding[]): Finding[] {
  const key = ({ id, severity, detail, fix }: Finding): string => JSON.stringify([id, severity, detail, fix])
  return [...Map.groupBy(findings, key).values()].flatMap(group => {
    const [first] = group
    if (first === undefined) return []
    const names = group.flatMap(({ workload }) => workload ?? [])
    return [
      group.length === 1 ? first : { ...first, title: `${first.title} (also: ${namesOf(names.slice(1))})` },
    ]
  })
}

function margins({ result: { host }, heldShare, plan }: ReportFacts): Block {
  const enforced = plan.scenario.machine.overcommit.mode === 2
  const rows: [string, number, number][] = [
    ['memory that cannot be given back, of the safe budget', host.peakHeldBytes, host.safeLockedBudgetBytes],
    ['memory in use, of MemTotal', host.peakUsedBytes, host.memTotalBytes],
    [
      enforced
        ? 'committed, of the commit limit'
        : 'committed, of the commit limit (only enforced with vm.overcommit_memory = 2)',
      host.peakCommittedBytes,
      host.commitLimitBytes,
    ],
  ]
  return {
    kind: 'table',
    id: 'margins',
    title: 'Margins',
    columns: [
      { title: 'how near to an edge' },
      { title: 'at most', unit: 'bytes', isNumber: true },
      { title: 'edge', unit: 'bytes', isNumber: true },
      { title: 'share', isNumber: true },
    ],
    rows: rows.map(([title, value, edge], at) => {
      const share = edge > 0 ? value / edge : 0
      const isOver = at === 0 && heldShare > 1
      return [
        cell(title),
        bytesCell(value),
        bytesCell(edge),
        cell(percent(share), { value: share, ...(isOver ? { tone: 'bad' } : {}) }),
      ]
    }),
  }
}

/** More than these are counted. */
const MOST = 20

function refusals({ result }: ReportFacts): Block[] {
  const all = result.refusals
  if (all.length === 0) return []
  const amount = (bytes: number | null) => (bytes === null ? cell('–', { value: null }) : bytesCell(bytes))
  return [
    {
      kind: 'table',
      id: 'refusals',
      title: all.length > MOST ? `Refused calls: the first ${MOST} of ${all.length}` : 'Refused calls',
      columns: [
        { title: 'workload' },
        { title: 'call' },
        { title: 'refused' },
        { title: 'asked', unit: 'bytes', isNumber: true },
        { title: 'counted before', unit: 'bytes', isNumber: true },
        { title: 'limit', unit: 'bytes', isNumber: true },
        { title: 'then' },
      ],
      rows: all
        .slice(0, MOST)
        .map(one => [
          cell(one.instances > 1 ? `${one.workload} ×${one.instances}` : one.workload),
          cell(one.call, { style: 'code' }),
          cell(`${one.errno}: ${one.rule}`, { tone: 'bad' }),
          amount(one.askedBytes),
          amount(one.countedBytes),
          amount(one.limitBytes),
          cell(one.consequence),
        ]),
    },
  ]
}

function waits({ result }: ReportFacts): Block[] {
  const longest = result.waits.toSorted((a, b) => b.ns - a.ns).slice(0, 5)
  if (longest.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'waits',
      title: `Longest waits for the mmap lock${result.waits.length > longest.length ? `, of ${result.waits.length}` : ''}`,
      columns: [
        { title: 'workload' },
        { title: 'who waits' },
        { title: 'for' },
        { title: 'holder' },
        { title: 'holds it for' },
        { title: 'wait', unit: 'ns', isNumber: true },
      ],
      rows: longest.map(wait => [
        cell(wait.workload),
        cell(wait.waiter),
        cell(wait.waitingFor),
        cell(wait.holder),
        cell(wait.holding),
        nsCell(wait.ns),
      ]),
    },
  ]
}
