/** Data that says which edit it is of, so that what is found after a kill can be checked to the last byte. */
import type { RunResult } from '../../engine/sim/result.ts'

export const POINTS = 2_000
export const CURVES = 8

/** About 12 KiB, so that a revision spans several pages. */
export const bodyOf = (i: number): string => JSON.stringify({ i, text: `edit ${i} `.repeat(1_200) })

export function runOf(points: number, curves: number, i: number): RunResult {
  const values = new Float64Array(points).fill(i)
  return {
    format: 'holdfast-result/1',
    scenario: `run of edit ${i}`,
    kernel: '6.18',
    costs: 'default',
    horizonS: points,
    timesS: values,
    series: Array.from({ length: curves }, (_, n) => ({
      scope: 'host',
      name: `curve ${n}`,
      unit: 'bytes',
      trust: 'exact',
      shape: 'level',
      values,
    })),
    verdict: { holds: true, sentence: '' },
    host: HOST,
    workloads: [],
    events: [],
    refusals: [],
    waits: [],
    findings: [],
    explanations: [],
    steps: points,
  }
}

/** A host with nothing on it. */
export const HOST: RunResult['host'] = {
  memTotalBytes: 2 ** 36,
  minFreeBytes: 2 ** 26,
  peakUsedBytes: 2 ** 35,
  peakMlockedBytes: 0,
  peakUnevictableBytes: 0,
  peakSwapUsedBytes: 0,
  swapInBytes: 0,
  swapOutBytes: 0,
  directReclaimStallS: 0,
  kswapdRunS: 0.25,
  scannedLockedBytes: 0,
  foliosSplit: 0,
  heldByPinsBytes: 0,
  peakCommittedBytes: 0,
  commitLimitBytes: 2 ** 36,
  hugetlbStrandedBytes: 0,
  safeLockedBudgetBytes: 2 ** 35,
  peakHeldBytes: 0,
}
