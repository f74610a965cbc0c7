/** What ties the parts of a scenario together: sums, places in memory and time, and what each workload comes to. */
import { changesOf, kernelNamed } from '../../engine/kernels/releases.ts'
import { formatBytes } from '../../engine/quantity.ts'
import { SCENARIO_BOUNDS, type Scenario, type WorkloadSpec } from '../../engine/scenario.ts'
import { mappedBytes, taskScript, type TaskScript } from '../../engine/sim/script.ts'
import { strategyNamed } from '../../engine/strategies/index.ts'
import { workloadNamed } from '../../engine/workloads/index.ts'
import { Place } from '../issues.ts'
import { checkProgramTexts } from './check-ops.ts'
import type { Reading } from './reader.ts'

const GIB = 2 ** 30
const bounds = SCENARIO_BOUNDS

/** Reports what does not fit together, and notes what does and may surprise. */
export function crossCheck(scenario: Scenario, to: Reading): string[] {
  const before = to.issues.count
  checkMachine(scenario, to)
  checkTime(scenario, to)
  checkNames(scenario, to)
  const workloads = Place.root.at('workloads')
  scenario.workloads.forEach((spec, i) => checkWorkload(scenario, spec, workloads.at(i), to))
  return to.issues.count > before ? [] : scenario.workloads.flatMap(spec => notesOf(scenario, spec))
}

const named = (to: Reading, key: string, prop: string): string => (to.naming === 'plan' ? key : prop)

function checkMachine({ machine }: Scenario, to: Reading): void {
  const at = Place.root.at('machine')
  const { ramBytes, hostReserveBytes, otherCacheBytes } = machine
  const pools = machine.hugetlb['2M'] * 2 ** 21 + machine.hugetlb['1G'] * GIB
  const say = (place: Place, found: number, most: number, what: string): void => {
    const allowed = `at most ${formatBytes(Math.max(0, most))}`
    to.issues.say(place, formatBytes(found), allowed, `${what}: ${formatBytes(found)}; there is ${allowed}.`)
  }
  if (pools > ramBytes - hostReserveBytes)
    say(at.at('hugetlb'), pools, ramBytes - hostReserveBytes, 'The pools of huge pages do not fit into RAM')
  if (hostReserveBytes >= ramBytes)
    say(
      at.at(named(to, 'hostReserve', 'hostReserveBytes')),
      hostReserveBytes,
      ramBytes,
      'The reserve is all of RAM',
    )
  if (otherCacheBytes > ramBytes)
    say(
      at.at(named(to, 'otherCache', 'otherCacheBytes')),
      otherCacheBytes,
      ramBytes,
      'The cache is larger than RAM',
    )
}

function checkTime({ horizonS, sampleS }: Scenario, to: Reading): void {
  const samples = Math.ceil(horizonS / sampleS)
  if (samples <= bounds.maxSamples) return
  const sentence = `${samples} samples in ${horizonS} s; allowed are ${bounds.maxSamples}: take a longer distance.`
  const place = Place.root.at(named(to, 'sample', 'sampleS'))
  to.issues.say(place, `${samples} samples`, `at most ${bounds.maxSamples}`, sentence)
}

function checkNames({ workloads }: Scenario, to: Reading): void {
  const at = Place.root.at('workloads')
  workloads.forEach(({ name }, i) => {
    if (name === 'host') to.issues.add(at.at(i).at('name'), '"host"', 'another name: it is the machine’s')
    else if (workloads.findIndex(other => other.name === name) < i)
      to.issues.add(at.at(i).at('name'), `"${name}" again`, 'a name that no other workload has')
  })
  const instances = workloads.reduce((sum, spec) => sum + spec.count, 0)
  if (instances <= bounds.maxInstances) return
  const sentence = `${instances} instances in all workloads; allowed are ${bounds.maxInstances}.`
  to.issues.say(at, `${instances} instances`, `at most ${bounds.maxInstances}`, sentence)
}

function checkWorkload(scenario: Scenario, spec: WorkloadSpec, at: Place, to: Reading): void {
  const before = to.issues.count
  if (spec.stopS !== null && spec.stopS <= spec.startS)
    to.issues.add(
      at.at(named(to, 'stop', 'stopS')),
      `${spec.stopS} s`,
      `later than its start at ${spec.startS} s`,
    )
  for (const { param, sentence } of workloadNamed(spec.kind)?.check?.(spec.params) ?? [])
    to.issues.say(at.at('params').at(param), 'something else', 'JSON of that form', `${sentence}.`)
  if (to.issues.count === before) checkProgramTexts(spec, at.at('params'), to)
  if (to.issues.count === before) checkScript(scriptOf(scenario, spec), at, to)
}

/** The operations of one instance. */
function scriptOf(scenario: Scenario, spec: WorkloadSpec): TaskScript | null {
  const kind = workloadNamed(spec.kind)
  const strategy = strategyNamed(spec.strategy)
  if (kind === undefined || strategy === undefined) return null
  const { memlockBytes, capIpcLock } = spec.limits
  const need = kind.plan({
    params: spec.params,
    machine: scenario.machine,
    strategy: spec.strategy,
    memlockLimitBytes: memlockBytes === 'unlimited' || capIpcLock ? Infinity : memlockBytes,
  })
  const { cpus } = scenario.machine
  return taskScript(need, strategy, { params: spec.strategyParams, cpus, onLockRefusal: need.onLockRefusal })
}

/** Where areas go, and how far apart: what the model lays out has to end below the end of user space, 2^47. */
const FIRST_AREA = 2 ** 45
const LAST_ADDRESS = 2 ** 47

function checkScript(script: TaskScript | null, at: Place, to: Reading): void {
  if (script === null) return
  const steps = script.threads.flatMap(thread => thread.steps)
  const nrOps = steps.reduce(
    (sum, s) => sum + (s.do === 'op' ? 1 : s.do === 'repeat' ? s.times * s.ops.length : 0),
    0,
  )
  if (nrOps > bounds.maxOpsPerTask) {
    const sentence = `One instance carries out ${nrOps} operations; allowed are ${bounds.maxOpsPerTask}.`
    to.issues.say(at, `${nrOps} operations`, `at most ${bounds.maxOpsPerTask}`, sentence)
  }
  const mapped = steps.flatMap(s => {
    if (s.do !== 'op') return []
    const { op } = s
    return op.op === 'mmap' && op.as !== undefined ? [Number(op.length)] : []
  })
  const largest = Math.max(0, ...mapped, ...script.areas.map(mappedBytes))
  const room = 2 ** Math.ceil(Math.log2(Math.max(GIB, 4 * largest)))
  const most = (LAST_ADDRESS - FIRST_AREA) / Math.max(1, mapped.length + 1)
  if (room <= most) return
  const allowed = `areas of at most ${formatBytes(2 ** Math.floor(Math.log2(most)) / 4)} here`
  const sentence = `${mapped.length} areas, the largest of ${formatBytes(largest)}, do not fit the address space; allowed are ${allowed}.`
  to.issues.say(at, `an area of ${formatBytes(largest)}`, allowed, sentence)
}

function notesOf(scenario: Scenario, spec: WorkloadSpec): string[] {
  const { horizonS, kernel } = scenario
  const notes: string[] = []
  const lastS = spec.startS + spec.staggerS * (spec.count - 1)
  if (lastS >= horizonS)
    notes.push(`${spec.name}: the last instance would start at ${lastS} s, after the end of the run.`)
  const { maxBytes, highBytes } = spec.memcg
  if (maxBytes !== null && highBytes !== null && highBytes > maxBytes)
    notes.push(`${spec.name}: memory.high is above memory.max and has no effect.`)
  const offered = kernelNamed(kernel.name)
  if (offered === undefined) return notes
  const plus = [...(offered.plus ?? []), ...kernel.plus]
  const minus = [...(offered.minus ?? []), ...kernel.minus]
  const has = changesOf({ ...offered, plus, minus }).map(change => change.id)
  for (const id of strategyNamed(spec.strategy)?.needs ?? [])
    if (!has.includes(id))
      notes.push(`${spec.name}: ${spec.strategy} needs the change ${id}, which this kernel has not.`)
  return notes
}
