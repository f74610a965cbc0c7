/** What `holdfast reality run` does. */
import { readLiveMachine } from '../../host/reality/machine.ts'
import { refusalOf } from '../../host/refusal.ts'
import { measureRun, scaledFor } from '../../app/reality/measure.ts'
import { AppError } from '../../app/errors.ts'
import { checkReality, type LiveMachine } from '../../engine/planner/reality.ts'
import { runScenario } from '../../engine/planner/run.ts'
import type { CostTable } from '../../engine/sim/costs.ts'
import { DEFAULT_COSTS } from '../../engine/sim/default-costs.ts'
import { exitCodes } from '../exit-codes.ts'
import { loadPlan } from '../plans/load-plan.ts'
import { valueOf, withApp, type Fail } from '../with-app.ts'
import { tellCheck } from './check-text.ts'
import type { RunRealityOptions } from './options.ts'
import { sampleLine, untilInterrupted } from './progress.ts'

export async function runForReal(name: string, options: RunRealityOptions, fail: Fail): Promise<void> {
  const { seconds, memory, factor, directory } = options
  if (factor !== undefined && !(factor >= 1)) fail('--factor: allowed are numbers from 1 up.')
  const plan = loadPlan(name, options)
  if (plan === null) return
  const machine = liveMachine(fail)
  const costs = await costsFor(options, plan.scenario.machine.costs, fail)
  const priced = { ...plan.scenario, machine: { ...plan.scenario.machine, costs: costs.id } }
  try {
    const asked = { seconds, memoryShare: memory, ...(factor === undefined ? {} : { leastFactor: factor }) }
    const scaled = scaledFor(priced, machine, asked)
    const run = runScenario(scaled.scenario, { costs, scripts: scaled.scripts })
    const line = sampleLine(scaled.scenario.horizonS)
    const measurement = await untilInterrupted(signal =>
      measureRun(scaled, machine, {
        ...{ signal, onSample: line.show },
        ...(directory === undefined ? {} : { directory }),
      }),
    ).finally(line.end)
    if (measurement === null) {
      console.error('Interrupted: everything was put back, and there is no result.')
      process.exitCode = exitCodes.interrupted
      return
    }
    const check = checkReality(run, scaled.scenario, measurement, scaled.scripts)
    const { by, limitBytes, leftOut } = scaled
    tellCheck(check, measurement, {
      ...(options.json === true ? { json: true } : {}),
      more: { scaled: { by, limitBytes, leftOut, costs: costs.id } },
    })
  } catch (error) {
    if (error instanceof AppError) fail(error.message)
    throw error
  }
}

function liveMachine(fail: Fail): LiveMachine {
  try {
    return readLiveMachine()
  } catch (error) {
    return fail(refusalOf(error).sentence)
  }
}

/** The table that was asked for, the one that was measured last, or that of the plan. */
async function costsFor(
  { costs, store }: RunRealityOptions,
  planned: string,
  fail: Fail,
): Promise<CostTable> {
  const { tables, measured } = await withApp({ store, makes: false }, fail, async api => {
    const records = await valueOf(api, fail, 'costs.records', {})
    const newest = records
      .filter(({ provenance }) => provenance === 'measured')
      .toSorted((a, b) => (b.madeAtMs ?? 0) - (a.madeAtMs ?? 0))
    return { tables: await valueOf(api, fail, 'costs.list', {}), measured: newest[0]?.id }
  })
  const wanted = costs ?? measured ?? planned
  const table = tables.find(({ id }) => id === wanted)
  if (table !== undefined) return table
  if (costs === undefined) return DEFAULT_COSTS
  return fail(`--costs ${costs}: there is no such table; known are ${tables.map(({ id }) => id).join(', ')}.`)
}
