/** Reads the recordings of real kernels: one gzipped file per kernel and set, a line per program. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Observed, Program } from '../../engine/program.ts'

/** The kernels that were recorded, by the name a program's machine gives them. */
export const KERNELS = ['5.10', '6.1', '6.12', '6.18', '7.2'] as const
export type RecordedKernel = (typeof KERNELS)[number]

/** `hand`: the programs beside this file. `random`: generated ones. */
export const SETS = ['hand', 'random'] as const
export type RecordedSet = (typeof SETS)[number]

export interface Recording {
  readonly program: Program
  readonly observed: Observed
}

export const recordedFile = (kernel: RecordedKernel, set: string): string =>
  join(import.meta.dirname, 'recorded', kernel, `${set}.ndjson.gz`)

/** Numbers beyond 2^53 become bigint. */
const exact = (_: string, value: unknown, { source }: { source: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) && /^\d+$/.test(source) ? BigInt(source) : value

/** TypeScript does not know the third argument of a reviver yet. */
const parse = JSON.parse as (text: string, reviver: typeof exact) => unknown

export const loadRecorded = (kernel: RecordedKernel, set: RecordedSet): Recording[] =>
  loadRecordedFile(recordedFile(kernel, set))

/** Any file of that form. */
export function loadRecordedFile(path: string): Recording[] {
  return gunzipSync(readFileSync(path))
    .toString()
    .split('\n')
    .filter(Boolean)
    .map(line => (/\d{17}/.test(line) ? parse(line, exact) : JSON.parse(line)) as Recording)
}
