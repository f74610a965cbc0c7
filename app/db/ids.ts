/** Rows have numbers, the contract has ids. */

/** The number of a row; null for an id that is none, such as that of a run that was never stored. */
export const rowOf = (id: string): number | null => (/^\d{1,15}$/.test(id) ? Number(id) : null)

/** The same for what must be there: whoever calls has looked before. */
export function knownRow(id: string): number {
  const row = rowOf(id)
  if (row === null) throw new Error(`${id} is no row`)
  return row
}
