/** Memory of each variant over time, on scales that are the same for all, so that they can be compared by eye. */
import { byteUnit } from './format.ts'

export interface VariantMemory {
  readonly name: string
  readonly timesS: readonly number[]
  /** Bytes in locked areas that are there, and locked address space in all. */
  readonly lockedResident: readonly number[]
  readonly locked: readonly number[]
}

export interface Multiple {
  readonly name: string
  /** Outlines of areas in a box of {@link WIDTH} times {@link HEIGHT}, for the attribute `points`. */
  readonly held: string
  readonly absent: string
  /** The most that was there, and the most that was counted against the limit. */
  readonly mostBytes: number
  readonly countedBytes: number
}

export interface Multiples {
  readonly items: readonly Multiple[]
  /** What the full height stands for, and the full width. */
  readonly topBytes: number
  readonly endS: number
}

export const WIDTH = 200
export const HEIGHT = 56

export function multiples(curves: readonly VariantMemory[]): Multiples {
  const most = Math.max(0, ...curves.flatMap(({ locked, lockedResident }) => [...locked, ...lockedResident]))
  const topBytes = roundTop(most)
  const endS = Math.max(0, ...curves.map(({ timesS }) => timesS.at(-1) ?? 0))
  const x = (timeS: number): string => (endS === 0 ? 0 : (timeS / endS) * WIDTH).toFixed(1)
  const y = (bytes: number): string => (topBytes === 0 ? HEIGHT : HEIGHT * (1 - bytes / topBytes)).toFixed(1)
  const items = curves.map(({ name, timesS, lockedResident, locked }): Multiple => {
    // Pages may be there without being counted, as before a lock is booked: the area is never less than they are.
    const all = locked.map((bytes, at) => Math.max(bytes, lockedResident[at] ?? 0))
    const line = (values: readonly number[]): string[] =>
      timesS.map((at, i) => `${x(at)},${y(values[i] ?? 0)}`)
    return {
      name,
      held: [`0,${HEIGHT}`, ...line(lockedResident), `${x(timesS.at(-1) ?? 0)},${HEIGHT}`].join(' '),
      absent: [...line(all), ...line(lockedResident).reverse()].join(' '),
      mostBytes: Math.max(0, ...lockedResident),
      countedBytes: Math.max(0, ...locked),
    }
  })
  return { items, topBytes, endS }
}

/** The next of 1, 2, 4, 5 or 8 of its unit's tens. */
function roundTop(bytes: number): number {
  if (bytes <= 0) return 0
  const unit = byteUnit(bytes).bytes
  const ten = 10 ** Math.floor(Math.log10(bytes / unit))
  return ([1, 2, 4, 5, 8, 10].find(step => step * ten * unit >= bytes) ?? 10) * ten * unit
}
