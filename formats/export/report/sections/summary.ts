/** Page one: it stands alone. Verdict in words, where memory is, the chart that decides, findings, what to change. */
import { KINDS } from '../../../../charts/kinds.ts'
import { clock } from '../../../../charts/format.ts'
import type { ChartModel } from '../../../../charts/model.ts'
import { TIGHT_SHARE } from '../../../../engine/planner/locked-budget.ts'
import { kernelNamed } from '../../../../engine/kernels/releases.ts'
import type { MachineProfile } from '../../../../engine/scenario.ts'
import { workloadNamed } from '../../../../engine/workloads/index.ts'
import type { Finding } from '../../../../engine/sim/result.ts'
import { marksOf } from '../charts.ts'
import type { Block, Section, Words } from '../document.ts'
import type { ReportFacts } from '../facts.ts'
import {
  clean,
  count,
  limitText,
  namesOf,
  percent,
  plural,
  sentence,
  size,
  strong,
  time,
  words,
} from '../words.ts'

const MOST_FINDINGS = 3
const MOST_CHANGES = 4
const MOST_MARKS = 3

export function summarySection(facts: ReportFacts): Section {
  const findings = gravest(facts)
  return {
    id: 'summary',
    title: 'Verdict',
    blocks: [
      verdict(facts),
      { kind: 'paragraph', words: whatIsPlanned(facts) },
      bar(facts),
      decidingFigure(facts),
      ...(findings.length === 0
        ? [{ kind: 'paragraph', words: words('Nothing speaks against it: no findings.') } as const]
        : [{ kind: 'heading', title: 'Findings' } as const, ...findings.map(inShort)]),
      { kind: 'heading', title: 'What to change' },
      changes(facts),
    ],
  }
}

function verdict({ result, heldShare }: ReportFacts): Block {
  const { holds, sentence: said } = result.verdict
  const isTight = holds && heldShare >= TIGHT_SHARE
  return {
    kind: 'verdict',
    tone: !holds ? 'bad' : isTight ? 'warn' : 'good',
    headline: !holds
      ? 'The plan does not hold'
      : isTight
        ? 'The plan holds, with little room'
        : 'The plan holds',
    sentence: clean(sentence(said)),
  }
}

/** Presets have their size in their name. */
function machineWords({ name, ramBytes, cpus }: MachineProfile): string {
  const ram = size(ramBytes)
  return name.includes(ram) ? name : `${name} with ${ram} of RAM and ${plural(cpus, 'processor')}`
}

/** What runs where, in a sentence. */
function whatIsPlanned({ plan: { scenario }, result }: ReportFacts): Words {
  const { machine, workloads } = scenario
  const kinds = Map.groupBy(workloads, ({ kind }) => kind)
  const parts = [...kinds].map(([kind, rows]) => {
    const instances = rows.reduce((sum, row) => sum + row.count, 0)
    const title = workloadNamed(kind)?.title ?? kind
    return `${count(instances)} × ${title} (${namesOf(rows.map(({ name }) => name))})`
  })
  const kernel = kernelNamed(scenario.kernel.name)?.title ?? result.kernel
  const runs = parts.length === 0 ? 'Nothing' : parts.join(', ')
  return words(strong(runs), ` on ${machineWords(machine)}, ${kernel}, over ${time(scenario.horizonS)}.`)
}

function bar({ budget, tightest, result, notes, heldShare }: ReportFacts): Block {
  const { host } = result
  const parts = KINDS.map(({ part, label, colour }) => {
    const bytes = budget.parts[part][tightest] ?? 0
    return { part, label, colour, bytes, text: size(bytes) }
  }).filter(({ bytes }) => bytes > 0)
  const heldNote = notes.of('Memory that cannot be given back', ['host.peakHeldBytes'])
  const budgetNote = notes.of('Safe budget of locked memory', ['host.safeLockedBudgetBytes'])
  const held = { text: size(host.peakHeldBytes), style: 'strong' as const }
  const safe = { text: size(host.safeLockedBudgetBytes), style: 'strong' as const }
  return {
    kind: 'bar',
    title: `Memory of the host when least is free, at ${clock(budget.timesS[tightest] ?? 0)}`,
    totalBytes: budget.memTotalBytes,
    parts,
    words: words(
      'Locked or pinned, so that it cannot be given back: at most ',
      { ...held, ...(heldNote === undefined ? {} : { note: heldNote }) },
      ' of ',
      { ...safe, ...(budgetNote === undefined ? {} : { note: budgetNote }) },
      ` that are safe on this host${Number.isFinite(heldShare) ? ` (${percent(heldShare)})` : ''}.`,
    ),
  }
}

/** The chart that the verdict hangs on, and why. */
export function decisive({ result, charts, heldShare }: ReportFacts): {
  readonly chart: ChartModel
  readonly why: string
} {
  const has = (...ids: readonly string[]): boolean => result.findings.some(({ id }) => ids.includes(id))
  const kinds = new Set(result.events.map(({ kind }) => kind))
  if (kinds.has('oom-kill') || kinds.has('memcg-oom-kill'))
    return { chart: charts.hostMemory, why: 'Memory runs out: this is where it goes.' }
  if (result.refusals.length > 0 && charts.locked.layers.length > 0)
    return {
      chart: charts.locked,
      why: 'The kernel refuses memory: this is what is locked, and when it stops growing.',
    }
  if (result.refusals.length > 0)
    return {
      chart: charts.hostMemory,
      why: 'The kernel refuses to lock: this is where memory is without it.',
    }
  if (kinds.has('swap-full') || kinds.has('low-memory') || has('thrashing'))
    return { chart: charts.hostMemory, why: 'Memory gets short: this is where it goes.' }
  if (has('mmap-lock-stall') && charts.mmapLock.layers.length > 0)
    return { chart: charts.mmapLock, why: 'Threads wait for the mmap lock: this is who holds it.' }
  if (heldShare < 0.5 && charts.locked.layers.some(({ isHatched }) => isHatched === true))
    return {
      chart: charts.locked,
      why: 'Less is resident than is locked: the hatched part is locked and absent.',
    }
  return { chart: charts.hostMemory, why: 'What decides is how much of the host is left.' }
}

function decidingFigure(facts: ReportFacts): Block {
  const { chart, why } = decisive(facts)
  return {
    kind: 'figure',
    id: 'deciding',
    chart,
    marks: marksOf(facts.marked),
    caption: words(
      strong(`${chart.title} [${chart.unit}]. `),
      `${why} ${chart.summary}`,
      ...markWords(facts),
    ),
  }
}

/** What the numbered marks are. */
export function markWords({ marked }: Pick<ReportFacts, 'marked'>): string[] {
  if (marked.length === 0) return []
  const said = marked.slice(0, MOST_MARKS).map((event, at) => `${at + 1}: ${event.workload}, ${event.text}`)
  return [` Marks: ${said.join('; ')}${marked.length > said.length ? '; and more under Start times' : ''}.`]
}

/** Findings of the run, then what is refused or ignored by configuration; the gravest first. */
function gravest({ result, compatibility }: ReportFacts): Finding[] {
  const order = { error: 0, warning: 1, note: 2 }
  const known = new Set(result.findings.map(({ title }) => title))
  const all = [...result.findings, ...compatibility.filter(({ title }) => !known.has(title))]
  return all.toSorted((a, b) => order[a.severity] - order[b.severity]).slice(0, MOST_FINDINGS)
}

export const findingBlock = ({ severity, title, detail, fix }: Finding): Block => ({
  ...{ kind: 'finding', severity, title: clean(title), detail: clean(detail) },
  fix: fix === null ? null : clean(fix),
})

/** Page one has room for the first sentence of a fix; the section Risks has all of it. */
function inShort(finding: Finding): Block {
  return findingBlock({ ...finding, fix: finding.fix === null ? null : firstSentence(finding.fix) })
}

function firstSentence(text: string): string {
  const [, first] = /^(.{20,}?[.!?])\s/.exec(text) ?? []
  return first ?? text
}

/** Limits that are too low, then what findings advise; each once. */
function changes({ result, limits, compatibility, plan }: ReportFacts): Block {
  const low = [
    ...Map.groupBy(
      limits.filter(({ verdict }) => verdict === 'too low'),
      limit => limit.neededBytes,
    ),
  ]
  const forLimits = low.map(([needed, all]) =>
    words(
      `Raise RLIMIT_MEMLOCK of ${namesOf(all.map(({ workload }) => workload))} from ${limitText(all[0]?.currentBytes ?? 0)} to at least `,
      strong(size(needed)),
      '; the section Limits says where.',
    ),
  )
  // Said above, with the limit that is needed for all of its calls and not for the first one alone.
  const isSaid = (fix: string): boolean => low.length > 0 && fix.startsWith('Raise the limit')
  const advice = [...new Set([...result.findings, ...compatibility].flatMap(({ fix }) => fix ?? []))]
    .filter(fix => !isSaid(fix))
    .map(firstSentence)
  const items = [...forLimits, ...advice.map(text => words(sentence(text)))].slice(0, MOST_CHANGES)
  const text =
    plan.scenario.workloads.length === 0
      ? 'The plan has no workloads yet: add what is to run on this host.'
      : 'Nothing has to change. The section Configuration has what to apply, and the command that verifies each part.'
  return items.length > 0
    ? { kind: 'list', isOrdered: true, items }
    : { kind: 'paragraph', words: words(text) }
}
