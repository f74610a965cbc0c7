/** The border between rows and the program: what comes out of the file is checked before anything believes it. */
import { crc32 } from 'node:zlib'
import type { z } from 'zod'
import { problem, StoreError } from './problems.ts'
import type { Session } from './session.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** CRC-32 as the store keeps it beside texts and curves. */
export const checksum = (data: string | Uint8Array): number => crc32(data)

/** A row in the form that the statement promises; one that has another form is damage. */
export function checkedRow<T>({ path }: Session, shape: z.ZodType<T>, row: unknown, what: string): T {
  const checked = shape.safeParse(row)
  if (checked.success) return checked.data
  throw new StoreError(problem('damaged', path, `: ${what} has an unexpected form`), checked.error)
}

export function checkedRows<T>(
  session: Session,
  shape: z.ZodType<T>,
  rows: readonly unknown[],
  what: string,
): T[] {
  return rows.map(row => checkedRow(session, shape, row, what))
}

/** Throws unless the data is what was once written. */
export function assertIntact({ path }: Session, data: string | Uint8Array, crc: number, what: string): void {
  if (checksum(data) !== crc) throw new StoreError(problem('damaged', path, `: ${what} has changed on disk`))
}

/** A value; undefined, which no form allows, if the text is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** JSON with its checksum, as a value of the given form. */
export function checkedJson<T>(
  session: Session,
  shape: z.ZodType<T>,
  stored: { readonly text: string; readonly crc: number },
  what: string,
): T {
  assertIntact(session, stored.text, stored.crc, what)
  return checkedRow(session, shape, parsedJson(stored.text), what)
}
