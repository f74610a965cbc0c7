/**
 * How many programs each recorded kernel and its model were compared on, and how many were equal in every field. The
 * recordings are in `test/conformance/recorded`; a test counts them and compares this table and that of docs/model.md.
 */
export interface ConformanceRow {
  /** Name of the kernel on offer. */
  readonly kernel: string
  /** The version that ran. */
  readonly version: string
  /** Written by hand, a few operations each. */
  readonly handPrograms: number
  readonly handEqual: number
  /** Generated from a seed. */
  readonly randomPrograms: number
  readonly randomEqual: number
}

const row = (
  kernel: string,
  version: string,
  hand: readonly [number, number],
  random: readonly [number, number],
): ConformanceRow => ({
  kernel,
  version,
  handPrograms: hand[0],
  handEqual: hand[1],
  randomPrograms: random[0],
  randomEqual: random[1],
})

export const CONFORMANCE: readonly ConformanceRow[] = [
  row('5.10', '5.10.223', [2623, 2623], [993, 993]),
  row('6.1', '6.1.192', [2669, 2669], [994, 994]),
  row('6.12', '6.12.117', [2806, 2806], [992, 992]),
  row('6.18', '6.18.44', [2806, 2806], [991, 991]),
  row('7.2', '7.2.12', [2806, 2806], [991, 991]),
]
