import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, type TestContext } from 'vitest'
import { kernelNamed } from '../../../engine/kernels/releases.ts'
import { calibrate, type CalibrateOptions, type Measurements } from '../../../host/calibration/calibrate.ts'
import { undisturbed } from '../../../host/calibration/sampler.ts'
import { CannotRun } from '../../../host/refusal.ts'
import { settingsNow } from '../live.ts'

const MIB = 2 ** 20
const nobody = 65534
const isRoot = process.geteuid?.() === 0
const program = join(import.meta.dirname, 'run-calibration.ts')

const tiny = (some: Partial<CalibrateOptions> = {}): CalibrateOptions => ({
  ...{ kernel: kernelNamed('6.18')!, timeS: 1, share: 0.1, cacheBytes: null },
  ...{ sizes: [2 * MIB, 4 * MIB], only: 'anonymous, mlock', waitMs: 60_000 },
  ...{ isCancelled: () => false, onProgress: () => {} },
  ...some,
})

/** What was measured; a test is skipped, with the reason, where this machine cannot. */
function measured(context: TestContext, options: CalibrateOptions): Measurements | null {
  if (!release().startsWith('6.18.'))
    context.skip(`the model's faults are those of 6.18; this is ${release()}`)
  try {
    return calibrate(options)
  } catch (error) {
    if (error instanceof CannotRun && ['platform', 'busy', 'privilege'].includes(error.reason))
      context.skip(error.message)
    throw error
  }
}

/** Where journals of changed settings lie. */
const journals = (): string[] =>
  ['/run/holdfast', join(tmpdir(), 'holdfast-live-0')].flatMap(folder =>
    existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith('.journal')) : [],
  )

const ownMemory = (): Record<string, number> => {
  const status = readFileSync('/proc/self/status', 'latin1')
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return { VmLck: of('VmLck'), VmPin: of('VmPin'), HugetlbPages: of('HugetlbPages') }
}

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
  'a small calibration (needs Linux on x86-64)',
  () => {
    it('times every step at every size, on a kernel that does what the model says', context => {
      const progress: [number, number][] = []
      const found = measured(context, tiny({ onProgress: (done, of) => progress.push([done, of]) }))
      expect(found?.skipped).toEqual([])
      expect(found?.steps.map(({ program: of, step }) => `${of}: ${step}`)).toEqual(
        ['2 MiB', '4 MiB'].flatMap(size =>
          ['mlock', 'munlock', 'munmap'].map(step => `anonymous, mlock, ${size}: ${step}`),
        ),
      )
      for (const { ns, samples, phases } of found?.steps ?? []) {
        expect(samples).toBeGreaterThan(0)
        // No kernel locks a page in less than a nanosecond, and none takes a tenth of a millisecond for it.
        expect(ns).toBeGreaterThan(512)
        expect(ns).toBeLessThan(1024 * 100_000)
        expect(phases[0]?.work.length).toBeGreaterThan(0)
      }
      expect(progress.length).toBeGreaterThan(0)
      expect(progress.every(([done, of]) => done <= of && of === 1000)).toBe(true)
    })

    it('leaves no trace: settings, journals, own memory', context => {
      const before = [settingsNow(), journals(), ownMemory()]
      measured(context, tiny({ only: 'hugetlb', sizes: [2 * MIB] }))
      measured(context, tiny({ only: '64 KiB folios', sizes: [2 * MIB] }))
      expect([settingsNow(), journals(), ownMemory()]).toEqual(before)
    })

    it('ends between two programs when it is no longer wanted', context => {
      let asked = 0
      const before = settingsNow()
      const isCancelled = (): boolean => ++asked > 2
      expect(measured(context, tiny({ only: 'huge pages', timeS: 60, isCancelled }))).toBeNull()
      expect(asked).toBe(3)
      expect(settingsNow()).toEqual(before)
    })

    it('uses no more than its share of the free memory, and says so where that is too little', context => {
      const kib = Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1])
      const share = (6 * MIB) / (kib * 1024)
      const found = measured(context, tiny({ share, sizes: [2 * MIB, 64 * MIB] }))
      expect(found?.sizes).toEqual([2 * MIB])
      expect(found?.memoryBytes).toBeLessThanOrEqual(6 * MIB)
      expect(() => calibrate(tiny({ share: 1e-9 }))).toThrow('too little to measure anything')
    })

    it.skipIf(!isRoot)('without privileges it measures what it may (needs root, to give it up)', context => {
      const directory = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
      chmodSync(directory, 0o777)
      const options = JSON.stringify({ sizes: [2 * MIB, 64 * MIB], share: 0.1, waitMs: 60_000 })
      const { status, stdout } = spawnSync(process.execPath, [program, options], {
        ...{ uid: nobody, gid: nobody, cwd: directory, env: { TMPDIR: directory }, encoding: 'utf8' },
      })
      rmSync(directory, { recursive: true })
      if (status !== 0) return context.skip('user nobody cannot start this Node from this folder')
      const { steps, skipped } = JSON.parse(stdout) as Measurements
      expect(steps.length).toBeGreaterThan(20)
      const why = skipped.map(one => one.why).join('\n')
      expect(why).toContain('hugepages-64kB/enabled is never, and changing it needs root')
      expect(why).toMatch(/the limit of locked memory is \d+ KiB|^(?!.*limit of locked)/)
    })

    it.skipIf(!isRoot)(
      'a calibration that is killed has its settings put back (needs root)',
      async context => {
        if (!release().startsWith('6.18.')) return context.skip(`this is ${release()}`)
        const before = settingsNow()
        const pool = '/proc/sys/vm/nr_hugepages'
        const pages = readFileSync(pool, 'latin1')
        const options = JSON.stringify({ only: 'hugetlb', timeS: 60, waitMs: 60_000 })
        const child = spawn(process.execPath, [program, options], { stdio: 'ignore' })
        const until = async (holds: () => boolean): Promise<boolean> => {
          for (let i = 0; i < 1500 && !holds(); i++) await sleep(20)
          return holds()
        }
        try {
          expect(await until(() => readFileSync(pool, 'latin1') !== pages)).toBe(true)
        } finally {
          child.kill('SIGKILL')
        }
        expect(await until(() => JSON.stringify(settingsNow()) === JSON.stringify(before))).toBe(true)
        expect(await until(() => journals().length === 0)).toBe(true)
      },
    )
  },
)

describe('what a step takes by itself', () => {
  const clock = { cpuNs: 100, wallNs: 300 }
  const sample = (cpuNs: number, wallNs: number) => ({ cpuNs, wallNs })

  it('is the shortest time on the wall clock, if it was left alone then', () => {
    const samples = [sample(1100, 1300), sample(1150, 9000), sample(1200, 1500)]
    expect(undisturbed(samples, clock)).toEqual({ ns: 1000, spreadNs: 0, clock: 'wall', samples: 3 })
  })

  it('is time on the processor where others always came in between, and not the least, which may be wrong', () => {
    const samples = [120, 1100, 1100, 1200, 1300, 1400, 1500, 1600].map(ns => sample(ns, 5 * ns + 9000))
    expect(undisturbed(samples, clock)).toEqual({ ns: 1000, spreadNs: 200, clock: 'processor', samples: 8 })
  })

  it('is nothing where there is no sample', () => {
    expect(undisturbed([], clock)).toMatchObject({ ns: 0, samples: 0 })
  })
})
