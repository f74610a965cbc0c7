import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { modelNamed } from '../../../../engine/data/models.ts'
import type { GuestFacts } from '../../../../engine/planner/limits/guest.ts'
import { MIB } from '../../../../engine/quantity.ts'
import type { Scenario, WorkloadSpec } from '../../../../engine/scenario.ts'
import { CONFIG_TARGETS } from '../../../../formats/export/config/index.ts'
import {
  factsOf,
  guests,
  nameRead,
  onlyFile,
  planOf,
  programs,
  quickLimits,
  readBack,
  said,
  saidOfPlan,
  scenarioOf,
  SEED,
  trapsOf,
  workload,
  written,
} from './support.ts'

const big = (spec: WorkloadSpec): Scenario => scenarioOf([spec], { ramBytes: 2 ** 43 })

/** Each guest that a place can have, and what comes back of its file; `known` is what the place can say of the plan. */
function guestsComeBack(
  id: string,
  known: (planned: GuestFacts) => GuestFacts,
  check: (back: Scenario, spec: WorkloadSpec) => void,
): void {
  fc.assert(
    fc.property(guests, spec => {
      const scenario = big(spec)
      const planned = factsOf(scenario).processes[0]!.guest!
      const { files, traps } = written(id, scenario, quickLimits(scenario))
      const [file] = files
      if (file === undefined) {
        expect(traps[0]?.kind).toBe('refused')
        return
      }
      const back = planOf(readBack(file.text))
      expect(saidOfPlan(back)).toEqual(said(known(planned)))
      check(back, spec)
    }),
    SEED,
  )
}

describe('a guest comes back from what was written for it', () => {
  it('QEMU arguments: all of it, whatever its name is', () => {
    guestsComeBack(
      'qemu',
      planned => planned,
      (back, spec) => expect(back.workloads[0]?.name).toBe(nameRead(spec.name)),
    )
  })
})

describe('limits of programs come back', () => {
  const limitsOf = (id: string, spec: WorkloadSpec) => {
    const { files } = written(id, big(spec), quickLimits(big(spec)))
    return files.flatMap(({ text }) => readBack(text).limits ?? [])
  }

  it('limits.d: in KiB, rounded up', () => {
    fc.assert(
      fc.property(programs, spec => {
        const { memlockBytes } = spec.limits
        const [read] = limitsOf('limits-d', spec)
        if (read === undefined) return
        const rounded = memlockBytes === 'unlimited' ? memlockBytes : Math.ceil(memlockBytes / 1024) * 1024
        expect([read.memlockSoftBytes, read.memlockHardBytes]).toEqual([rounded, rounded])
      }),
      SEED,
    )
  })
})

describe('llama.cpp', () => {
  const params = fc.record({
    model: fc.constantFrom('Llama-3.1-8B', 'Qwen2.5-7B', 'Mixtral-8x7B', 'Llama-3.3-70B'),
    context: fc.integer({ min: 1, max: 200_000 }),
    slots: fc.integer({ min: 1, max: 64 }),
    threads: fc.integer({ min: 1, max: 256 }),
    cacheType: fc.constantFrom('f16', 'q8_0', 'q4_0'),
    load: fc.constantFrom('mmap', 'read'),
    warmUp: fc.boolean(),
    prefetch: fc.boolean(),
  })
  const usual = { load: 'mmap', warmUp: true, prefetch: true, cacheType: 'f16' }

  it.each([
    ['commands', '-command.sh'],
    ['docker', 'compose.yaml'],
    ['kubernetes', '-pod.yaml'],
  ])('gives the same model back from %s, %s', (id, path) => {
    fc.assert(
      fc.property(params, fc.constantFrom('none', 'mlock'), (chosen, strategy) => {
        const type = modelNamed(chosen.model)!.files[0]!.type
        const spec = workload({ kind: 'llm', name: 'llm', strategy, params: { ...chosen, type } })
        const scenario = big(spec)
        const { files } = written(id, scenario, quickLimits(scenario))
        const file = files.find(one => one.path.endsWith(path))
        const [read] = planOf(readBack(file!.text)).workloads
        expect(read?.strategy).toBe(strategy)
        expect({ ...usual, ...read?.params }).toEqual({ ...usual, ...chosen, type })
      }),
      { ...SEED, numRuns: 60 },
    )
  })
})

describe('what goes wrong elsewhere is said here', () => {
  const vault = workload({
    kind: 'secrets',
    name: 'vault',
    limits: { memlockBytes: 64 * MIB, capIpcLock: true },
  })
  const pools = { hugetlb: { '2M': 1025, '1G': 3 }, nodes: 2 }

  it('a pool is split over nodes by the command line since 5.16, the size before its count', () => {
    const at = (kernel: string) => onlyFile('kernel-command-line', scenarioOf([vault], pools, kernel)).text
    expect(at('6.18')).toContain('hugepagesz=1G hugepages=0:2,1:1"')
    expect(at('6.18')).toContain('hugepagesz=2M hugepages=0:513,1:512"')
    expect(at('5.4')).toContain('hugepagesz=2M hugepages=1025"')
    expect(trapsOf('kernel-command-line', scenarioOf([vault], pools))).toEqual(
      expect.arrayContaining(['gigabyte-pages-need-pdpe1gb', 'order-of-words']),
    )
  })

  it('vm.nr_hugepages is of the default size alone', () => {
    const { text } = onlyFile(
      'sysctl',
      scenarioOf([vault], { ...pools, swappiness: 0, overcommit: { mode: 2, ratioPercent: 80 } }),
    )
    expect(text).toBe(
      'vm.swappiness = 0\nvm.overcommit_memory = 2\nvm.overcommit_ratio = 80\nvm.nr_hugepages = 1025\n',
    )
    expect(
      trapsOf('sysctl', scenarioOf([vault], { ...pools, overcommit: { mode: 2, ratioPercent: 80 } })),
    ).toEqual(expect.arrayContaining(['default-size-only', 'ratio-resets-kbytes']))
  })

  it('pages of each node are written at run time', () => {
    const [now, unit] = written('hugepages', scenarioOf([vault], pools)).files
    expect(now?.text).toContain(
      'echo 513 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages',
    )
    expect(unit?.text).toContain(
      `ExecStart=/bin/sh -c 'echo 2 > /sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages'`,
    )
  })
})

describe('every file of every place', () => {
  it('says why for some line, how to verify it, and how to take it back; never -realtime', () => {
    fc.assert(
      fc.property(guests, programs, (one, other) => {
        const scenario = scenarioOf([one, { ...other, name: `${other.name}2` }], {
          ramBytes: 2 ** 43,
          nodes: 2,
          hugetlb: { '2M': 3, '1G': 3 },
        })
        const limits = quickLimits(scenario, 100 * MIB)
        for (const { id } of CONFIG_TARGETS)
          for (const file of written(id, scenario, limits).files) {
            expect(
              file.lines.some(({ why, source }) => why !== undefined && source !== undefined),
              file.path,
            ).toBe(true)
            expect(file.verify, file.path).not.toEqual([])
            expect(file.undo, file.path).not.toEqual([])
            expect(file.text).toBe(file.lines.map(({ text }) => `${text}\n`).join(''))
            expect(
              file.lines.some(({ text }) => /[\n\r]|-realtime/.test(text)),
              file.path,
            ).toBe(false)
            expect(file.path.split('/')).not.toContain('..')
          }
      }),
      { ...SEED, numRuns: 40 },
    )
  })

  it('scripts are read by a shell without a mistake, whatever a workload is called', () => {
    const scripts = fc
      .sample(fc.tuple(guests, programs), { seed: SEED.seed, numRuns: 10 })
      .flatMap(([one, other]) => {
        const scenario = scenarioOf([one, { ...other, name: `${other.name}2` }], { ramBytes: 2 ** 43 })
        return ['qemu', 'docker', 'nova'].flatMap(id =>
          written(id, scenario, quickLimits(scenario)).files.filter(({ path }) => path.endsWith('.sh')),
        )
      })
    for (const { text: input } of scripts) {
      const { status, stderr } = spawnSync('sh', ['-n'], { input, encoding: 'utf8' })
      expect(status, `${stderr}\n${input}`).toBe(0)
    }
  })
})
