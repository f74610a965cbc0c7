/** Plans for the tests of configuration: made by hand or by chance, and what comes back of a file. */
import fc from 'fast-check'
import { guestFacts } from '../../../../engine/planner/guest-facts.ts'
import type { GuestFacts } from '../../../../engine/planner/limits/guest.ts'
import { computeLimits } from '../../../../engine/planner/limits/index.ts'
import { processLimits, type ProcessLimit } from '../../../../engine/planner/process-limits.ts'
import { GIB, MIB } from '../../../../engine/quantity.ts'
import {
  SCENARIO_FORMAT,
  type MachineProfile,
  type Scenario,
  type WorkloadSpec,
} from '../../../../engine/scenario.ts'
import { configFacts, type ConfigFacts } from '../../../../formats/export/config/facts.ts'
import { configurationOf, CONFIG_TARGETS } from '../../../../formats/export/config/index.ts'
import type { TargetConfiguration } from '../../../../formats/export/config/target.ts'
import { combine } from '../../../../formats/import/combine.ts'
import { nameFor } from '../../../../formats/import/guest-import.ts'
import { importInput } from '../../../../formats/import/index.ts'
import type { ImportData } from '../../../../formats/import/importer.ts'
import { checkScenario } from '../../../../formats/plan/read-plan.ts'
import { HOST } from '../../../support/plans.ts'

export const SEED = { seed: 20261128, numRuns: 120 }

export const workload = (spec: Partial<WorkloadSpec> & Pick<WorkloadSpec, 'kind'>): WorkloadSpec => ({
  name: 'db01',
  params: {},
  count: 1,
  startS: 0,
  staggerS: 0,
  stopS: null,
  strategy: 'none',
  strategyParams: {},
  limits: { memlockBytes: 8 * MIB, capIpcLock: false },
  memcg: { maxBytes: null, highBytes: null, swapMaxBytes: null },
  oomScoreAdj: 0,
  ...spec,
})

export const guest = (params: WorkloadSpec['params'], more: Partial<WorkloadSpec> = {}): WorkloadSpec =>
  workload({ kind: 'qemu-guest', params, ...more })

export function scenarioOf(
  workloads: readonly WorkloadSpec[],
  machine: Partial<MachineProfile> = {},
  kernel = '6.18',
): Scenario {
  const scenario: Scenario = {
    format: SCENARIO_FORMAT,
    name: 'test',
    doc: '',
    machine: { ...HOST, costs: 'desktop-2021', ...machine },
    kernel: { name: kernel, plus: [], minus: [] },
    workloads,
    horizonS: 60,
    sampleS: 1,
    seed: 1,
  }
  const checked = checkScenario(scenario)
  if (!checked.ok) throw new Error(JSON.stringify(checked.issues))
  return checked.scenario
}

/**
 * Limits without the search of the model, which takes a tenth of a second: enough where only what is written matters, not
 * how much. A guest that locks or pins needs its RAM and what it has besides; any other program needs what is given.
 */
export function quickLimits(scenario: Scenario, neededBytes = 0): ProcessLimit[] {
  return scenario.workloads.map(spec => {
    const facts = guestFacts(spec)
    const counts = facts !== null && (facts.lock !== 'off' || facts.devices.pciHostdevs > 0)
    const needed = counts ? facts.ramBytes + 512 * MIB : facts === null ? neededBytes : 0
    const { memlockBytes: currentBytes, capIpcLock } = spec.limits
    const enough = currentBytes === 'unlimited' || currentBytes >= needed
    return {
      workload: spec.name,
      strategy: spec.strategy,
      guest: facts,
      currentBytes,
      capIpcLock,
      neededBytes: needed,
      checks: [],
      lockedNowBytes: 0,
      lockedFullBytes: 0,
      verdict: needed === 0 ? 'not needed' : enough ? 'enough' : capIpcLock ? 'not checked' : 'too low',
      sentence: '',
      fixes: [],
      systems: facts === null ? [] : computeLimits(facts),
    }
  })
}

export const factsOf = (scenario: Scenario): ConfigFacts => configFacts(scenario, quickLimits(scenario))

/** What a plan comes to in one place; with limits of the model unless others are given. */
export function written(
  id: string,
  scenario: Scenario,
  limits: readonly ProcessLimit[] = processLimits(scenario),
): TargetConfiguration {
  const [found] = configurationOf(
    scenario,
    limits,
    CONFIG_TARGETS.filter(target => target.id === id),
  )
  return found ?? { id, title: '', help: '', files: [], traps: [] }
}

/** The only file that a plan comes to in one place. */
export function onlyFile(id: string, scenario: Scenario): TargetConfiguration['files'][number] {
  const { files, traps } = written(id, scenario)
  const [file] = files
  if (file === undefined || files.length !== 1)
    throw new Error(`${id}: ${files.length} files, ${JSON.stringify(traps)}`)
  return file
}

export const trapsOf = (id: string, scenario: Scenario): string[] =>
  written(id, scenario).traps.map(trap => trap.id)

/** What an importer makes of a text; it has to be read. */
export function readBack(text: string, fileName?: string): ImportData {
  const result = importInput({ text }, fileName === undefined ? {} : { fileName })
  if (!result.ok) throw new Error(`${JSON.stringify(result.issues)}\n${text}`)
  return result
}

/** The plan that imports come to. */
export function planOf(...parts: readonly ImportData[]): Scenario {
  const combined = combine(parts)
  if (!combined.ok) throw new Error(JSON.stringify(combined.issues))
  return combined.plan.scenario
}

/** What a plan says of a guest, in one form: strategies that are options of QEMU are such options here. */
export function said(facts: GuestFacts): unknown {
  const { ramBytes, vcpus, backing, hugePageBytes, lock, prealloc, preallocThreads, devices } = facts
  return {
    ...{ ramBytes, vcpus, backing, lock, prealloc },
    hugePageBytes: backing === 'hugetlb' ? hugePageBytes : null,
    preallocThreads: prealloc ? preallocThreads : 0,
    devices: devices.pciHostdevs,
    virtioMem: facts.memoryDevices.map(device => [
      device.sizeBytes,
      device.requestedBytes ?? 0,
      device.prealloc === true,
    ]),
  }
}

/** The same of the only guest of a plan that was read back. */
export function saidOfPlan({ workloads }: Scenario): unknown {
  const [spec] = workloads
  const facts = spec === undefined ? null : guestFacts(spec)
  if (facts === null || workloads.length !== 1) throw new Error(`${workloads.length} guests`)
  return said(facts)
}

/** A name as importers give it: without what acts on a page. */
export const nameRead = (name: string): string => nameFor(name, '?')

/** Names that a plan may have, with all that a format minds. */
export const names: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(
      'db01',
      'Größe 4',
      'a b',
      '"q"',
      "it's",
      '$(reboot)',
      'a,b=c',
      '%n',
      '-x',
      'a\\b',
      '#1',
      '`x`',
    ),
    fc.string({
      unit: fc.constantFrom(...Array.from('abcXYZ019 -_.,:;=+*?!#%&@$~^|(){}[]\'"`\\/é漢😀')),
      minLength: 1,
      maxLength: 24,
    }),
  )
  .filter(name => name.trim() === name && name !== '' && name !== 'host')

const mib = (least: number, most: number): fc.Arbitrary<number> =>
  fc.integer({ min: least, max: most }).map(n => n * MIB)

const limits: fc.Arbitrary<WorkloadSpec['limits']> = fc.record({
  memlockBytes: fc.oneof(
    fc.constant('unlimited' as const),
    fc.constant(8 * MIB),
    fc.integer({ min: 0, max: 2 ** 38 }),
    mib(1, 300_000),
  ),
  capIpcLock: fc.boolean(),
})

const memcg: fc.Arbitrary<WorkloadSpec['memcg']> = fc.record({
  maxBytes: fc.option(mib(1, 300_000)),
  highBytes: fc.option(mib(1, 300_000)),
  swapMaxBytes: fc.option(mib(0, 300_000)),
})

/** Guests that QEMU can have: RAM in whole pages of the backing. */
export const guests: fc.Arbitrary<WorkloadSpec> = fc
  .record({
    name: names,
    ram: fc.integer({ min: 1, max: 64 }).map(n => n * GIB),
    odd: mib(0, 1023),
    vcpus: fc.integer({ min: 1, max: 256 }),
    backing: fc.constantFrom('anon', 'memfd', 'file', 'hugetlb-2M', 'hugetlb-1G'),
    prealloc: fc.boolean(),
    preallocThreads: fc.integer({ min: 0, max: 64 }),
    memLock: fc.constantFrom('off', 'on', 'on-fault'),
    vfio: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 8 })),
    virtioMem: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 16 }).map(n => n * GIB),
    ),
    virtioMemPlugged: fc.integer({ min: 0, max: 16 }).map(n => n * GIB),
    virtioMemPrealloc: fc.boolean(),
    balloon: fc.oneof(fc.constant(0), mib(1, 1000)),
    strategy: fc.constantFrom('none', 'none', 'prealloc', 'mlockall', 'hugetlb-2m', 'hugetlb-1g'),
    limits,
    memcg,
  })
  .map(({ name, strategy, limits: own, memcg: group, odd, ...params }) => {
    const huge = params.backing.endsWith('1G') || strategy.endsWith('1g')
    const odds = huge ? 0 : Math.floor(odd / (2 * MIB)) * 2 * MIB
    return guest(
      {
        ...params,
        ram: params.ram + odds,
        virtioMemPlugged: Math.min(params.virtioMem, params.virtioMemPlugged),
      },
      { name, strategy, limits: own, memcg: group },
    )
  })

/** Programs that are no guests, with limits of all kinds. */
export const programs: fc.Arbitrary<WorkloadSpec> = fc
  .record({
    name: names,
    kind: fc.constantFrom('secrets', 'cache', 'database', 'rdma', 'jvm'),
    limits,
    memcg,
    oomScoreAdj: fc.integer({ min: -1000, max: 1000 }),
    count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 50 })),
  })
  .map(workload)
