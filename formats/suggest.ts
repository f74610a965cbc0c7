/** A guess at what was meant, for messages about names that are not there. */

/** ` (Did you mean 6.6?)`, or nothing where no allowed name is like the one found. */
export function didYouMean(found: string, allowed: readonly string[]): string {
  const similar = nearest(found, allowed)
  if (similar.length === 0) return ''
  return similar.length === 1 ? ` Did you mean ${similar[0]}?` : ` Did you mean one of ${similar.join(', ')}?`
}

/** Names that begin what was found (a release of its stable updates), else those with the fewest letters to change. */
function nearest(found: string, allowed: readonly string[]): string[] {
  // Nobody means a name by something this much longer than any name.
  if (found.length > 64) return []
  const sought = found.toLowerCase()
  const begun = allowed.filter(name => /^[.\-+~]/.test(sought.slice(name.length)) && sought.startsWith(name))
  if (begun.length > 0) return begun
  const tolerable = Math.max(1, Math.floor(sought.length * 0.4))
  const distances = allowed.map(name => ({ name, distance: editDistance(sought, name.toLowerCase()) }))
  const least = Math.min(tolerable, ...distances.map(({ distance }) => distance))
  return distances.filter(({ distance }) => distance === least).map(({ name }) => name)
}

/** Letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
