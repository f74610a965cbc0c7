/** The largest whole number for which something holds: powers of two outward, then halving. */

/** Answers for several numbers at once; fewer answers than questions mean that the asking was cancelled. */
export type Ask<T> = (points: readonly number[]) => Promise<readonly T[]>

export interface Answered<T> {
  readonly value: number
  readonly answer: T
}

export interface LargestFound<T> {
  /** The largest that holds; null where not even the least one does. */
  readonly largest: number | null
  /** The first above it that does not hold; null where everything up to the bound holds. */
  readonly firstFailing: Answered<T> | null
  /** All that was asked, by value. */
  readonly asked: readonly Answered<T>[]
  /** Whether everything below what holds was seen to hold, too. */
  readonly monotone: boolean
  readonly complete: boolean
}

export interface SearchBounds {
  readonly least: number
  readonly most: number
  /** Questions asked at once. */
  readonly width: number
}

export async function largestHolding<T>(
  ask: Ask<T>,
  holds: (answer: T) => boolean,
  { least, most, width }: SearchBounds,
): Promise<LargestFound<T>> {
  const asked: Answered<T>[] = []
  const put = async (points: readonly number[]): Promise<boolean> => {
    const answers = await ask(points)
    answers.forEach((answer, i) => asked.push({ value: points[i] ?? NaN, answer }))
    asked.sort((a, b) => a.value - b.value)
    return answers.length === points.length
  }
  const ladder = rungs(least, most)
  let goesOn = true
  for (let i = 0; goesOn && i < ladder.length && !asked.some(({ answer }) => !holds(answer)); i += width)
    goesOn = await put(ladder.slice(i, i + width))
  for (;;) {
    const [low, high] = bounds(asked, holds)
    if (!goesOn || high === undefined || high - (low ?? high - 1) <= 1) break
    goesOn = await put(between(low ?? high, high, width))
  }
  const [low, high] = bounds(asked, holds)
  return {
    largest: low ?? null,
    firstFailing: asked.find(({ value }) => value === high) ?? null,
    asked,
    monotone: !asked.some(({ value, answer }) => holds(answer) && high !== undefined && value > high),
    complete: goesOn,
  }
}

/** `least`, then doubling steps away from it, and the bound. */
function rungs(least: number, most: number): number[] {
  const steps: number[] = [least]
  for (let step = 1; least + step < most; step *= 2) steps.push(least + step)
  return most > least ? [...steps, most] : steps
}

/** The first that does not hold, and the largest that holds below it. */
function bounds<T>(
  asked: readonly Answered<T>[],
  holds: (answer: T) => boolean,
): [number | undefined, number | undefined] {
  const high = asked.find(({ answer }) => !holds(answer))?.value
  const low = asked
    .filter(({ value, answer }) => holds(answer) && (high === undefined || value < high))
    .at(-1)
  return [low?.value, high]
}

/** Up to `width` whole numbers that part an interval evenly, its ends left out. */
function between(low: number, high: number, width: number): number[] {
  const points = Array.from({ length: width }, (_, i) =>
    Math.round(low + ((high - low) * (i + 1)) / (width + 1)),
  )
  return [...new Set(points)].filter(point => point > low && point < high)
}
