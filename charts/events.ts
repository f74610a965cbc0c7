/** Events of a run as numbered marks: what went wrong always, and the rest while there are few. */
import type { RunEvent } from '../engine/sim/result.ts'

export interface Numbered extends RunEvent {
  readonly number: number
  readonly isBad: boolean
}

/** What goes wrong is never left out of a list. */
export const BAD_EVENTS: ReadonlySet<RunEvent['kind']> = new Set([
  ...(['refused', 'failed', 'oom-kill', 'memcg-oom-kill', 'swap-full', 'low-memory'] as const),
])
/** More than these are no marks but a wall. */
const MOST_MARKS = 24

/** `count` is how many events the run had, where the list holds fewer. */
export function numbered(
  all: readonly RunEvent[],
  count = all.length,
): {
  readonly events: readonly Numbered[]
  /** Those that have no number. */
  readonly leftOut: number
} {
  const shown =
    all.length <= MOST_MARKS ? all : all.filter(({ kind }) => BAD_EVENTS.has(kind)).slice(0, MOST_MARKS)
  const events = shown.map((event, at) => ({ ...event, number: at + 1, isBad: BAD_EVENTS.has(event.kind) }))
  return { events, leftOut: count - events.length }
}
