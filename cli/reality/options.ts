/** Options of `holdfast reality`, and how they are read. */
import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../../engine/quantity.ts'
import type { PlanOptions } from '../plans/options.ts'

export interface RunRealityOptions extends PlanOptions {
  readonly seconds: number
  readonly memory: number
  readonly factor?: number
  readonly directory?: string
  readonly costs?: string
  readonly store?: string
}

interface OfPlan {
  readonly plan: string
  readonly workload?: string
  readonly align: string
  readonly json?: true
}

export interface FollowOptions extends OfPlan {
  readonly seconds: number
  readonly interval: number
  readonly children?: true
}

export interface LoadOptions extends OfPlan {
  readonly interval: number
}

export interface ProcessesOptions {
  readonly json?: true
  readonly most: number
}

/** A time such as `90s` or `1h 30m`, in seconds. */
export const seconds =
  (least: number, most: number) =>
  (text: string): number => {
    const read = parseDuration(text, { defaultUnit: 's' })
    const value = read.ok ? read.ns / 1e9 : NaN
    if (value >= least && value <= most) return value
    throw new InvalidArgumentError(`Allowed are times from ${least} s to ${most} s, as in 90s.`)
  }

/** `10` or `10%` is a tenth. */
export function sharePercent(text: string): number {
  const value = Number(text.replace(/\s*%$/, '')) / 100
  if (value > 0 && value <= 0.8) return value
  throw new InvalidArgumentError('Allowed are shares from 0.1 % to 80 %.')
}
