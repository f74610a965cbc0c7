/** The Pareto front: what is not beaten in everything by anything else. */

/**
 * Indices of the points on the front. Each point is a list of figures, all of them the less the better; null is worse
 * than any figure.
 */
export function paretoFront(points: readonly (readonly (number | null)[])[]): number[] {
  const figures = points.map(point => point.map(value => value ?? Infinity))
  return figures.flatMap((point, i) =>
    figures.some((other, j) => j !== i && dominates(other, point) && !(alike(other, point) && j > i))
      ? []
      : [i],
  )
}

/** Better by less than this share is no reason to choose. */
const NOTICEABLE = 0.01

const dominates = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((value, i) => value <= (b[i] ?? Infinity)) &&
  (a.some((value, i) => (b[i] ?? Infinity) - value > NOTICEABLE * Math.abs(value)) || alike(a, b))
const alike = (a: readonly number[], b: readonly number[]): boolean => a.every((value, i) => value === b[i])
