/**
 * The probe and the calibration of this machine, and plans with the calibrated table beside what the machine then does:
 * programs that are in no calibration. HOLDFAST_CALIBRATE_S is how long to calibrate, 60 s if it is not set. The pool of
 * huge pages needs root.
 */
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { describe, test } from 'vitest'
import { apiOf, createApp } from '../../app/create-app.ts'
import { memoryStore } from '../../app/memory-store.ts'
import type { Op } from '../../engine/op.ts'
import { runScenario } from '../../engine/planner/run.ts'
import { PROGRAM_FORMAT, type FileSpec, type Program } from '../../engine/program.ts'
import { DEFAULT_COSTS } from '../../engine/sim/default-costs.ts'
import type { CostTable } from '../../engine/sim/costs.ts'
import { readPlan } from '../../formats/plan/read-plan.ts'
import { BatchProcess } from '../../host/calibration/batch.ts'
import { growPool } from '../../host/calibration/means.ts'
import { undisturbed } from '../../host/calibration/sampler.ts'
import { onOneCpu } from '../../host/cpu.ts'
import { Journal } from '../../host/journal.ts'
import { MachineLock } from '../../host/machine-lock.ts'
import { mapOwn, unmapOwn } from '../../host/own-memory.ts'
import { value } from '../app/calls.ts'

const MIB = 2 ** 20
const LENGTH = 512 * MIB
const ROUNDS = 12

interface Case {
  readonly title: string
  readonly area: object
  readonly machine?: object
  readonly strategy: string
  readonly strategyParams?: object
  /** Nanoseconds of each of some rounds, shortest first. */
  readonly measure: () => Promise<{ readonly ns: number; readonly spreadNs: number; readonly clock: string }>
}

interface Timed {
  readonly ops: readonly Op[]
  readonly from: number
  readonly to: number
  readonly file?: FileSpec
  readonly hugePages?: true
}

/** The same by the kernel: the steps [from, to) are under the clock. */
const byKernel =
  ({ ops, from, to, file, hugePages }: Timed) =>
  () => {
    const program: Program = {
      format: PROGRAM_FORMAT,
      name: 'bench',
      ops,
      machine: {
        ...{ kernel: '6.18', pageSize: 4096, ramBytes: 2 ** 34, swapBytes: 0, faultAroundBytes: 65536 },
        thp: { enabled: 'never' },
      },
      process: { rlimitMemlock: 'unlimited', capIpcLock: true },
      ...(file === undefined ? {} : { files: { f: file } }),
    }
    return Promise.resolve(
      onOneCpu(() => {
        const batch = new BatchProcess(
          { program, timed: [{ name: 'all', from, to }] },
          { capIpcLock: true, banHugePages: hugePages !== true },
        )
        try {
          const samples = Array.from({ length: ROUNDS }, () => batch.cycle().steps[0]!)
          return undisturbed(samples.slice(1), { cpuNs: 0, wallNs: 0 })
        } finally {
          batch.close()
        }
      }),
    )
  }

const all = (on: string) => ({ on, length: LENGTH }) as const
const mmap = (as: string, ...flags: ('shared' | 'populate')[]): Op => ({
  op: 'mmap',
  as,
  length: LENGTH,
  flags,
})

/** Two threads populate a half each, as QEMU does. */
async function twoThreads(): Promise<{ ns: number; spreadNs: number; clock: string }> {
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
  const libc = koffi.load(null)
  const madvise = libc.func('int madvise(void *address, size_t length, int advice)')
  const mmapRaw = libc.func('void *mmap(void *a, size_t length, int prot, int flags, int fd, long offset)')
  const lock = MachineLock.acquire(5000)
  const journal = new Journal(lock)
  const times: number[] = []
  try {
    if (growPool(() => journal, LENGTH) < LENGTH) throw new Error('no pool')
    for (let i = 0; i < ROUNDS; i++) {
      const address = mmapRaw(null, LENGTH, 3, 0x2 | 0x20 | 0x40000 | (21 << 26), -1, 0) as bigint
      const half = LENGTH / 2
      const start = performance.now()
      await Promise.all(
        [0, 1].map(
          n => new Promise(resolve => void madvise.async(address + BigInt(n * half), half, 23, resolve)),
        ),
      )
      times.push((performance.now() - start) * 1e6)
      unmapOwn(address, LENGTH)
    }
  } finally {
    journal.close()
    lock.release()
  }
  times.sort((a, b) => a - b)
  return { ns: times[0]!, spreadNs: times[times.length >> 1]! - times[0]!, clock: 'wall' }
}

const CASES: readonly Case[] = [
  {
    title: 'mlock of 512 MiB, anonymous',
    area: { bytes: LENGTH },
    strategy: 'mlock',
    measure: byKernel({
      ops: [mmap('a'), { op: 'mlock', ...all('a') }, { op: 'munmap', ...all('a') }],
      ...{ from: 0, to: 2 },
    }),
  },
  {
    title: 'MAP_POPULATE of a shared memfd of 512 MiB',
    area: { bytes: LENGTH, backing: 'memfd', sharing: 'shared' },
    strategy: 'map-populate',
    measure: byKernel({
      ops: [
        { op: 'fallocate', file: 'f', mode: ['keep_size', 'punch_hole'], length: LENGTH },
        { op: 'mmap', as: 'a', length: LENGTH, flags: ['shared', 'populate'], file: 'f' },
        { op: 'munmap', ...all('a') },
      ],
      ...{ from: 1, to: 2, file: { kind: 'memfd', bytes: LENGTH } },
    }),
  },
  {
    title: 'MADV_POPULATE_WRITE of 512 MiB with huge pages',
    area: { bytes: LENGTH },
    machine: { thp: { enabled: 'always', defrag: 'always' } },
    strategy: 'populate-write',
    measure: byKernel({
      ops: [
        mmap('a'),
        { op: 'madvise', ...all('a'), advice: 'hugepage' },
        { op: 'madvise', ...all('a'), advice: 'populate_write' },
        { op: 'munmap', ...all('a') },
      ],
      ...{ from: 0, to: 3, hugePages: true },
    }),
  },
  {
    title: 'hugetlb of 512 MiB, preallocated by 2 threads',
    area: { bytes: LENGTH, backing: 'hugetlb-2M' },
    machine: { hugetlb: { '2M': 300, '1G': 0 } },
    strategy: 'prealloc',
    strategyParams: { threads: 2 },
    measure: twoThreads,
  },
]

function predicted(one: Case, machine: object, costs: CostTable): number {
  const plan = readPlan(
    JSON.stringify({
      ...{ format: 'holdfast-plan/1', name: one.title, kernel: '6.18', horizon: '60 s' },
      machine: { ...machine, thp: { enabled: 'never' }, ...one.machine },
      workloads: [
        {
          ...{ name: 'w', kind: 'generic', strategy: one.strategy },
          ...(one.strategyParams === undefined ? {} : { strategyParams: one.strategyParams }),
          params: { areas: JSON.stringify([{ name: 'm', ...one.area }]), ops: '[]' },
          limits: { memlock: 'unlimited' },
        },
      ],
    }),
  )
  if (!plan.ok) throw new Error(JSON.stringify(plan.issues))
  const result = runScenario(plan.plan.scenario, { costs })
  return result.workloads[0]!.timeUntilReadyS! * 1e9
}

describe('this machine', () => {
  test('probe, calibration, and what it predicts', { timeout: 600_000 }, async () => {
    const app = createApp({ store: memoryStore(), lookEveryMs: 0 })
    const api = apiOf(app)
    const took: number[] = []
    for (let i = 0; i < 7; i++) took.push((await value(api, 'machines.probe', {})).tookMs)
    took.sort((a, b) => a - b)
    console.log(`probe: median ${took[3]} ms, slowest ${took[6]} ms`)
    const { document } = await value(api, 'machines.probe', {})
    const timeS = Number(process.env['HOLDFAST_CALIBRATE_S'] ?? 60)
    const start = performance.now()
    const answer = await api.call('machines.calibrate', { timeS })
    if (!answer.ok) throw new Error(answer.error.sentence)
    const { table, heldOut, fittedOn, rounds, disturbances } = answer.value
    const percent = (share: number | undefined) => `${((share ?? NaN) * 100).toFixed(1)} %`
    console.log(
      `calibration: ${((performance.now() - start) / 1000).toFixed(1)} s for ${timeS} s asked, ${rounds} rounds; ` +
        `held out ${heldOut?.rows}: median ${percent(heldOut?.medianError)}, p95 ${percent(heldOut?.p95Error)}, ` +
        `largest ${percent(heldOut?.maxError)}; fitted to: median ${percent(fittedOn.medianError)}. ${disturbances.join(' ')}`,
    )
    // Memory that this machine has: see docs/live.md.
    const warm = mapOwn(LENGTH)
    unmapOwn(warm, LENGTH)
    for (const one of CASES) {
      const { ns, spreadNs, clock } = await one.measure()
      const calibrated = predicted(one, document, table)
      const usual = predicted(one, document, DEFAULT_COSTS)
      const ms = (value: number) => `${(value / 1e6).toFixed(1)} ms`
      console.log(
        `${one.title}: measured ${ms(ns)} (${clock}, + ${ms(spreadNs)}), predicted ${ms(calibrated)} ` +
          `(${percent(calibrated / ns - 1)}), by the default table ${ms(usual)} (${percent(usual / ns - 1)})`,
      )
    }
    await app.close()
  })
})
