/** Unit costs of a machine from its measured programs, and how well they predict programs that were held out. */
import type { WorkKind } from '../../work.ts'
import { COST_PRIORS, type CostPrior } from '../cost-kinds.ts'
import { ABOUT_PAGES, type CostTable, type Residuals, type UnitCost } from '../costs.ts'
import { DEFAULT_COSTS } from '../default-costs.ts'
import { fitCosts, type FitResult, type FittedRow, type MeasuredRow } from '../fit-costs.ts'
import { quantile } from '../quantile.ts'
import { nameOfStep, type MeasuredStep } from './measured.ts'

export interface TableNames {
  readonly id: string
  readonly title: string
  /** Machine, kernel, date, tool: where the figures are from. */
  readonly source: string
}

/** A measured step beside what was predicted for it. */
export interface CalibratedRow {
  readonly program: string
  readonly family: string
  readonly step: string
  readonly bytes: number
  readonly ns: number
  /** How far that may be off, as a share. */
  readonly spread: number
  readonly clock: MeasuredStep['clock']
  readonly samples: number
  readonly predictedNs: number
  /** predicted / measured - 1. */
  readonly error: number
  /** Predicted by a fit that had not seen its program. */
  readonly heldOut: boolean
}

export type HeldOutErrors = Pick<Residuals, 'rows' | 'medianError' | 'p95Error' | 'maxError'>

export interface CalibrationFit {
  /** Fitted to all programs. */
  readonly table: CostTable
  /** Every row predicted by the fit to two thirds of the programs. */
  readonly rows: readonly CalibratedRow[]
  /** Over the third that was held out; null where there were too few programs for that. */
  readonly heldOut: HeldOutErrors | null
  readonly fittedOn: HeldOutErrors
  /** How much slower than that of the default table this machine is: what was not measured is scaled by it. */
  readonly slowness: number
  /** Kinds of work that no program has here. */
  readonly unmeasured: readonly WorkKind[]
}

const MIB = 2 ** 20
/** By so much of their time rows may be off, besides their spread: the model counts work in kinds, not in instructions. */
const RELATIVE_ERROR = 0.05
/** Caches that are tried: the one that the rows agree with is taken, since a part of a shared one may be all there is. */
const CACHES = [1, 2, 4, 8, 16, 32, 64, 128].map(mib => mib * MIB)
/** A row that is over sooner than this is the clock as much as the kernel. */
const SHORTEST_NS = 500

/** The same measurements give the same table, to the last digit. */
export function fitCalibration(measured: readonly MeasuredStep[], names: TableNames): CalibrationFit {
  const steps = measured.filter(({ ns, samples }) => samples > 0 && ns >= SHORTEST_NS)
  const rows = steps.map(rowOf)
  const holdout = heldOutRows(steps)
  const { source } = names
  const fitWith = (
    cacheBytes: number,
    priors: readonly CostPrior[],
    held: readonly string[],
    leaveOneOut = false,
  ): FitResult =>
    fitCosts(rows, { priors, cacheBytes, holdout: held, source, leaveOneOut, relativeError: RELATIVE_ERROR })
  const first = fitWith(DEFAULT_COSTS.cacheBytes, priorsOf(1), holdout)
  const slowness = slownessOf(first)
  const priors = priorsOf(slowness)
  const cacheBytes = bestCache(cache => fitWith(cache, priors, holdout))
  const tested = fitWith(cacheBytes, priors, holdout)
  const whole = fitWith(cacheBytes, priors, [], true)
  return {
    table: tableOf(whole, cacheBytes, names),
    rows: steps.map((step, i) => calibratedRow(step, tested.rows[i])),
    heldOut: tested.holdout === null ? null : errorsOf(tested.rows.filter(row => row.heldOut)),
    fittedOn: errorsOf(tested.rows.filter(row => !row.heldOut)),
    slowness,
    unmeasured: whole.undetermined,
  }
}

function rowOf(step: MeasuredStep): MeasuredRow {
  return { name: nameOfStep(step), phases: step.phases, timeNs: step.ns, resolutionNs: step.spreadNs }
}

/**
 * A third: of each family one size in turn, so that all its steps at that size are predicted and no kind of work is only
 * known from what is held out. Families of one size are fitted to.
 */
export function heldOutRows(steps: readonly MeasuredStep[]): string[] {
  const families = [...Map.groupBy(steps, ({ family }) => family).values()]
  return families.flatMap((family, i) => {
    const sizes = [...new Set(family.map(({ bytes }) => bytes))].sort((a, b) => a - b)
    const held = sizes.length < 2 ? undefined : sizes[i % sizes.length]
    return family.filter(({ bytes }) => bytes === held).map(nameOfStep)
  })
}

/** What is known of the default machine, at another speed. */
function priorsOf(slowness: number): CostPrior[] {
  const units = new Map(DEFAULT_COSTS.units.map(unit => [unit.kind, unit]))
  return COST_PRIORS.map(prior => {
    const unit = units.get(prior.kind)
    const ns = (unit?.ns ?? prior.ns) * slowness
    const beyondCacheNs = (unit?.beyondCacheNs ?? prior.beyondCacheNs) * slowness
    return {
      ...{ kind: prior.kind, meaning: prior.meaning, ns, beyondCacheNs },
      spreadNs: Math.max(ns, prior.spreadNs * slowness),
      beyondCacheSpreadNs: Math.max(
        ABOUT_PAGES.includes(prior.kind) ? ns : beyondCacheNs,
        prior.beyondCacheSpreadNs * slowness,
      ),
      source: slowness === 1 ? prior.source : `not measured: the default table times ${slowness.toFixed(2)}`,
    }
  })
}

/** The middle ratio of the costs that the rows tell well. */
function slownessOf({ units }: FitResult): number {
  const before = new Map(DEFAULT_COSTS.units.map(unit => [unit.kind, unit.ns]))
  const ratios = units.flatMap(({ kind, ns, spreadNs, basis }) => {
    const usual = before.get(kind) ?? 0
    return basis === 'fitted' && ns > 0 && usual > 0 && spreadNs < ns / 2 ? [ns / usual] : []
  })
  return ratios.length === 0 ? 1 : quantile(ratios, 0.5)
}

/** By the rows that are fitted to: the held out ones have no say. */
function bestCache(fitWith: (cacheBytes: number) => FitResult): number {
  const scores = CACHES.map(cache => {
    const errors = fitWith(cache).rows.filter(row => !row.heldOut)
    return {
      cache,
      score: quantile(
        errors.map(({ error }) => Math.abs(error)),
        0.5,
      ),
    }
  })
  return scores.reduce((best, one) => (one.score < best.score ? one : best)).cache
}

function errorsOf(rows: readonly FittedRow[]): HeldOutErrors {
  const errors = rows.map(({ error }) => Math.abs(error))
  if (errors.length === 0) return { rows: 0, medianError: 0, p95Error: 0, maxError: 0 }
  return {
    rows: rows.length,
    medianError: quantile(errors, 0.5),
    p95Error: quantile(errors, 0.95),
    maxError: quantile(errors, 1),
  }
}

function calibratedRow(step: MeasuredStep, fitted: FittedRow | undefined): CalibratedRow {
  if (fitted === undefined) throw new Error('every step has a row')
  const { program, family, step: name, bytes, ns, spreadNs, clock, samples } = step
  return {
    ...{ program, family, step: name, bytes, ns, clock, samples },
    spread: spreadNs / ns,
    predictedNs: fitted.predictedNs,
    error: fitted.error,
    heldOut: fitted.heldOut,
  }
}

function tableOf(fit: FitResult, cacheBytes: number, { id, title, source }: TableNames): CostTable {
  return { id, title, source, cacheBytes, units: fit.units.map(rounded), residuals: fit.residuals }
}

function rounded(unit: UnitCost): UnitCost {
  const digits = (value: number): number => Number(value.toPrecision(4))
  return {
    ...unit,
    ns: digits(unit.ns),
    spreadNs: digits(unit.spreadNs),
    beyondCacheNs: digits(unit.beyondCacheNs),
    beyondCacheSpreadNs: digits(unit.beyondCacheSpreadNs),
  }
}
