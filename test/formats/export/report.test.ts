import { describe, expect, it } from 'vitest'
import { HOST_FIGURES } from '../../../engine/sim/figures.ts'
import type { Block, ReportDocument } from '../../../formats/export/report/document.ts'
import { tablesOf } from '../../../formats/export/report/document.ts'
import { clean, namesOf, plain } from '../../../formats/export/report/words.ts'
import { HOSTILE, subjectOf, templateDocument } from '../../support/reports.ts'

const first = ({ sections }: ReportDocument): readonly Block[] => sections[0]?.blocks ?? []
const kinds = (report: ReportDocument): string[] => first(report).map(({ kind }) => kind)

describe('a report', () => {
  it('says on page one the verdict in words, where memory is, the chart that decides, and what to change', async () => {
    const { report } = await subjectOf(templateDocument('kvm-host'))
    expect(kinds(report)).toEqual([
      'verdict',
      'paragraph',
      'bar',
      'figure',
      'paragraph',
      'heading',
      'paragraph',
    ])
    expect(first(report)[0]).toMatchObject({ tone: 'good', headline: 'The plan holds' })
  })

  it('of a plan that does not hold names at most three findings, and the limit to raise', async () => {
    const { report } = await subjectOf(templateDocument('model-server'))
    expect(first(report)[0]).toMatchObject({ tone: 'bad', headline: 'The plan does not hold' })
    expect(kinds(report).filter(kind => kind === 'finding').length).toBeLessThanOrEqual(3)
    const list = first(report).find(block => block.kind === 'list')
    expect(plain(list?.items[0] ?? [])).toMatch(/^Raise RLIMIT_MEMLOCK of llama from 8 MiB to at least \d/)
  })

  it('draws the chart that the verdict hangs on: memory where somebody is killed, locks where one is refused', async () => {
    const deciding = async (id: string): Promise<string | undefined> =>
      first((await subjectOf(templateDocument(id))).report).find(block => block.kind === 'figure')?.chart.id
    expect(await deciding('out-of-memory')).toBe('host-memory')
    expect(await deciding('hugetlb-pool-too-small')).toBe('host-memory')
    const refused = {
      ...HOSTILE,
      workloads: HOSTILE.workloads.slice(0, 1).concat(HOSTILE.workloads.slice(2)),
    }
    expect(first((await subjectOf(refused)).report).find(block => block.kind === 'figure')?.chart.id).toBe(
      'locked',
    )
  })

  it('has its sections in order, whatever the plan', async () => {
    const { report } = await subjectOf({ ...HOSTILE, workloads: [] })
    expect(report.sections.map(({ id }) => id)).toEqual([
      ...[
        'summary',
        'inputs',
        'memory',
        'limits',
        'starts',
        'comparison',
        'risks',
        'configuration',
        'fidelity',
      ],
    ])
  })

  it('every reference leads to a note, every note is referred to, and has a formula and a rule', async () => {
    const { report } = await subjectOf(templateDocument('kvm-host'))
    const referred = new Set(
      Array.from(JSON.stringify(report.sections).matchAll(/"note":(\d+)/g), ([, n]) => Number(n)),
    )
    expect([...referred].sort((a, b) => a - b)).toEqual(report.notes.map(({ number }) => number))
    expect(report.notes.filter(({ formula, rule }) => formula === '' || rule === '')).toEqual([])
  })

  it('every figure of the host says what it rests on', async () => {
    const { report } = await subjectOf(templateDocument('kvm-host'))
    const host = tablesOf(report).find(({ id }) => id === 'host')
    expect(host?.rows).toHaveLength(Object.keys(HOST_FIGURES).length)
    expect(host?.rows.filter(([name]) => name?.note === undefined)).toEqual([])
  })

  it('inputs say whether they are of the plan, of the preset, or a default with its source', async () => {
    const { report } = await subjectOf({ ...HOSTILE, machine: { preset: 'edge-64', swappiness: 10 } })
    const machine = tablesOf(report).find(({ id }) => id === 'inputs-machine')
    const row = (name: string): unknown =>
      machine?.rows.find(([first]) => first?.text === name)?.map(({ text }) => text)
    expect(row('swappiness')).toEqual(['swappiness', '10', 'plan'])
    expect(row('cpus')).toEqual(['cpus', '16', 'preset edge-64: Processors that threads run on.'])
  })

  it('limits stand line by line, beside what other systems would set', async () => {
    const { report } = await subjectOf(templateDocument('realtime-guest'))
    const ids = tablesOf(report).map(({ id }) => id)
    expect(ids).toContain('limits-derivation-1')
    const systems = tablesOf(report).find(({ id }) => id.startsWith('limits-systems'))
    expect(new Set(systems?.rows.map(([system]) => system?.text).filter(text => text !== ''))).toContain(
      'libvirt',
    )
  })

  it('processes, workloads and events that are alike stand once', async () => {
    const alike = Array.from({ length: 40 }, (_, at) => ({ name: `vault-${at}`, kind: 'secrets' }))
    const { report } = await subjectOf({ ...HOSTILE, workloads: alike })
    const rows = (id: string): number | undefined =>
      tablesOf(report).find(table => table.id === id)?.rows.length
    expect([rows('limits'), rows('workloads'), rows('starts')]).toEqual([1, 1, 1])
    expect(namesOf(['a', 'b', 'c', 'd'])).toBe('a … d (4)')
  })

  it('guests that differ by their name alone have one table of what other systems set', async () => {
    const alike = Array.from({ length: 12 }, (_, at) => ({
      name: `guest-${at}`,
      kind: 'qemu-guest',
      params: { ram: '1 GiB' },
    }))
    const { report } = await subjectOf({ ...HOSTILE, workloads: alike })
    expect(tablesOf(report).filter(({ id }) => id.startsWith('limits-systems'))).toHaveLength(1)
  })

  it('compares what was asked, else what the plan does, else the usual ways to lock', async () => {
    const titles = async (document: object, axis?: string): Promise<string[] | undefined> =>
      tablesOf((await subjectOf(document, axis)).report)
        .find(({ id }) => id === 'comparison')
        ?.columns.slice(2)
        .map(({ title }) => title)
    expect(await titles(HOSTILE)).toEqual(['as planned', 'nothing locked', 'locked on fault'])
    expect(await titles(HOSTILE, 'machine.swappiness=1,60')).toEqual(['1', '60'])
    expect(await titles(templateDocument('lock-on-fault'))).toEqual(['mlock', 'mlock-onfault', 'none'])
  })

  it('is made again to the last sign', async () => {
    const [a, b] = await Promise.all([subjectOf(HOSTILE), subjectOf(HOSTILE)])
    expect(a.report).toEqual(b.report)
  })

  it('shows what cannot be seen, and leaves the rest of a name as it is', async () => {
    expect(clean('\u202ea\u001b[31m<b>')).toBe('\\u{202e}a\\u{1b}[31m<b>')
    const { report } = await subjectOf(HOSTILE)
    expect(JSON.stringify(report)).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
  })
})
