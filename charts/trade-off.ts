/** Variants by time until ready and cost of an access after it, as large as the memory that they lock. */
import type { Comparison } from '../engine/planner/compare.ts'
import { bytes, duration } from './format.ts'

export interface TradeOffPoint {
  readonly name: string
  /** Seconds until the last instance is ready. */
  readonly readyS: number
  /** Mean of one access after ready. */
  readonly accessNs: number
  readonly lockedBytes: number
  /** Nothing is both sooner ready and cheaper afterwards. */
  readonly isOnFront: boolean
  readonly holds: boolean
}

export interface TradeOff {
  readonly points: readonly TradeOffPoint[]
  /** The front from left to right. */
  readonly front: readonly TradeOffPoint[]
  /** Figures that lie far apart are read on axes by powers of ten. */
  readonly isLogX: boolean
  readonly isLogY: boolean
  /** Left out: never ready, or without accesses. */
  readonly leftOut: readonly string[]
  /** One sentence for those who do not see it. */
  readonly summary: string
}

/** Figures further apart than this are shown by powers of ten. */
const FAR = 20

export function tradeOff({ variants }: Pick<Comparison, 'variants'>): TradeOff {
  const placed = variants.flatMap(({ name, figures, summary }) => {
    const { ready = null, access = null, locked = null } = figures
    if (ready === null || access === null || access === 0 || summary === null) return []
    return [{ name, readyS: ready, accessNs: access, lockedBytes: locked ?? 0, holds: summary.verdict.holds }]
  })
  const beats = (a: (typeof placed)[number], b: (typeof placed)[number]): boolean =>
    a.readyS <= b.readyS && a.accessNs <= b.accessNs && (a.readyS < b.readyS || a.accessNs < b.accessNs)
  const points = placed.map(point => ({
    ...point,
    isOnFront: point.holds && !placed.some(other => other.holds && beats(other, point)),
  }))
  const front = points.filter(({ isOnFront }) => isOnFront).sort((a, b) => a.readyS - b.readyS)
  const names = new Set(points.map(({ name }) => name))
  return {
    points,
    front,
    isLogX: isFar(points.map(({ readyS }) => readyS)),
    isLogY: isFar(points.map(({ accessNs }) => accessNs)),
    leftOut: variants.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    summary:
      points.length === 0
        ? 'No variant is ready and makes accesses.'
        : `${points.map(textOf).join('; ')}. Not beaten in both: ${front.map(({ name }) => name).join(', ')}.`,
  }
}

function isFar(values: readonly number[]): boolean {
  const least = Math.min(...values)
  return values.length > 1 && least > 0 && Math.max(...values) / least > FAR
}

const textOf = ({ name, readyS, accessNs, lockedBytes }: TradeOffPoint): string =>
  `${name}: ready after ${duration(readyS)}, ${duration(accessNs * 1e-9)} an access, ${lockedBytes === 0 ? 'nothing' : bytes(lockedBytes)} locked`

/** Radius of a point in pixels: its area is the memory that it locks. */
export function radiusOf({ lockedBytes }: TradeOffPoint, mostBytes: number): number {
  const [least, most] = [4, 22]
  return mostBytes === 0 ? least : Math.max(least, most * Math.sqrt(lockedBytes / mostBytes))
}
