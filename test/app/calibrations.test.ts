import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { apiOf, createApp } from '../../app/create-app.ts'
import { memoryStore } from '../../app/memory-store.ts'
import type { Measure } from '../../app/probe/calibrations.ts'
import { fitCalibration } from '../../engine/sim/calibration/fit.ts'
import type { MeasuredStep } from '../../engine/sim/calibration/measured.ts'
import { value } from './calls.ts'

const recorded = JSON.parse(
  readFileSync(new URL('../engine/sim/calibration/recorded.json', import.meta.url), 'utf8'),
) as MeasuredStep[]

/** A machine that was measured before. */
const measure: Measure = ({ names }, options) => {
  options?.onProgress?.(500, 1000)
  return Promise.resolve({
    ok: true,
    measured: {
      ...{ skipped: [], disturbances: [], sizes: [4 * 2 ** 20], memoryBytes: 8 * 2 ** 20 },
      ...{ clockNs: 100, freshFactor: 1, rounds: 2, tookMs: 1000 },
    },
    fit: fitCalibration(recorded, names),
  })
}

const appWith = (some: Measure) =>
  createApp({ store: memoryStore(), lookEveryMs: 0, measure: some, now: () => Date.UTC(2026, 10, 28) })

it.skipIf(process.platform !== 'linux')(
  'a calibration becomes a table that a plan can have, and the machine that was named has it (needs Linux)',
  async () => {
    const app = appWith(measure)
    const api = apiOf(app)
    const { document } = await value(api, 'machines.get', { id: 'edge-64' })
    const machine = await value(api, 'machines.save', { document: { ...document, name: 'mine' } })
    const heard: number[] = []
    const answer = await api.call(
      'machines.calibrate',
      { machineId: machine.id, title: 'Mine, quiet' },
      { onProgress: ({ done }) => heard.push(done) },
    )
    if (!answer.ok) throw new Error(answer.error.sentence)
    const { table } = answer.value
    expect(heard).toEqual([500])
    expect(table).toMatchObject({ title: 'Mine, quiet' })
    expect(table.id).toMatch(/-20261128-0000$/)
    expect((await value(api, 'costs.list', {})).map(({ id }) => id)).toEqual(['desktop-2021', table.id])
    expect((await value(api, 'costs.records', {}))[1]).toMatchObject({
      ...{ id: table.id, provenance: 'measured', machineId: machine.id },
    })
    expect((await value(api, 'machines.get', { id: machine.id })).machine.costs).toBe(table.id)
    const run = await api.call('questions.limits', {
      subject: {
        document: {
          ...{ format: 'holdfast-plan/1', name: 'x', machine: { preset: 'edge-64', costs: table.id } },
          workloads: [{ name: 'g', kind: 'generic' }],
        },
      },
    })
    expect(run.ok).toBe(true)
    await value(api, 'costs.delete', { id: table.id })
    expect(await value(api, 'costs.list', {})).toHaveLength(1)
    await app.close()
  },
)

it.skipIf(process.platform !== 'linux')(
  'closing the application ends a calibration first, and waits for it (needs Linux)',
  async () => {
    let ended = false
    const app = appWith(
      (_, options) =>
        new Promise(resolve => {
          options?.signal?.addEventListener('abort', () => {
            setTimeout(() => {
              ended = true
              resolve(null)
            }, 50)
          })
        }),
    )
    const answer = app.call('machines.calibrate', {})
    await new Promise(resolve => setTimeout(resolve, 200))
    await app.close()
    expect(ended).toBe(true)
    expect(await answer).toMatchObject({ ok: false, error: { code: 'cancelled' } })
  },
)
