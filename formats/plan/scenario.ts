/** A whole scenario: machine, kernel, workloads, time, seed, and what ties them together. */
import { SCENARIO_BOUNDS, SCENARIO_FORMAT, type KernelChoice, type Scenario } from '../../engine/scenario.ts'
import { Place } from '../issues.ts'
import { crossCheck } from './cross-checks.ts'
import { PlanIssues } from './issues.ts'
import { kernel } from './kernel.ts'
import { readMachine, writeMachine } from './machine.ts'
import { isRecord, type Codec, type Field, type Raw, type Reading } from './reader.ts'
import { field, readFields, writeFields } from './record.ts'
import { count, listOf, seconds, text } from './values.ts'
import { workloadCodec } from './workload.ts'

const { maxHorizonS, maxWorkloads } = SCENARIO_BOUNDS

const machine: Codec<Scenario['machine']> = {
  allowed: 'an object: a preset with what differs, or ram, cpus and more',
  read: readMachine,
  write: writeMachine,
}

/** Keys of a plan, in the order in which they are written; the kernel decides about default limits. */
export function scenarioFields(chosen?: KernelChoice): readonly Field[] {
  return [
    field('name', text(1, 200), 'What the plan is called.'),
    field('doc', text(0, 10_000), 'What it is for, in sentences.', { fallback: '' }),
    field('machine', machine, 'The host.'),
    field('kernel', kernel, 'Its kernel.', { fallback: { name: '6.18', plus: [], minus: [] } }),
    field('workloads', listOf(workloadCodec(chosen), maxWorkloads), 'What runs on it.'),
    field('horizon', seconds(0.001, maxHorizonS), 'How long the run is.', {
      prop: 'horizonS',
      fallback: 600,
    }),
    field('sample', seconds(0.000001, maxHorizonS), 'Distance of the points in tables and exports.', {
      prop: 'sampleS',
      fallback: 1,
    }),
    field('seed', count(0, 2 ** 32 - 1), 'Chance comes from it: same seed, same result.', { fallback: 1 }),
  ]
}

/** Keys that belong to the plan and not to the scenario. */
const PLAN_KEYS = ['format', 'compare', 'claim'] as const

export interface ReadScenario {
  readonly scenario: Scenario
  /** What is allowed and perhaps not meant. */
  readonly notes: readonly string[]
}

/** Reads a scenario by the names of a plan or its own, and checks all of it. */
export function readScenario(value: Raw, to: Reading): ReadScenario | undefined {
  const before = to.issues.count
  const ahead = readAhead(value, to)
  const reading = ahead.ramBytes === undefined ? to : { ...to, baseBytes: ahead.ramBytes }
  const others = to.naming === 'plan' ? [...PLAN_KEYS] : ['format']
  const read = readFields(value, scenarioFields(ahead.kernel), Place.root, reading, others)
  if (read === undefined || to.issues.count > before) return undefined
  const scenario = { format: SCENARIO_FORMAT, ...read } as unknown as Scenario
  const notes = crossCheck(scenario, to)
  return to.issues.count > before ? undefined : { scenario, notes }
}

/** What other keys depend on, read before them; mistakes are reported when it is read in its place. */
function readAhead(value: Raw, to: Reading): { kernel?: KernelChoice; ramBytes?: number } {
  if (!isRecord(value)) return {}
  const unheard: Reading = { ...to, issues: new PlanIssues() }
  const chosen = Object.hasOwn(value, 'kernel')
    ? kernel.read(value['kernel'], Place.root, unheard)
    : undefined
  const ramBytes = readMachine(value['machine'], Place.root, unheard)?.ramBytes
  return {
    ...(chosen === undefined ? {} : { kernel: chosen }),
    ...(ramBytes === undefined ? {} : { ramBytes }),
  }
}

/** The scenario's keys of a plan. */
export function writeScenario(scenario: Scenario): Record<string, Raw> {
  return writeFields({ ...scenario }, scenarioFields())
}
