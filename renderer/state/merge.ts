/** Edits of two windows on one plan: what each has changed stays, place by place. */

/**
 * What `mine` has changed since `base`, done to `theirs`. Where both have changed the same place, mine stays: theirs is the
 * revision before it, and undo brings it back.
 */
export function merged(base: unknown, mine: unknown, theirs: unknown): unknown {
  if (same(mine, theirs) || same(base, theirs)) return mine
  if (same(base, mine)) return theirs
  if (isRecord(base) && isRecord(mine) && isRecord(theirs)) return mergedRecord(base, mine, theirs)
  if (Array.isArray(base) && Array.isArray(mine) && Array.isArray(theirs))
    return mergedList(base, mine, theirs)
  return mine
}

type Fields = Readonly<Record<string, unknown>>

/** A key that one side has taken out is out, unless the other has changed what it holds. */
function mergedRecord(base: Fields, mine: Fields, theirs: Fields): Fields {
  const keys = [...new Set([...Object.keys(theirs), ...Object.keys(mine)])]
  const entries = keys.map(key => [key, merged(base[key], mine[key], theirs[key])] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

type List = readonly unknown[]

/** In lists of the same length, entries of the same index are taken to be the same thing. */
function mergedList(base: List, mine: List, theirs: List): List {
  const areAlike = base.length === mine.length && base.length === theirs.length
  return areAlike ? mine.map((value, i) => merged(base[i], value, theirs[i])) : mine
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  return keys.every(key => Object.hasOwn(b, key) && same((a as Fields)[key], (b as Fields)[key]))
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
