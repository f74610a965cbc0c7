/** The default cost table: fitted to the published populate times. */
import { COST_PRIORS } from '../cost-kinds.ts'
import type { CostTable, UnitCost } from '../costs.ts'
import { fitCosts, type FitResult, type MeasuredRow } from '../fit-costs.ts'
import { publishedRows, workOfRow } from './populate-rows.ts'

/**
 * Assumed: the processor is not named. The rows are far on either side (2 MiB and 4096 MiB): with 4 or 64 MiB instead
 * the errors of the fit differ by no more than half a point.
 */
export const PUBLISHED_CACHE_BYTES = 16 * 2 ** 20

export const PUBLISHED_SOURCE = 'fitted to the 190 populate times published with 4ca9b3859dac (v5.14)'

/** The published rows with the work that the model does for them. */
export function measuredPublishedRows(): MeasuredRow[] {
  return publishedRows().map(row => ({
    name: row.name,
    phases: workOfRow(row),
    timeNs: row.timeNs,
    resolutionNs: row.resolutionNs,
  }))
}

export function fitPublished(rows: readonly MeasuredRow[] = measuredPublishedRows()): FitResult {
  return fitCosts(rows, {
    priors: COST_PRIORS,
    cacheBytes: PUBLISHED_CACHE_BYTES,
    source: PUBLISHED_SOURCE,
  })
}

/** The fit as a table, rounded to what it is good for. */
export function publishedTable(fit: FitResult): CostTable {
  return {
    id: 'desktop-2021',
    title: 'Desktop x86-64 of 2021, Linux 5.13 with MADV_POPULATE',
    source: PUBLISHED_SOURCE,
    cacheBytes: PUBLISHED_CACHE_BYTES,
    units: fit.units.map(rounded),
    residuals: fit.residuals,
  }
}

function rounded(unit: UnitCost): UnitCost {
  return {
    ...unit,
    ns: digits(unit.ns),
    spreadNs: digits(unit.spreadNs),
    beyondCacheNs: digits(unit.beyondCacheNs),
    beyondCacheSpreadNs: digits(unit.beyondCacheSpreadNs),
  }
}

const digits = (value: number): number => Number(value.toPrecision(4))
