/** A whole scenario: machine, kernel, workloads, time, seed, and what ties them together. */
import { SCENARIO_BOUNDS, SCENARIO_FORMAT, type Scenario } from '../../engine/scenario.ts'
import { Place } from '../issues.ts'
import { crossCheck } from './cross-checks.ts'
import { PlanIssues } from './issues.ts'
import { kernel } from './kernel.ts'
import { readMachine, writeMachine } from './machine.ts'
import { isRecord, type Codec, type Field, type Raw, type Reading } from './reader.ts'
import { field, readFields, writeFields } from './record.ts'
import { count, listOf, seconds, text } from './values.ts'
import { workload } from './workload.ts'

const { maxHorizonS, maxWorkloads } = SCENARIO_BOUNDS

const machine: Codec<Scenario['machine']> = {
  allowed: 'an object: a preset with what differs, or ram, cpus and more',
  read: readMachine,
  write: writeMachine,
}

/** Keys of a plan, in the order in which they are written. */
export const SCENARIO_FIELDS: readonly Field[] = [
  field('name', text(1, 200), 'What the plan is called.'),
  field('doc', text(0, 10_000), 'What it is for, in sentences.', { fallback: '' }),
  field('machine', machine, 'The host.'),
  field('kernel', kernel, 'Its kernel.', { fallback: { name: '6.18', plus: [], minus: [] } }),
  field('workloads', listOf(workload, maxWorkloads), 'What runs on it.'),
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
  const baseBytes = ramBytesOf(value, to)
  const reading = baseBytes === undefined ? to : { ...to, baseBytes }
  const others = to.naming === 'plan' ? [...PLAN_KEYS] : ['format']
  const read = readFields(value, SCENARIO_FIELDS, Place.root, reading, others)
  if (read === undefined || to.issues.count > before) return undefined
  const scenario = { format: SCENARIO_FORMAT, ...read } as unknown as Scenario
  const notes = crossCheck(scenario, to)
  return to.issues.count > before ? undefined : { scenario, notes }
}

/** RAM, of which percentages elsewhere are; mistakes are reported when the machine is read in its place. */
function ramBytesOf(value: Raw, to: Reading): number | undefined {
  if (!isRecord(value)) return undefined
  return readMachine(value['machine'], Place.root, { ...to, issues: new PlanIssues() })?.ramBytes
}

/** The scenario's keys of a plan. */
export function writeScenario(scenario: Scenario): Record<string, Raw> {
  return writeFields({ ...scenario }, SCENARIO_FIELDS)
}
