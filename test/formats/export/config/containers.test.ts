import { parse } from 'yaml'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBytes, GIB, MIB } from '../../../../engine/quantity.ts'
import type { WorkloadSpec } from '../../../../engine/scenario.ts'
import type { ConfigFile } from '../../../../formats/export/config/target.ts'
import { importInput } from '../../../../formats/import/index.ts'
import {
  onlyFile,
  planOf,
  programs,
  quickLimits,
  readBack,
  scenarioOf,
  SEED,
  trapsOf,
  workload,
  written,
} from './support.ts'

const HOST = { ramBytes: 2 ** 43 }
const vault = (more: Partial<WorkloadSpec> = {}): WorkloadSpec =>
  workload({
    kind: 'secrets',
    name: 'vault',
    limits: { memlockBytes: 64 * MIB, capIpcLock: false },
    ...more,
  })
const group = (maxBytes: number | null, swapMaxBytes: number | null = null): WorkloadSpec['memcg'] => ({
  maxBytes,
  highBytes: null,
  swapMaxBytes,
})

function fileOf(id: string, path: string, ...specs: readonly WorkloadSpec[]): ConfigFile | undefined {
  const scenario = scenarioOf(specs, HOST)
  return written(id, scenario, quickLimits(scenario)).files.find(file => file.path.endsWith(path))
}
const textOf = (id: string, path: string, ...specs: readonly WorkloadSpec[]): string =>
  fileOf(id, path, ...specs)?.text ?? ''

describe('docker run', () => {
  it('has the limit in plain bytes, soft and hard, and no capability that is not asked for', () => {
    const text = textOf('docker', 'vault-run.sh', vault())
    expect(text).toContain('  --ulimit memlock=67108864:67108864 \\\n')
    expect(text).not.toContain('IPC_LOCK')
  })

  it('has -1 where there is no limit, and the capability where the plan has it', () => {
    const limits = { memlockBytes: 'unlimited' as const, capIpcLock: true }
    const text = textOf('docker', 'vault-run.sh', vault({ limits }))
    expect(text).toContain('--ulimit memlock=-1:-1')
    expect(text).toContain('--cap-add IPC_LOCK')
    expect(trapsOf('docker', scenarioOf([vault({ limits })]))).toContain('capability-of-a-user')
  })

  it.each([
    ['as much as there is', null, -1],
    ['none', 0, GIB],
    ['1 MiB', MIB, GIB + MIB],
  ])('states swap, as Docker allows as much as memory otherwise: %s', (_, swap, both) => {
    expect(textOf('docker', 'vault-run.sh', vault({ memcg: group(GIB, swap) }))).toContain(
      `--memory ${GIB} \\\n  --memory-swap ${both} \\\n`,
    )
  })

  it('is refused below the 6 MiB that Docker takes, and warns of what it has no option for', () => {
    const { files, traps } = written('docker', scenarioOf([vault({ memcg: group(6 * MIB - 1) })]))
    expect(files).toEqual([])
    expect(traps[0]).toMatchObject({ kind: 'refused', id: 'least-memory', workload: 'vault' })
    const memcg = { maxBytes: null, highBytes: GIB, swapMaxBytes: GIB }
    const said = written('docker', scenarioOf([vault({ memcg })])).traps
    expect(said.find(({ id }) => id === 'no-field-for-the-group')?.sentence).toContain(
      'memory.high and memory.swap.max',
    )
  })

  it('is called something of two characters, and is refused where nothing of a name is left', () => {
    const scenario = scenarioOf([vault({ name: 'v' }), vault({ name: 'v-1' })])
    const scripts = written('docker', scenario).files.filter(({ path }) => path.endsWith('.sh'))
    expect(scripts.map(({ path }) => path)).toEqual(['v-2-run.sh', 'v-1-run.sh'])
    expect(scripts[0]?.text).toContain('--name v-2 ')
    const { files, traps } = written('docker', scenarioOf([vault({ name: '漢' })]))
    expect(files).toEqual([])
    expect(traps[0]).toMatchObject({ kind: 'refused', id: 'name-without-letters' })
  })
})

describe('daemon.json', () => {
  it('has the largest limit of all, and nothing where the usual one is enough', () => {
    const other = vault({ name: 'other', limits: { memlockBytes: 96 * MIB, capIpcLock: false } })
    const file = fileOf('docker', 'daemon.json', vault(), other)
    expect(JSON.parse(file?.text ?? '')).toEqual({
      'default-ulimits': { memlock: { Name: 'memlock', Soft: 96 * MIB, Hard: 96 * MIB } },
    })
    expect(file?.memlockBytes).toBe(96 * MIB)
    const usual = { memlockBytes: 8 * MIB, capIpcLock: false }
    expect(fileOf('docker', 'daemon.json', vault({ limits: usual }))).toBeUndefined()
  })
})

describe('the compose file', () => {
  it('has one service for each program, and a warning of Swarm', () => {
    const text = textOf('docker', 'compose.yaml', vault(), vault({ name: 'a "b"', count: 3 }))
    expect(parse(text)).toMatchObject({
      services: {
        vault: { ulimits: { memlock: { soft: 64 * MIB, hard: 64 * MIB } } },
        'a-b': { deploy: { replicas: 3 } },
      },
    })
    expect(trapsOf('docker', scenarioOf([vault()]))).toContain('swarm-ignores-ulimits')
  })

  it('gives limits of locked memory, capability, memory and swap back to the byte', () => {
    fc.assert(
      fc.property(programs, spec => {
        const text = textOf('docker', 'compose.yaml', spec)
        if (text === '') return
        const [label = ''] = Object.keys((parse(text) as { services: object }).services)
        const bare = workload({ kind: spec.kind, name: label })
        const [read] = planOf({ workloads: [bare] }, readBack(text)).workloads
        const { maxBytes, swapMaxBytes } = spec.memcg
        expect(read?.limits).toEqual(spec.limits)
        expect(read?.memcg).toEqual(group(maxBytes, maxBytes === null ? null : swapMaxBytes))
      }),
      SEED,
    )
  })

  it('without memswap_limit is read as Docker takes it: as much swap as memory', () => {
    const { limits } = readBack('services:\n  a: {image: x, mem_limit: 64m}\n')
    expect(limits?.[0]).toMatchObject({ memoryMaxBytes: 64 * MIB, memorySwapMaxBytes: 64 * MIB })
  })
})

describe('the Pod', () => {
  const podOf = (spec: WorkloadSpec): string => textOf('kubernetes', '-pod.yaml', spec)

  it('has IPC_LOCK for root alone, and only where the plan has it', () => {
    expect(podOf(vault())).not.toContain('securityContext')
    const limits = { memlockBytes: 64 * MIB, capIpcLock: true }
    expect(parse(podOf(vault({ limits })))).toMatchObject({
      spec: {
        containers: [{ securityContext: { runAsUser: 0, capabilities: { add: ['IPC_LOCK'] } } }],
      },
    })
    expect(trapsOf('kubernetes', scenarioOf([vault({ limits })]))).toEqual(
      expect.arrayContaining(['capability-of-a-user', 'pod-security', 'no-field-for-the-limit']),
    )
    const low = scenarioOf([vault({ strategy: 'mlock', limits: { memlockBytes: MIB, capIpcLock: true } })])
    for (const id of ['docker', 'kubernetes'])
      expect(trapsOf(id, low), id).toContain('capability-instead-of-limit')
  })

  it.each([
    ['hugetlb-2M', 'hugepages-2Mi', 4 * GIB, '4Gi'],
    ['hugetlb-1G', 'hugepages-1Gi', 4 * GIB, '4Gi'],
    ['hugetlb-2M', 'hugepages-2Mi', 4 * GIB + 5, '4098Mi'],
  ])(
    'requests huge pages (%s) as it limits them, in whole pages: %s',
    (backing, resource, buffer, amount) => {
      const { spec } = parse(podOf(workload({ kind: 'database', params: { buffer, backing } }))) as {
        spec: { containers: { resources: Record<'requests' | 'limits', Record<string, string>> }[] }
      }
      const resources = spec.containers[0]?.resources
      expect(resources?.requests[resource]).toBe(amount)
      expect(resources?.limits[resource]).toBe(amount)
      expect(resources?.requests['memory']).toMatch(/^\d+[KMG]i$/)
    },
  )

  it('tells its huge pages when it is read, page for page', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 100_000 }),
        fc.constantFrom(['hugetlb-2M', 2, '2Mi'] as const, ['hugetlb-1G', 1024, '1Gi'] as const),
        (mib, [backing, pageMib, size]) => {
          const text = podOf(workload({ kind: 'database', params: { buffer: mib * MIB, backing } }))
          const result = importInput({ text })
          const bytes = Math.ceil(mib / pageMib) * pageMib * MIB
          expect(result.ok && result.notes.map(({ sentence }) => sentence)).toContain(
            `${formatBytes(bytes)} of hugepages-${size}.`,
          )
        },
      ),
      { ...SEED, numRuns: 40 },
    )
  })

  it('gives memory and capability back, and with the drop-in of containerd the limit', () => {
    fc.assert(
      fc.property(programs, spec => {
        const scenario = scenarioOf([spec], HOST)
        const { files } = written('kubernetes', scenario, quickLimits(scenario))
        if (files.length === 0) return
        const label = files.at(-1)!.path.replace('-pod.yaml', '')
        const bare = workload({
          kind: spec.kind,
          name: label,
          limits: { memlockBytes: 8 * MIB, capIpcLock: false },
        })
        const back = planOf({ workloads: [bare] }, ...files.map(({ text }) => readBack(text)))
        const planned = spec.limits.memlockBytes
        const written8M = planned === 'unlimited' || planned > 8 * MIB
        expect(back.workloads[0]?.limits).toEqual({
          memlockBytes: written8M ? planned : 8 * MIB,
          capIpcLock: spec.limits.capIpcLock,
        })
        expect(back.workloads[0]?.memcg).toEqual(group(spec.memcg.maxBytes))
      }),
      SEED,
    )
  })

  it('comes with a drop-in of containerd only where it needs more than it would inherit', () => {
    expect(textOf('kubernetes', '50-memlock.conf', vault())).toContain('[Service]\nLimitMEMLOCK=64M\n')
    const usual = vault({ limits: { memlockBytes: 8 * MIB, capIpcLock: false } })
    expect(onlyFile('kubernetes', scenarioOf([usual])).path).toBe('vault-pod.yaml')
  })
})
