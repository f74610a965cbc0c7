import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probeMachine } from '../../../app/probe/probe-machine.ts'
import type { ProbedMachineView } from '../../../app/contract.ts'
import { CHANGES } from '../../../engine/kernels/changes.ts'
import { checkScenario } from '../../../formats/plan/read-plan.ts'
import { readMachine } from '../../../formats/plan/machine.ts'
import { Place } from '../../../formats/issues.ts'
import { PlanIssues } from '../../../formats/plan/issues.ts'
import { FEATURE_TESTS, LIMITED_TESTS } from '../../../host/probe/feature-tests.ts'
import { ownCaller } from '../../../host/probe/caller.ts'
import { settingsNow } from '../live.ts'

const nobody = 65534

/** Undefined where such a user cannot even start the program. */
function probedAsNobody(): ProbedMachineView | undefined {
  const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'run-probe.ts')], {
    ...{ uid: nobody, gid: nobody, cwd: '/', env: {}, encoding: 'utf8' },
  })
  return status === 0 ? (JSON.parse(stdout) as ProbedMachineView) : undefined
}

describe.skipIf(process.platform !== 'linux')('this machine (needs Linux)', () => {
  it('is read into a machine that a plan takes, and nothing is changed', async () => {
    const before = settingsNow()
    const probed = await probeMachine()
    expect(settingsNow()).toEqual(before)
    expect(probed.release).toBe(release())
    const issues = new PlanIssues()
    expect(readMachine(probed.document, Place.root, { issues, naming: 'plan' })).toEqual(probed.machine)
    expect(issues.list()).toEqual([])
    const { machine, kernel } = probed
    const plan = { format: 'holdfast-scenario/1', name: 'x', doc: '', machine, kernel, workloads: [] }
    expect(checkScenario({ ...plan, horizonS: 1, sampleS: 1, seed: 1 })).toMatchObject({ ok: true })
  })

  it('has at least the memory that the kernel hands out', async () => {
    const kib = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1])
    const { machine } = await probeMachine()
    expect(machine.ramBytes).toBeGreaterThanOrEqual(kib * 1024)
    expect(machine.hostReserveBytes).toBeLessThan(kib * 1024)
  })

  it('has its kernel tried by calls', async context => {
    const { features, kernel, notes } = await probeMachine()
    expect(features).toHaveLength(FEATURE_TESTS.length + LIMITED_TESTS.length + 1)
    // Whatever runs these tests has what came ten years ago.
    expect(features.find(({ change }) => change === 'mlock2')?.state).toBe('present')
    // The release that the model was compared with, call by call, has nothing more and nothing less.
    if (!release().startsWith('6.18.')) return context.skip(`this is ${release()}, not 6.18`)
    expect(kernel).toEqual({ name: '6.18', plus: [], minus: [] })
    expect(notes.filter(({ kind, field }) => kind === 'measured' && field === 'kernel')).toEqual([])
  })

  it.skipIf(process.geteuid?.() !== 0)(
    'is read as well without privileges (needs root, to give it up)',
    context => {
      const probed = probedAsNobody()
      if (probed === undefined) return context.skip('user nobody cannot start this Node from this folder')
      expect(probed.limits.capIpcLock).toBe(false)
      expect(probed.features.filter(({ state }) => state !== 'untold').length).toBeGreaterThan(10)
      expect(probed.machine.ramBytes).toBeGreaterThan(0)
    },
  )
})

describe.skipIf(process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch))(
  'where no process may be traced (needs Linux)',
  () => {
    it.each(FEATURE_TESTS.filter(({ by }) => by.startsWith('madvise of no bytes')))(
      'the program’s own process tells the same: $change',
      test => {
        expect(typeof test.run(ownCaller())).toBe('boolean')
      },
    )
  },
)

it('every test is about a change that the model knows, and no change has two', () => {
  const tested = [...FEATURE_TESTS, ...LIMITED_TESTS].map(({ change }) => change)
  expect(new Set(tested).size).toBe(tested.length)
  expect(tested.filter(id => !CHANGES.some(change => change.id === id))).toEqual([])
})
