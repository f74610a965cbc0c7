/** What went in: machine, kernel, workloads, each value with where it is from. */
import { kernelNamed } from '../../../../engine/kernels/releases.ts'
import { withDefaults, type ParamSpec, type WorkloadSpec } from '../../../../engine/scenario.ts'
import { strategyNamed } from '../../../../engine/strategies/index.ts'
import { workloadNamed } from '../../../../engine/workloads/index.ts'
import { MACHINE_FIELDS, writeMachine } from '../../../plan/machine.ts'
import { writeParams } from '../../../plan/params.ts'
import type { Block, Cell, Section } from '../document.ts'
import type { ReportFacts } from '../facts.ts'
import { cell, clean, count, dim, limitText, namesOf, size, time, words } from '../words.ts'

export function inputsSection(facts: ReportFacts): Section {
  return {
    id: 'inputs',
    title: 'Inputs',
    blocks: [
      {
        kind: 'paragraph',
        words: words(
          'Each value is as the ',
          { text: 'plan', style: 'strong' },
          ' states it, comes with the machine ',
          { text: 'preset', style: 'strong' },
          ', or is a ',
          { text: 'default', style: 'strong' },
          ', whose source is named.',
        ),
      },
      ...(facts.plan.scenario.doc === ''
        ? []
        : [{ kind: 'paragraph', words: words(dim(facts.plan.scenario.doc)) } as const]),
      runTable(facts),
      machineTable(facts),
      ...workloadTables(facts),
    ],
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

const COLUMNS = [{ title: 'input' }, { title: 'value' }, { title: 'source' }]
type Row = readonly [name: string, value: string, source: string]
const rowsOf = (rows: readonly Row[]): Cell[][] =>
  rows.map(([name, value, source]) => [cell(name), cell(value), cell(source)])

function runTable({ plan: { scenario }, document, costs }: ReportFacts): Block {
  const source = (key: string): string => (Object.hasOwn(document, key) ? 'plan' : 'default')
  const { kernel, horizonS, sampleS, seed } = scenario
  const changes = [...kernel.plus.map(id => `+${id}`), ...kernel.minus.map(id => `−${id}`)].join(' ')
  const title = kernelNamed(kernel.name)?.title ?? kernel.name
  const rows: Row[] = [
    ['kernel', `${title}${changes === '' ? '' : ` ${changes}`}`, source('kernel')],
    ['length of the run', time(horizonS), source('horizon')],
    ['distance of exported points', time(sampleS), source('sample')],
    ['seed', String(seed), source('seed')],
    ['cost table', `${costs.id}: ${costs.title}`, costs.source],
  ]
  return { kind: 'table', id: 'inputs-run', title: 'Run', columns: COLUMNS, rows: rowsOf(rows) }
}

/** Objects one level deep become rows of their own. */
function machineTable({ plan: { scenario }, document }: ReportFacts): Block {
  const typed = record(document['machine'])
  const preset = typeof typed['preset'] === 'string' ? typed['preset'] : null
  const written = record(writeMachine(scenario.machine))
  const rows = MACHINE_FIELDS.flatMap(({ key, doc }): Row[] => {
    const from = Object.hasOwn(typed, key) ? 'plan' : preset === null ? 'default' : `preset ${preset}`
    const value = written[key]
    const name = labelOf(key)
    const explained = doc.split('\n')[0] ?? ''
    const text =
      key === 'memoryBandwidth' ? `${size(scenario.machine.memoryBandwidthBytesPerS)}/s` : shown(key, value)
    return [[name, text, from === 'plan' ? from : `${from}: ${explained}`]]
  })
  return {
    kind: 'table',
    id: 'inputs-machine',
    title: `Machine: ${clean(scenario.machine.name)}`,
    columns: COLUMNS,
    rows: rowsOf(rows),
  }
}

/** memoryBandwidth: memory bandwidth. */
const labelOf = (key: string): string => key.replace(/(?<=[a-z])[A-Z]/g, letter => ` ${letter.toLowerCase()}`)

function shown(key: string, value: unknown): string {
  if (value === null) return key === 'minFreeKib' ? 'computed by the kernel' : 'none'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(one => shown('', one)).join('; ')
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'number') return Number.isInteger(value) && value > 9999 ? count(value) : String(value)
  if (typeof value === 'string') return value
  if (typeof value !== 'object') return ''
  const parts = Object.entries(value).map(([name, inner]) => `${labelOf(name)} ${shown(name, inner)}`)
  return parts.length === 0 ? 'none' : parts.join(', ')
}

/** Workloads that are alike but for their name and their start share a table. */
function workloadTables({ plan: { scenario }, document }: ReportFacts): Block[] {
  const typed: readonly unknown[] = Array.isArray(document['workloads']) ? document['workloads'] : []
  const rows = scenario.workloads.map((spec, at) => ({ spec, typed: record(typed[at]) }))
  const groups = [...Map.groupBy(rows, ({ spec, typed: own }) => alikeKey(spec, own)).values()]
  return groups.flatMap((group, at) => {
    const [first] = group
    if (first === undefined) return []
    const specs = group.map(({ spec }) => spec)
    const title = `Workload: ${clean(namesOf(specs.map(({ name }) => name)))}`
    const all = [...settings(specs, first.typed), ...params(first.spec, first.typed)]
    return [{ kind: 'table', id: `inputs-workload-${at + 1}`, title, columns: COLUMNS, rows: rowsOf(all) }]
  })
}

function alikeKey(spec: WorkloadSpec, typed: Readonly<Record<string, unknown>>): string {
  const { name: _, startS: __, ...rest } = spec
  return JSON.stringify([rest, Object.keys(record(typed['params'])), Object.keys(typed)])
}

function settings(specs: readonly WorkloadSpec[], typed: Readonly<Record<string, unknown>>): Row[] {
  const [spec] = specs
  if (spec === undefined) return []
  const source = (key: string): string => (Object.hasOwn(typed, key) ? 'plan' : 'default')
  const starts = specs.map(({ startS }) => startS)
  const [from, to] = [Math.min(...starts), Math.max(...starts)]
  const { limits, memcg } = spec
  const groups = [
    memcg.maxBytes === null ? '' : `max ${size(memcg.maxBytes)}`,
    memcg.highBytes === null ? '' : `high ${size(memcg.highBytes)}`,
    memcg.swapMaxBytes === null ? '' : `swap max ${size(memcg.swapMaxBytes)}`,
  ].filter(text => text !== '')
  return [
    ['kind', workloadNamed(spec.kind)?.title ?? spec.kind, 'plan'],
    ['strategy', strategyNamed(spec.strategy)?.title ?? spec.strategy, source('strategy')],
    ['instances', specs.length === 1 ? count(spec.count) : `${count(spec.count)} each`, source('count')],
    [
      'start',
      `${from === to ? time(from) : `${time(from)} to ${time(to)}`}${spec.staggerS > 0 ? `, each ${time(spec.staggerS)} after the one before` : ''}`,
      source('start'),
    ],
    ...(spec.stopS === null ? [] : [['stop', time(spec.stopS), source('stop')] as const]),
    [
      'RLIMIT_MEMLOCK',
      `${limitText(limits.memlockBytes)}${limits.capIpcLock ? ', lifted by CAP_IPC_LOCK' : ''}`,
      Object.hasOwn(typed, 'limits')
        ? 'plan'
        : 'default: what systemd gives to services, and the kernel since 5.16',
    ],
    ...(groups.length === 0 ? [] : [['memory cgroup', groups.join(', '), source('memcg')] as const]),
    ...(spec.oomScoreAdj === 0
      ? []
      : [['oom_score_adj', String(spec.oomScoreAdj), source('oomScoreAdj')] as const]),
  ]
}

function params(spec: WorkloadSpec, typed: Readonly<Record<string, unknown>>): Row[] {
  const of = (specs: readonly ParamSpec[], values: WorkloadSpec['params'], own: unknown): Row[] => {
    const written = writeParams(withDefaults(specs, values), specs)
    return specs.map(one => [
      one.title,
      optionTitle(one, written[one.id]),
      Object.hasOwn(record(own), one.id) ? 'plan' : `default: ${one.source}`,
    ])
  }
  return [
    ...of(workloadNamed(spec.kind)?.params ?? [], spec.params, typed['params']),
    ...of(strategyNamed(spec.strategy)?.params ?? [], spec.strategyParams, typed['strategyParams']),
  ]
}

const MOST_SHOWN = 200

function optionTitle({ options = [], id }: ParamSpec, value: unknown): string {
  const title = options.find(option => option.id === value)?.title
  const text = title ?? (typeof value === 'string' && value === '' ? 'none' : shown(id, value))
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}… (all of it is in the plan file)` : text
}
