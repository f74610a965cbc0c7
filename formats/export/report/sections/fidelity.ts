/** What the prediction rests on: which figures are exact, how the model was compared, what costs are from, what is left out. */
import { fidelityOf, type Fidelity } from '../../../../engine/planner/fidelity.ts'
import { HOST_FIGURES, WORKLOAD_FIGURES } from '../../../../engine/sim/figures.ts'
import type { Trust } from '../../../../engine/sim/result.ts'
import { strategyNamed } from '../../../../engine/strategies/index.ts'
import { workloadNamed } from '../../../../engine/workloads/index.ts'
import { withDefaults } from '../../../../engine/scenario.ts'
import type { Block, Cell, Section, Words } from '../document.ts'
import type { ReportFacts } from '../facts.ts'
import { cell, count, countCell, namesOf, nanoseconds, percent, strong, words } from '../words.ts'

export function fidelitySection(facts: ReportFacts): Section {
  const fidelity = fidelityOf(facts.result, facts.plan.scenario, facts.costs)
  return {
    id: 'fidelity',
    title: 'Assumptions and fidelity',
    blocks: [
      { kind: 'heading', title: 'How far to trust a figure' },
      trustTable(),
      { kind: 'heading', title: 'The kernel' },
      { kind: 'paragraph', words: words(fidelity.kernel.sentence) },
      ...compared(fidelity),
      { kind: 'heading', title: 'Pressure' },
      ...pressure(fidelity),
      { kind: 'heading', title: 'Costs' },
      { kind: 'paragraph', words: costWords(facts) },
      costTable(facts),
      { kind: 'heading', title: 'Assumptions about what runs' },
      assumptions(facts),
      { kind: 'heading', title: 'What is not modelled' },
      leftOut(fidelity),
    ],
  }
}

const TRUSTS: Readonly<Record<Trust, string>> = {
  exact: 'The kernel’s own arithmetic: equal to what the kernel reports for the same calls.',
  expected: 'An expectation over random accesses: the mean of what repeated runs would show.',
  estimated: 'A model of time or pressure, with an error that is stated where it is known.',
}

function trustTable(): Block {
  const all = [...Object.entries(HOST_FIGURES), ...Object.entries(WORKLOAD_FIGURES)]
  const rows = (Object.keys(TRUSTS) as Trust[]).map((trust): Cell[] => {
    const figures = all.filter(([, kind]) => kind.trust === trust).map(([field]) => labelOf(field))
    return [cell(trust, { style: 'strong' }), cell(TRUSTS[trust]), cell([...new Set(figures)].join(', '))]
  })
  return {
    kind: 'table',
    id: 'trust',
    title: 'Kinds of figures',
    columns: [{ title: 'kind' }, { title: 'what it means' }, { title: 'figures' }],
    rows,
  }
}

/** peakVmLckBytes: peak VmLck. */
const labelOf = (field: string): string =>
  field
    .replace(/(Bytes|Ns|S)$/, '')
    .replace(/(?<=[a-z])[A-Z]/g, letter => ` ${letter}`)
    .replace(/ ([A-Z])(?=[a-z])/g, (_, letter: string) => ` ${letter.toLowerCase()}`)
    .replace('vm lck', 'VmLck')
    .replace('Vm lck', 'VmLck')

/** The recordings that speak for the kernel. */
function compared({ kernel: { compared: row } }: Fidelity): Block[] {
  if (row === null) return []
  return [
    {
      kind: 'table',
      id: 'conformance',
      title: `Programs carried out by the model and by a running Linux ${row.version}`,
      columns: [
        { title: 'programs' },
        { title: 'compared', isNumber: true },
        { title: 'equal in every field', isNumber: true },
      ],
      rows: [
        [cell('written by hand'), countCell(row.handPrograms), countCell(row.handEqual)],
        [cell('at random'), countCell(row.randomPrograms), countCell(row.randomEqual)],
      ],
    },
  ]
}

/** Measured runs under pressure that are like this one, with how far off the model was. */
function pressure({ pressure: { bears, experiments, sentence } }: Fidelity): Block[] {
  const said: Block = { kind: 'paragraph', words: words(sentence) }
  if (!bears) return [said]
  const off = (value: number | undefined): Cell =>
    value === undefined ? cell('–', { value: null }) : cell(`${value.toFixed(1)} %`, { value })
  return [
    said,
    {
      kind: 'table',
      id: 'experiments',
      title: 'Experiments under pressure, with the mean error of the model',
      columns: [
        { title: 'experiment' },
        { title: 'resident', isNumber: true },
        { title: 'swapped', isNumber: true },
        { title: 'major faults', isNumber: true },
      ],
      rows: experiments.map(({ name, curves }) => [
        cell(name),
        off(curves.residentPages?.meanPercent),
        off(curves.swappedPages?.meanPercent),
        off(curves.majorFaults?.meanPercent),
      ]),
    },
  ]
}

function leftOut({ leftOut: all }: Fidelity): Block {
  if (all.length === 0)
    return {
      kind: 'paragraph',
      words: words('Nothing that the model leaves out is known to bear on this plan.'),
    }
  return {
    kind: 'table',
    id: 'left-out',
    title: 'Simplifications that bear on this plan',
    columns: [{ title: 'simplification' }, { title: 'why it bears' }, { title: 'what may differ' }],
    rows: all.map(({ title, because, effect }) => [
      cell(title, { style: 'strong' }),
      cell(because),
      cell(effect),
    ]),
  }
}

function costWords({ costs, notes }: ReportFacts): Words {
  const { residuals: r } = costs
  const note = notes.add({
    figure: 'Error of the cost table',
    formula: 'share of the measured time, each row predicted by a table fitted to all the others',
    inputs: [{ name: 'rows', text: count(r.rows), source: costs.source }],
    rule: 'non-negative least squares in relative error (docs/costs.md)',
    trust: 'exact',
  })
  return words(
    'Unit costs are those of ',
    strong(`${costs.title} (${costs.id})`),
    `, ${costs.source}. Rows left out of the fit and predicted are off by ${percent(r.looMedianError)} in the median, ${percent(r.looP95Error)} at the 95th percentile, ${percent(r.looMaxError)} at most`,
    { text: '.', note },
    ' On another machine times differ with its processor and memory; counts of faults and pages do not.',
  )
}

/** Dearest kinds first are of no use here: the order of the table is that of the work. */
function costTable({ costs }: ReportFacts): Block {
  return {
    kind: 'table',
    id: 'costs',
    title: 'Unit costs',
    columns: [
      { title: 'work' },
      { title: 'cost', unit: 'ns', isNumber: true },
      { title: 'spread', unit: 'ns', isNumber: true },
      { title: 'beyond the cache', unit: 'ns', isNumber: true },
      { title: 'basis' },
      { title: 'unit' },
    ],
    rows: costs.units.map(({ ns, spreadNs, beyondCacheNs, basis, meaning, source, kind }) => [
      cell(labelOf(kind)),
      cell(nanoseconds(ns), { value: ns }),
      cell(`± ${nanoseconds(spreadNs)}`, { value: spreadNs }),
      beyondCacheNs === 0
        ? cell('–', { value: 0 })
        : cell(`+ ${nanoseconds(beyondCacheNs)}`, { value: beyondCacheNs }),
      cell(basis),
      cell(basis === 'estimated' ? `${meaning} Source: ${source}.` : meaning),
    ]),
  }
}

function assumptions({ plan: { scenario } }: ReportFacts): Block {
  const said = scenario.workloads.flatMap(spec => {
    const kind = workloadNamed(spec.kind)
    if (kind === undefined) return []
    const params = withDefaults(kind.params, spec.params)
    const memlockLimitBytes = spec.limits.memlockBytes === 'unlimited' ? Infinity : spec.limits.memlockBytes
    const { assumptions: list } = kind.plan({
      params,
      machine: scenario.machine,
      strategy: spec.strategy,
      memlockLimitBytes,
    })
    const needs = strategyNamed(spec.strategy)?.help
    return [...list, ...(needs === undefined ? [] : [`Strategy ${spec.strategy}: ${needs}`])].map(text => ({
      name: spec.name,
      text,
    }))
  })
  const items = [...Map.groupBy(said, ({ text }) => text)].map(([text, all]) =>
    words(strong(`${namesOf([...new Set(all.map(({ name }) => name))])}: `), text),
  )
  return items.length === 0
    ? { kind: 'paragraph', words: words('None.') }
    : { kind: 'list', isOrdered: false, items }
}
