/** Measurements as rows. */
import type { Json } from '../../db/rows.ts'
import type { StoredMeasurement as Row } from '../../db/measurements.ts'
import type { Store as Db } from '../../db/store.ts'
import { MEASURED_SOURCES } from '../../engine/planner/reality/measured.ts'
import type { Measurement } from '../../engine/planner/reality.ts'
import type { ScaledRun } from '../../engine/planner/reality/scaled-run.ts'
import type { MeasurementStore, StoredMeasurement } from '../store.ts'
import { knownRow, rowOf } from './ids.ts'

interface Body {
  readonly measurement: Omit<Measurement, 'samples'>
  readonly scaled: ScaledRun | null
}

/** Written by the program alone: its outline is checked, as that of runs is. */
function bodyOf(body: Json): Body | null {
  const found = body as Partial<Body> | null
  const measurement = found?.measurement
  if (measurement === undefined || !MEASURED_SOURCES.includes(measurement.source)) return null
  return Array.isArray(measurement.events) && typeof measurement.offsetS === 'number'
    ? { measurement, scaled: found?.scaled ?? null }
    : null
}

export function measurementStore({ measurements }: Db): MeasurementStore {
  const storedOf = ({ id, planId, madeMs, body, samples }: Row): StoredMeasurement | null => {
    const read = bodyOf(body)
    if (read === null) return null
    const measurement = { ...read.measurement, samples }
    return { id: String(id), planId: String(planId), madeAtMs: madeMs, measurement, scaled: read.scaled }
  }
  const get: MeasurementStore['get'] = id => {
    const row = rowOf(id)
    const found = row === null ? null : measurements.get(row)
    return found === null ? null : storedOf(found)
  }
  return {
    list: planId => {
      const row = rowOf(planId)
      return row === null ? [] : measurements.list(row).flatMap(each => storedOf(each) ?? [])
    },
    get,
    add: ({ planId, measurement, scaled }) => {
      const { samples, ...rest } = measurement
      const body = { measurement: rest, scaled } as unknown as Json
      const row = measurements.add({ planId: knownRow(planId), title: rest.title, body, samples })
      const stored = storedOf(row)
      if (stored === null) throw new Error('a measurement that was just stored cannot be read')
      return stored
    },
    change: (id, measurement) => {
      const stored = get(id)
      if (stored === null) return
      const body = { measurement, scaled: stored.scaled } as unknown as Json
      measurements.change(knownRow(id), measurement.title, body)
    },
    delete: id => {
      const row = rowOf(id)
      if (row !== null) measurements.remove(row)
    },
  }
}
