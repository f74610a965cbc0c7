/** Curves of runs: one row each, the values as packed doubles, little-endian like every machine the program runs on. */
import { z } from 'zod'
import type { Series } from '../engine/sim/result.ts'
import { assertIntact, checkedRow, checkedRows, checksum } from './rows.ts'
import type { Session } from './session.ts'

/** Which curves: those of a scope, of a name, of both, or all. */
export interface SeriesChoice {
  readonly scope?: string
  readonly name?: string
}

export type SeriesInfo = Omit<Series, 'values'>

export interface SeriesOf {
  /** Which curves a run has, without their values. */
  seriesList(runId: number): SeriesInfo[]
  /** Curves with their values, in the order of the run. */
  series(runId: number, choice?: SeriesChoice): Series[]
}

export const packed = (values: Float64Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

/** Doubles with a buffer of their own, which can be handed to another thread. */
export function unpacked(data: Uint8Array): Float64Array {
  const { buffer, byteOffset, byteLength } = data
  const isWhole = byteOffset === 0 && buffer.byteLength === byteLength
  return new Float64Array(isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength))
}

const infoRow = z.object({
  scope: z.string(),
  name: z.string(),
  unit: z.enum(['bytes', 'count', 'per-second', 'ns-per-second', 'share']),
  trust: z.enum(['exact', 'expected', 'estimated']),
  shape: z.enum(['level', 'rate']),
})
const seriesRow = infoRow.extend({ crc: z.int(), data: z.instanceof(Uint8Array) })

/** For use inside a write. */
type AddSeries = (runId: number, place: number, series: Series) => void

export function seriesIn(session: Session): SeriesOf & { readonly add: AddSeries } {
  const { db } = session
  const listed = db.prepare<[number]>(
    'SELECT scope, name, unit, trust, shape FROM series WHERE run_id = ? ORDER BY place',
  )
  const chosen = db.prepare<[number, string | null, string | null]>(
    `SELECT scope, name, unit, trust, shape, crc, data FROM series
     WHERE run_id = ? AND scope = coalesce(?, scope) AND name = coalesce(?, name) ORDER BY place`,
  )
  const insert = db.prepare<[number, number, string, string, string, string, string, number, Uint8Array]>(
    `INSERT INTO series (run_id, place, scope, name, unit, trust, shape, crc, data)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const curve = (raw: unknown, runId: number): Series => {
    const { crc, data, ...row } = checkedRow(session, seriesRow, raw, `a curve of run ${runId}`)
    assertIntact(session, data, crc, `the curve ${row.name} of ${row.scope} of run ${runId}`)
    return { ...row, values: unpacked(data) }
  }
  return {
    add: (runId, place, { scope, name, unit, trust, shape, values }) => {
      const data = packed(values)
      insert.run(runId, place, scope, name, unit, trust, shape, checksum(data), data)
    },
    seriesList: runId =>
      session.read(() => checkedRows(session, infoRow, listed.all(runId), `a curve of run ${runId}`)),
    series: (runId, { scope, name } = {}) =>
      session.read(() => chosen.all(runId, scope ?? null, name ?? null).map(raw => curve(raw, runId))),
  }
}
