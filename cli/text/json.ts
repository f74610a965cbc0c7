/** Results as JSON: packed numbers as lists, and what JSON has no number for as null. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (item instanceof Float64Array ? [...item] : item), 2)
}
