import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { experiments } from '../../../host/experiments/list.ts'
import { runExperiments } from '../../../host/experiments/run.ts'
import { pause } from '../../../host/pause.ts'
import { refusalOf } from '../../../host/refusal.ts'

const state = (): unknown => ({
  swaps: readFileSync('/proc/swaps', 'latin1'),
  cluster: readFileSync('/proc/sys/vm/page-cluster', 'latin1'),
  thp: readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'latin1'),
  groups: ['/sys/fs/cgroup', '/sys/fs/cgroup/memory']
    .filter(path => existsSync(path))
    .flatMap(path => readdirSync(path).filter(name => name.startsWith('holdfast-'))),
})

const small = experiments
  .filter(({ name }) => name === 'uniform, no lock')
  .map(experiment => ({
    ...experiment,
    areaPages: 8192,
    limitPages: 6144,
    accessesPerSample: 8192,
    samples: 4,
  }))

describe('an experiment on the running kernel', () => {
  it('keeps within its limit, swaps, and leaves the machine as it was', async context => {
    if (process.platform !== 'linux') context.skip('Experiments run on Linux.')
    const before = state()
    try {
      const [record] = await runExperiments(small, { directory: tmpdir() })
      const last = record?.samples.at(-1)
      expect(last?.residentPages).toBeLessThanOrEqual(6144)
      expect(last?.residentPages).toBeGreaterThan(5800)
      expect(last?.majorFaults).toBeGreaterThan(1000)
      expect((last?.residentPages ?? 0) + (last?.swappedPages ?? 0)).toBeLessThanOrEqual(8192)
    } catch (error) {
      const refusal = refusalOf(error)
      context.skip(refusal.sentence)
    }
    expect(state()).toEqual(before)
  })

  it('that is killed is cleaned up after', async context => {
    if (process.platform !== 'linux' || process.geteuid?.() !== 0) context.skip('Experiments need root.')
    const before = state()
    const script = join(import.meta.dirname, '../../../scripts/experiments.ts')
    const child = spawn(process.execPath, [script, '--only', 'uniform, no lock'], { stdio: 'ignore' })
    const isOn = (): boolean => readFileSync('/proc/swaps', 'latin1').includes('zram')
    for (let i = 0; i < 500 && child.exitCode === null && !isOn(); i++) {
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    if (!isOn()) context.skip('The experiment did not start here.')
    child.kill('SIGKILL')
    await once(child, 'exit')
    for (let i = 0; i < 100 && JSON.stringify(state()) !== JSON.stringify(before); i++) pause(100)
    expect(state()).toEqual(before)
  }, 30_000)
})
