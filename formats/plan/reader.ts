/** Readers and writers of values: text as people type it on one side, base units on the other. */
import type { Place } from '../issues.ts'
import type { PlanIssues } from './issues.ts'

/** What a reader may know of its surroundings. */
export interface Reading {
  readonly issues: PlanIssues
  /** Names of keys: those of a plan file, or those of a scenario as the engine has it. */
  readonly naming: 'plan' | 'scenario'
  /** What a percentage of memory is of, in bytes. */
  readonly baseBytes?: number
}

/** JSON as it comes from a text, or plain data that somebody made: nothing is taken for granted. */
export type Raw = unknown

/** Reads a value and writes it again. A reader gives undefined after it has reported what is wrong. */
export interface Codec<T> {
  /** What is allowed, for the reference and for messages. */
  readonly allowed: string
  read(value: Raw, at: Place, to: Reading): T | undefined
  write(value: T): Raw
}

/** A key of an object. */
export interface Field<T = unknown> {
  /** Name in a plan file. */
  readonly key: string
  /** Name in a scenario. */
  readonly prop: string
  readonly codec: Codec<T>
  /** For the reference: one sentence. */
  readonly doc: string
  /** What the key is if it is left out of a plan; absent: it has to be there. */
  readonly fallback?: T
}

export const isRecord = (value: Raw): value is Record<string, Raw> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
