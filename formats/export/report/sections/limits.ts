/** RLIMIT_MEMLOCK of each process: what is needed, line by line, beside what other systems would set. */
import type { LimitAnswer } from '../../../../engine/planner/limits/rule.ts'
import type { ProcessLimit } from '../../../../engine/planner/process-limits.ts'
import type { Block, Cell, Section, Tone } from '../document.ts'
import type { ReportFacts } from '../facts.ts'
import { bytesCell, cell, clean, limitText, namesOf, sentence, size, words } from '../words.ts'

const TONES: Readonly<Record<ProcessLimit['verdict'], Tone>> = {
  'not needed': 'dim',
  enough: 'good',
  'not checked': 'warn',
  'too low': 'bad',
}

/** Processes with the same answer stand once. */
interface Alike {
  readonly names: string
  readonly limit: ProcessLimit
}

export function limitsSection(facts: ReportFacts): Section {
  const groups = [
    ...Map.groupBy(facts.limits, ({ workload: _, guest: __, ...answer }) => JSON.stringify(answer)).values(),
  ]
  const alike = groups.flatMap((group): Alike[] => {
    const [limit] = group
    return limit === undefined
      ? []
      : [{ limit, names: clean(namesOf(group.map(({ workload }) => workload))) }]
  })
  return {
    id: 'limits',
    title: 'Limits',
    blocks: [
      {
        kind: 'paragraph',
        words: words(
          'The least RLIMIT_MEMLOCK under which nothing is refused, found by carrying out the operations of one process on the model of the kernel under ever narrower limits.',
        ),
      },
      neededTable(facts, alike),
      ...alike.filter(({ limit }) => limit.checks.length > 0).map(derivation),
      ...alike.filter(({ limit }) => limit.fixes.length > 0).map(fixes),
      ...alike.flatMap((one, at) => systems(one, at)),
    ],
  }
}

function neededTable({ notes }: ReportFacts, alike: readonly Alike[]): Block {
  const needed = notes.add({
    figure: 'Needed RLIMIT_MEMLOCK',
    formula: 'least limit, in whole pages, under which no call of one process is refused; found by halving',
    inputs: [],
    rule: 'RLIMIT_MEMLOCK as do_mlock(), mlockall() and pinning compare it (model of the kernel)',
    trust: 'exact',
  })
  return {
    kind: 'table',
    id: 'limits',
    title: 'RLIMIT_MEMLOCK',
    columns: [
      { title: 'process of' },
      { title: 'needs', unit: 'bytes', isNumber: true, note: needed },
      { title: 'has', unit: 'bytes', isNumber: true },
      { title: 'locks under it', unit: 'bytes', isNumber: true },
      { title: 'would lock', unit: 'bytes', isNumber: true },
      { title: 'verdict' },
    ],
    rows: alike.map(({ names, limit }) => [
      cell(names),
      bytesCell(limit.neededBytes),
      cell(limitText(limit.currentBytes), { value: limit.currentBytes }),
      bytesCell(limit.lockedNowBytes),
      bytesCell(limit.lockedFullBytes),
      cell(limit.verdict, { tone: TONES[limit.verdict] }),
    ]),
  }
}

function derivation({ names, limit }: Alike, at: number): Block {
  return {
    kind: 'table',
    id: `limits-derivation-${at + 1}`,
    title: `What the kernel compares with the limit of ${names}`,
    columns: [
      { title: 'counted' },
      { title: 'amount', unit: 'bytes', isNumber: true },
      { title: 'rule' },
      { title: 'source' },
    ],
    rows: limit.checks.map(({ rule, bytes, text, source }) => [
      cell(rule),
      bytesCell(bytes),
      cell(text),
      cell(source),
    ]),
  }
}

function fixes({ names, limit }: Alike, at: number): Block {
  const { currentBytes: has, neededBytes } = limit
  const short = typeof has === 'number' ? `, ${size(neededBytes - has)} more than now` : ''
  return {
    kind: 'table',
    id: `limits-fixes-${at + 1}`,
    title: `Where to set it for ${names}${short}`,
    columns: [{ title: 'place' }, { title: 'what to write' }, { title: 'beware' }],
    rows: limit.fixes.map(({ title, text, note }) => [
      cell(title),
      cell(text, { style: 'code' }),
      cell(note),
    ]),
  }
}

/** One line for each term of each system's sum. */
function systems({ names, limit }: Alike, at: number): Block[] {
  if (limit.systems.length === 0) return []
  const rows = limit.systems.flatMap(systemRows)
  const warnings = limit.systems.flatMap(({ title, warnings: list }) =>
    list.map(text => words({ text: `${title}: `, style: 'strong' }, sentence(text))),
  )
  return [
    {
      kind: 'table',
      id: `limits-systems-${at + 1}`,
      title: `What other systems set and reserve for ${names}`,
      columns: [
        { title: 'system' },
        { title: 'RLIMIT_MEMLOCK', unit: 'bytes', isNumber: true },
        { title: 'memory', unit: 'bytes', isNumber: true },
        { title: 'made up of' },
        { title: 'term', unit: 'bytes', isNumber: true },
        { title: 'rule' },
      ],
      rows,
    },
    ...(warnings.length === 0 ? [] : [{ kind: 'list', isOrdered: false, items: warnings } as const]),
  ]
}

function systemRows(system: LimitAnswer): Cell[][] {
  const terms = system.memlockLines.length > 0 ? system.memlockLines : system.lines
  const head = [
    cell(system.title, { style: 'strong' }),
    cell(limitText(system.memlockBytes), { value: system.memlockBytes }),
    system.memoryBytes === undefined ? cell('') : bytesCell(system.memoryBytes),
  ]
  if (terms.length === 0) return [[...head, cell(''), cell(''), cell('')]]
  return terms.map(({ label, bytes, rule, source }, at) => [
    ...(at === 0 ? head : [cell('', { value: system.title }), cell(''), cell('')]),
    cell(label),
    bytesCell(bytes),
    cell(at === 0 ? `${rule} (${source})` : rule),
  ])
}
