/** What a prediction rests on: evidence for its kernel, its cost table and its pressure, and what it leaves out. */
import { CONFORMANCE, type ConformanceRow } from '../data/conformance.ts'
import { EXPERIMENT_ERRORS } from '../data/experiment-errors.ts'
import type { ExperimentErrorRow } from '../data/experiments.ts'
import { kernelNamed } from '../kernels/releases.ts'
import type { Scenario } from '../scenario.ts'
import type { CostTable, Residuals } from '../sim/costs.ts'
import { DEFAULT_COSTS } from '../sim/default-costs.ts'
import { curveFigure, HOST_FIGURES, WORKLOAD_FIGURES } from '../sim/figures.ts'
import type { RunResult, Trust } from '../sim/result.ts'
import { workloadScript } from '../sim/workload-script.ts'
import { leftOutOf, wasShort, type LeftOut } from './fidelity/limits.ts'
import type { Judged } from './findings/rule.ts'

export type { LeftOut } from './fidelity/limits.ts'

/** `recorded`: compared with that kernel, field by field. `dated`: built from the dates of changes that are known. */
export type KernelBasis = 'recorded' | 'near a recorded one' | 'dated'

export interface KernelEvidence {
  readonly name: string
  readonly title: string
  readonly basis: KernelBasis
  /** The recordings that speak for it; null where none is near. */
  readonly compared: ConformanceRow | null
  readonly sentence: string
}

export interface CostEvidence {
  readonly id: string
  readonly title: string
  readonly source: string
  readonly residuals: Residuals
  /** Kinds of work with a fitted cost, and all of them. */
  readonly fittedKinds: number
  readonly kinds: number
  /** Whether the table is the one that the program comes with, of a machine that is not this one. */
  readonly isDefault: boolean
  readonly sentence: string
}

export interface PressureEvidence {
  /** Whether memory was short in this run: only then the experiments bear on it. */
  readonly bears: boolean
  /** The experiments whose accesses, backing and swap are like those of the run; all where it was not short. */
  readonly experiments: readonly ExperimentErrorRow[]
  readonly sentence: string
}

/** One figure or curve of the run, how far to trust it, and why. */
export interface FigureEvidence {
  /** `VmLck`, `host.swapInBytes`, `timeUntilReadyS` … */
  readonly figure: string
  readonly kind: 'curve' | 'host' | 'workload'
  readonly trust: Trust
  readonly formula: string
  readonly rule: string
}

export interface Fidelity {
  readonly kernel: KernelEvidence
  readonly costs: CostEvidence
  readonly pressure: PressureEvidence
  /** Exact ones first, then expected, then estimated. */
  readonly figures: readonly FigureEvidence[]
  readonly leftOut: readonly LeftOut[]
  /** All of it in a few sentences. */
  readonly summary: readonly string[]
}

/** The part of a run that is looked at; a report without its points will do. */
export type FidelityRun = Judged & {
  readonly costs: string
  readonly series: readonly Pick<RunResult['series'][number], 'name' | 'trust'>[]
}

/**
 * What the prediction of a run rests on. `costs` is the table that it was made with; without it the engine's own stands
 * in where the id agrees.
 */
export function fidelityOf(run: FidelityRun, scenario: Scenario, costs: CostTable = DEFAULT_COSTS): Fidelity {
  const kernel = kernelEvidence(scenario)
  const cost = costEvidence(costs)
  const pressure = pressureEvidence(run, scenario)
  const mapped = scenario.workloads.map(spec => ({
    spec,
    areas: workloadScript(scenario, spec).script.areas,
  }))
  const leftOut = leftOutOf({ run, scenario, mapped })
  const figures = figuresOf(run)
  const left =
    leftOut.length === 0
      ? 'Nothing that the model leaves out is known to bear on this plan.'
      : `The plan touches ${leftOut.length} thing${leftOut.length === 1 ? '' : 's'} that the model simplifies.`
  return {
    ...{ kernel, costs: cost, pressure, figures, leftOut },
    summary: [kernel.sentence, cost.sentence, pressure.sentence, left],
  }
}

function kernelEvidence(scenario: Scenario): KernelEvidence {
  const { name, plus, minus } = scenario.kernel
  const offered = kernelNamed(name)
  const title = offered?.title ?? name
  const release = offered?.release ?? name
  const compared = CONFORMANCE.find(({ kernel }) => kernel === release) ?? null
  const changed = plus.length + minus.length
  const isRecorded = compared !== null && compared.kernel === name && changed === 0
  if (compared === null)
    return {
      ...{ name, title, compared, basis: 'dated' },
      sentence: `${title} was not compared with a running kernel: its rules follow the dates of changes that are known.`,
    }
  const programs = compared.handPrograms + compared.randomPrograms
  const equal = compared.handEqual + compared.randomEqual
  const figures = `${equal} of ${programs} programs equal Linux ${compared.version} in every field`
  if (isRecorded)
    return { ...{ name, title, compared, basis: 'recorded' }, sentence: `Rules of ${title}: ${figures}.` }
  const why = changed > 0 ? `${changed} change${changed === 1 ? '' : 's'} of the plan` : 'its own backports'
  return {
    ...{ name, title, compared, basis: 'near a recorded one' },
    sentence: `Rules of ${title} are those of ${release} with ${why}; of ${release}, ${figures}.`,
  }
}

function costEvidence(table: CostTable): CostEvidence {
  const { id, title, source, residuals, units } = table
  const isDefault = id === DEFAULT_COSTS.id
  const { rows, medianError, looP95Error } = residuals
  const where = isDefault ? 'another machine than yours' : title
  return {
    ...{ id, title, source, residuals, isDefault },
    fittedKinds: units.filter(({ basis }) => basis === 'fitted').length,
    kinds: units.length,
    sentence: `Times use the cost table ${id}, of ${where}: median error ${percent(medianError)} over ${rows} measured rows, ${percent(looP95Error)} at the 95th percentile for rows left out.`,
  }
}

function pressureEvidence(run: FidelityRun, scenario: Scenario): PressureEvidence {
  if (!wasShort(run))
    return {
      bears: false,
      experiments: EXPERIMENT_ERRORS,
      sentence: 'Memory was never short: no estimate of reclaim enters the figures.',
    }
  const like = EXPERIMENT_ERRORS.filter(row => isLike(row, scenario))
  const experiments = like.length > 0 ? like : EXPERIMENT_ERRORS
  const worst = Math.max(0, ...experiments.map(({ curves }) => curves.residentPages?.meanPercent ?? 0))
  const faults = Math.max(0, ...experiments.map(({ curves }) => curves.majorFaults?.meanPercent ?? 0))
  return {
    ...{ bears: true, experiments },
    sentence: `Memory was short. In ${experiments.length} measured experiments of that kind resident memory was off by ${worst.toFixed(1)} % on average at most, major faults by ${faults.toFixed(1)} %.`,
  }
}

function isLike(row: ExperimentErrorRow, scenario: Scenario): boolean {
  const { machine } = scenario
  const areas = scenario.workloads.flatMap(spec => workloadScript(scenario, spec).script.areas)
  const accessed = areas.filter(({ access }) => access !== null)
  const kinds = new Set(accessed.map(({ access }) => access?.popularity.kind))
  const files = accessed.some(({ backing, sharing }) => backing === 'file' && sharing === 'shared')
  if (!kinds.has(row.popularity)) return false
  if (row.backing === 'file') return files
  const inMemory = machine.swap.some(({ device }) => device.startsWith('zram'))
  return (
    machine.swap.length > 0 && (row.swap === 'zram') === inMemory && row.readAhead === machine.pageCluster > 0
  )
}

const TRUST_ORDER: readonly Trust[] = ['exact', 'expected', 'estimated']

function figuresOf(run: FidelityRun): FigureEvidence[] {
  const curves = [...new Map(run.series.map(series => [series.name, series])).values()].flatMap(
    ({ name, trust }): FigureEvidence[] => {
      const kind = curveFigure(name)
      return kind === undefined
        ? []
        : [{ figure: name, kind: 'curve', trust, formula: kind.formula, rule: kind.rule }]
    },
  )
  const of = (kind: 'host' | 'workload', list: typeof HOST_FIGURES): FigureEvidence[] =>
    Object.entries(list).map(([figure, { trust, formula, rule }]) => ({ figure, kind, trust, formula, rule }))
  const all = [...curves, ...of('host', HOST_FIGURES), ...of('workload', WORKLOAD_FIGURES)]
  return all.toSorted((a, b) => TRUST_ORDER.indexOf(a.trust) - TRUST_ORDER.indexOf(b.trust))
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
