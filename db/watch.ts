/** Tells when another window or program has written. SQLite has no notification across processes, so it is asked for. */
import type { Noun } from './session.ts'
import type { Store } from './store.ts'

/** What `Store.changedElsewhere` costs is microseconds, and a quarter of a second is not felt between two windows. */
export const WATCH_EVERY_MS = 250

/** Returns the function that ends it. A store that fails while being asked ends it as well, after `onTrouble`. */
export function watchStore(
  store: Store,
  onChange: (nouns: readonly Noun[]) => void,
  onTrouble: (error: unknown) => void,
  everyMs: number = WATCH_EVERY_MS,
): () => void {
  const timer = setInterval(() => {
    try {
      const nouns = store.changedElsewhere()
      if (nouns.length > 0) onChange(nouns)
    } catch (error) {
      clearInterval(timer)
      onTrouble(error)
    }
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
