import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PROMISED } from '../../../../cli/cost-tables.ts'
import { COST_PRIORS } from '../../../../engine/sim/cost-kinds.ts'
import { costOfPhases } from '../../../../engine/sim/costs.ts'
import { DEFAULT_COSTS } from '../../../../engine/sim/default-costs.ts'
import { fitCosts } from '../../../../engine/sim/fit-costs.ts'
import {
  PUBLISHED_CACHE_BYTES,
  fitPublished,
  measuredPublishedRows,
} from '../../../../engine/sim/published/fit-published.ts'
import { guestStarts } from '../../../../engine/sim/published/guest-start.ts'
import { publishedRows } from '../../../../engine/sim/published/populate-rows.ts'
import { quantile } from '../../../../engine/sim/quantile.ts'
import { generated } from '../../../../scripts/fit-costs.ts'

const rows = measuredPublishedRows()
const fit = fitPublished(rows)

describe('the published populate times', () => {
  it('are 190 rows with names of their own, each of which does work', () => {
    expect(publishedRows()).toHaveLength(190)
    expect(new Set(rows.map(({ name }) => name)).size).toBe(190)
    expect(rows.filter(({ phases }) => phases.length === 0)).toEqual([])
  })

  it('are said again by the fit as closely as promised', () => {
    const found = { ...fit.residuals, fittedCosts: fit.fittedCosts }
    for (const [name, most] of Object.entries(PROMISED))
      expect(found[name as keyof typeof PROMISED], name).toBeLessThanOrEqual(most)
  })

  it('are predicted by the default table as by the fit', () => {
    rows.forEach((row, i) => {
      expect(costOfPhases(DEFAULT_COSTS, row.phases) / fit.rows[i]!.predictedNs, row.name).toBeCloseTo(1, 3)
    })
  })

  it('of tmpfs are predicted from all the others nearly as well', () => {
    const holdout = rows.filter(({ name }) => name.includes('tmpfs')).map(({ name }) => name)
    const without = fitCosts(rows, {
      priors: COST_PRIORS,
      cacheBytes: PUBLISHED_CACHE_BYTES,
      source: '',
      holdout,
    })
    expect(without.holdout).toMatchObject({ rows: 32 })
    expect(without.holdout!.medianError).toBeLessThan(0.02)
    expect(without.holdout!.p95Error).toBeLessThan(0.08)
  })

  it('hold for small pages alone: huge ones are easy', () => {
    const small = fit.rows.filter(({ name }) => !name.includes('hugetlb')).map(({ error }) => Math.abs(error))
    expect(small).toHaveLength(116)
    expect(quantile(small, 0.5)).toBeLessThan(0.015)
    expect(quantile(small, 0.95)).toBeLessThan(0.08)
  })

  it('say of every row what the page cache held', () => {
    const held = new Map(
      publishedRows().map(({ mapping, backing, pageCache }) => [`${mapping} ${backing}`, pageCache]),
    )
    expect([...held]).toMatchInlineSnapshot(`
      [
        [
          "private anonymous",
          "no file",
        ],
        [
          "private memfd",
          "all pages",
        ],
        [
          "private memfd hugetlb",
          "empty",
        ],
        [
          "private tmpfs",
          "all pages",
        ],
        [
          "private file",
          "all pages",
        ],
        [
          "private hugetlbfs",
          "empty",
        ],
        [
          "shared anonymous",
          "empty",
        ],
        [
          "shared anonymous hugetlb",
          "empty",
        ],
        [
          "shared memfd",
          "empty",
        ],
        [
          "shared memfd hugetlb",
          "empty",
        ],
        [
          "shared tmpfs",
          "empty",
        ],
        [
          "shared file",
          "empty, the file a hole",
        ],
        [
          "shared hugetlbfs",
          "empty",
        ],
      ]
    `)
  })
})

describe('generated files', () => {
  it('are up to date: npm run fit-costs', async () => {
    for (const [file, text] of Object.entries(await generated()))
      expect(readFileSync(file, 'utf8'), file).toBe(text)
  })
})

describe('published guest starts', () => {
  it('are said again within 15 %, half of them within 4 %', () => {
    const errors = guestStarts().map(({ error }) => Math.abs(error))
    expect(Math.max(...errors)).toBeLessThan(0.15)
    expect(errors.sort((a, b) => a - b)[4]).toBeLessThan(0.04)
  })
})
