/** Non-negative least squares on normal equations, so that leaving a row out is a subtraction. */
import { fcnnlsVector } from 'ml-fcnnls'
import { CholeskyDecomposition, Matrix, inverse } from 'ml-matrix'

/** A row of the problem: one equation, already divided by how far it may be off. */
export interface Equation {
  readonly terms: Float64Array
  readonly target: number
}

/** Sums over equations: terms by terms, and terms by target. */
export interface NormalEquations {
  readonly gram: Matrix
  readonly right: readonly number[]
}

/** The equations, and for each unknown one that says it is `prior`, give or take 1. */
export function normalEquations(equations: readonly Equation[], prior: readonly number[]): NormalEquations {
  const size = prior.length
  const gram = Matrix.eye(size, size)
  const right = [...prior]
  for (const equation of equations) add(gram, right, equation, 1)
  return { gram, right }
}

/** The same without one of its equations. */
export function without(from: NormalEquations, equation: Equation): NormalEquations {
  const gram = from.gram.clone()
  const right = [...from.right]
  add(gram, right, equation, -1)
  return { gram, right }
}

function add(gram: Matrix, right: number[], { terms, target }: Equation, sign: number): void {
  terms.forEach((own, i) => {
    if (own === 0) return
    right[i] = (right[i] ?? 0) + sign * own * target
    terms.forEach((other, j) => {
      if (other !== 0) gram.set(i, j, gram.get(i, j) + sign * own * other)
    })
  })
}

/** The non-negative unknowns that come closest. */
export function solveNonNegative({ gram, right }: NormalEquations): number[] {
  const lower = new CholeskyDecomposition(gram).lowerTriangularMatrix
  const reduced: number[] = []
  right.forEach((value, i) => {
    let rest = value
    reduced.forEach((known, j) => (rest -= lower.get(i, j) * known))
    reduced.push(rest / lower.get(i, i))
  })
  return fcnnlsVector(lower.transpose().to2DArray(), reduced).K.to1DArray()
}

/** Standard deviation of each unknown, those at 0 left out of account (they are given 0). */
export function deviations({ gram }: NormalEquations, solution: readonly number[]): number[] {
  const free = solution.flatMap((value, i) => (value > 0 ? [i] : []))
  const covariance = inverse(gram.selection(free, free))
  return solution.map((_, i) => {
    const at = free.indexOf(i)
    return at < 0 ? 0 : Math.sqrt(covariance.get(at, at))
  })
}
