/**
 * Unit costs from measured programs: non-negative least squares in relative error. What was known before is one weak
 * equation for each unit cost, so that what no row tells apart stays where physics puts it.
 */
import type { Phase, WorkKind } from '../work.ts'
import type { CostPrior } from './cost-kinds.ts'
import { workAmounts, type Residuals, type UnitCost, type WorkAmount } from './costs.ts'
import { deviations, normalEquations, solveNonNegative, without, type Equation } from './non-negative.ts'
import { quantile } from './quantile.ts'

/** A measured program: its work and the time it took. */
export interface MeasuredRow {
  readonly name: string
  readonly phases: readonly Phase[]
  readonly timeNs: number
  /** How far the time may be off by the way it was printed or clocked. */
  readonly resolutionNs: number
}

export interface FitOptions {
  /** One for every kind of work; kinds that no row has keep it. */
  readonly priors: readonly CostPrior[]
  readonly cacheBytes: number
  /** Share of its time by which a row is expected to be off, besides its resolution. Default 0.02. */
  readonly relativeError?: number
  /** Names of rows that are predicted but not fitted to. */
  readonly holdout?: readonly string[]
  /** Where the measured rows come from. */
  readonly source: string
  /** Whether each row is predicted by the others as well, which takes a fit for each. Default true. */
  readonly leaveOneOut?: boolean
}

export interface FittedRow {
  readonly name: string
  readonly timeNs: number
  readonly predictedNs: number
  /** predicted / measured - 1. */
  readonly error: number
  /** The same by a fit to all other rows; of a row that was held out, or without `leaveOneOut`, the same number. */
  readonly looError: number
  readonly heldOut: boolean
}

export interface FitResult {
  readonly units: readonly UnitCost[]
  readonly rows: readonly FittedRow[]
  /** Over the rows that were fitted to. */
  readonly residuals: Residuals
  /** Over the rows held out; null if there are none. */
  readonly holdout: Pick<Residuals, 'rows' | 'medianError' | 'p95Error' | 'maxError'> | null
  /** How many numbers were fitted. */
  readonly fittedCosts: number
  /** Kinds that no row has: they keep what was known before. */
  readonly undetermined: readonly WorkKind[]
}

/** One number to be found: the cost of a kind, or its extra cost beyond the caches. */
interface Column {
  readonly kind: WorkKind
  readonly beyondCache: boolean
  readonly priorNs: number
  readonly spreadNs: number
}

interface Solution {
  readonly ns: readonly number[]
  readonly spreadNs: readonly number[]
}

/** Finds the unit costs that say the measured times again. */
export function fitCosts(rows: readonly MeasuredRow[], options: FitOptions): FitResult {
  const held = new Set(options.holdout)
  const work = rows.map(row => workAmounts(row.phases, options.cacheBytes))
  const columns = columnsOf(
    work.filter((_, i) => !held.has(rows[i]?.name ?? '')),
    options.priors,
  )
  const equations = rows.map((row, i) => equationOf(row, work[i], columns, options.relativeError ?? 0.02))
  const used = equations.filter((_, i) => !held.has(rows[i]?.name ?? ''))
  const normal = normalEquations(
    used,
    columns.map(({ priorNs, spreadNs }) => priorNs / spreadNs),
  )
  const solution = solveNonNegative(normal)
  const fitted = rows.map((row, i): FittedRow => {
    const equation = equations[i] as Equation
    const heldOut = held.has(row.name)
    const error = errorOf(equation, solution)
    const looError =
      heldOut || options.leaveOneOut === false
        ? error
        : errorOf(equation, solveNonNegative(without(normal, equation)))
    return {
      name: row.name,
      timeNs: row.timeNs,
      predictedNs: (1 + error) * row.timeNs,
      error,
      looError,
      heldOut,
    }
  })
  const found = inNanoseconds(columns, solution, deviations(normal, solution), misfit(used, solution))
  const kinds = new Set(columns.map(({ kind }) => kind))
  return {
    units: options.priors.map(prior => unitOf(prior, columns, found, options.source)),
    rows: fitted,
    residuals: residualsOf(fitted.filter(row => !row.heldOut)),
    holdout: held.size === 0 ? null : residualsOf(fitted.filter(row => row.heldOut)),
    fittedCosts: columns.length,
    undetermined: options.priors.map(({ kind }) => kind).filter(kind => !kinds.has(kind)),
  }
}

/** What the rows can say something about. */
function columnsOf(work: readonly Map<WorkKind, WorkAmount>[], priors: readonly CostPrior[]): Column[] {
  return priors.flatMap(prior => {
    const amounts = work.map(row => row.get(prior.kind))
    const warm = { kind: prior.kind, beyondCache: false, priorNs: prior.ns, spreadNs: prior.spreadNs }
    const cold = {
      kind: prior.kind,
      beyondCache: true,
      priorNs: prior.beyondCacheNs,
      spreadNs: prior.beyondCacheSpreadNs,
    }
    return [
      ...(amounts.some(units => units !== undefined && units.amount > 0) ? [warm] : []),
      // Where nothing is said of a cost beyond the cache there is none.
      ...(cold.spreadNs > 0 && amounts.some(units => units !== undefined && units.beyondCache > 0)
        ? [cold]
        : []),
    ]
  })
}

/** A row as an equation. Unknowns are counted in their spreads, the row in how far it may be off. */
function equationOf(
  row: MeasuredRow,
  work: Map<WorkKind, WorkAmount> | undefined,
  columns: readonly Column[],
  relativeError: number,
): Equation {
  // Evenly spread over the last digit.
  const deviationNs = Math.hypot(relativeError * row.timeNs, row.resolutionNs / Math.sqrt(3))
  const terms = Float64Array.from(columns, ({ kind, beyondCache, spreadNs }) => {
    const units = work?.get(kind)
    if (units === undefined) return 0
    return ((beyondCache ? units.beyondCache : units.amount) * spreadNs) / deviationNs
  })
  return { terms, target: row.timeNs / deviationNs }
}

function errorOf({ terms, target }: Equation, solution: readonly number[]): number {
  let sum = 0
  terms.forEach((term, i) => (sum += term * (solution[i] ?? 0)))
  return sum / target - 1
}

/** By how much the rows are further off than they were expected to be; at least 1. */
function misfit(equations: readonly Equation[], solution: readonly number[]): number {
  let sum = 0
  for (const equation of equations) sum += (errorOf(equation, solution) * equation.target) ** 2
  return Math.sqrt(Math.max(1, sum / Math.max(1, equations.length - solution.length)))
}

function inNanoseconds(
  columns: readonly Column[],
  solution: readonly number[],
  deviation: readonly number[],
  factor: number,
): Solution {
  return {
    ns: columns.map(({ spreadNs }, i) => (solution[i] ?? 0) * spreadNs),
    spreadNs: columns.map(({ spreadNs }, i) => Math.min(1, (deviation[i] ?? 0) * factor) * spreadNs),
  }
}

function unitOf(prior: CostPrior, columns: readonly Column[], found: Solution, source: string): UnitCost {
  const warm = columns.findIndex(({ kind, beyondCache }) => kind === prior.kind && !beyondCache)
  const cold = columns.findIndex(({ kind, beyondCache }) => kind === prior.kind && beyondCache)
  return {
    kind: prior.kind,
    ns: found.ns[warm] ?? prior.ns,
    spreadNs: found.spreadNs[warm] ?? prior.spreadNs,
    beyondCacheNs: found.ns[cold] ?? prior.beyondCacheNs,
    beyondCacheSpreadNs: found.spreadNs[cold] ?? prior.beyondCacheSpreadNs,
    basis: warm < 0 ? 'estimated' : 'fitted',
    source: warm < 0 ? prior.source : source,
    meaning: prior.meaning,
  }
}

function residualsOf(rows: readonly FittedRow[]): Residuals {
  const errors = rows.map(({ error }) => Math.abs(error))
  const loo = rows.map(({ looError }) => Math.abs(looError))
  return {
    rows: rows.length,
    medianError: quantile(errors, 0.5),
    p95Error: quantile(errors, 0.95),
    maxError: quantile(errors, 1),
    looMedianError: quantile(loo, 0.5),
    looP95Error: quantile(loo, 0.95),
    looMaxError: quantile(loo, 1),
  }
}
