/** Where a field of a scenario stands in the file of its plan: the same place, without the unit in the key. */

const UNIT = /(?:BytesPerS|Bytes|S)$/

/** `machine.ramBytes` is `machine.ram`. Parameters keep their names, which are theirs in both. */
export function writtenPath(path: string): string {
  if (/\.(?:params|strategyParams)\./.test(path)) return path
  return path.replace(UNIT, '')
}
