import { describe, expect, it } from 'vitest'
import { GIB } from '../../../engine/quantity.ts'
import { combine } from '../../../formats/import/combine.ts'
import { importInput } from '../../../formats/import/index.ts'

const read = (text: string, fileName = '') => {
  const result = importInput({ text }, { fileName })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result
}
const MEMINFO = 'MemTotal:       66060288 kB\nMemFree: 1 kB\nSwapTotal: 4194300 kB\n'
const SWAPS = 'Filename Type Size Used Priority\n/dev/zram0 partition 4194300 0 100\n'
const DOMAIN = "<domain type='kvm'><name>web</name><memory unit='GiB'>4</memory></domain>"
const planOf = (...texts: string[]) => {
  const combined = combine(texts.map(text => read(text)))
  if (!combined.ok) throw new Error(JSON.stringify(combined.issues))
  return combined.plan.scenario
}

describe('several imports', () => {
  it('are one plan: the host of one, the guests of another', () => {
    const { machine, workloads } = planOf(MEMINFO, DOMAIN, '{"lscpu":[{"field":"CPU(s):","data":"8"}]}')
    expect(machine).toMatchObject({ ramBytes: 64 * GIB, cpus: 8, hostReserveBytes: GIB })
    expect(workloads.map(({ name }) => name)).toEqual(['web'])
  })

  it('take swap from where its devices are, in either order', () => {
    for (const texts of [
      [MEMINFO, SWAPS],
      [SWAPS, MEMINFO],
    ])
      expect(planOf(...texts, DOMAIN).machine.swap).toEqual([
        { device: 'zram-zstd', sizeBytes: 4194300 * 1024, priority: 100 },
      ])
  })

  it('keep settings that each tells one of', () => {
    const { thp } = planOf(
      '[always] madvise never',
      'always defer [defer+madvise] madvise never',
      MEMINFO,
    ).machine
    expect(thp).toMatchObject({ enabled: 'always', defrag: 'defer+madvise', shmem: 'never' })
  })

  it('give guests of the same name names of their own', () => {
    expect(planOf(DOMAIN, DOMAIN, DOMAIN).workloads.map(({ name }) => name)).toEqual([
      'web',
      'web 2',
      'web 3',
    ])
  })

  it('put the limits of a service on the workload of its name', () => {
    const unit = read('[Service]\nLimitMEMLOCK=5G\nUser=web\nMemoryMax=6G', 'web.service')
    const combined = combine([read(DOMAIN), unit])
    expect(combined.ok && combined.plan.scenario.workloads[0]).toMatchObject({
      limits: { memlockBytes: 5 * GIB, capIpcLock: false },
      memcg: { maxBytes: 6 * GIB },
    })
  })

  it('without a host have one that is said to be assumed', () => {
    const combined = combine([read(DOMAIN)])
    expect(
      combined.notes
        .filter(note => note.kind === 'assumed')
        .map(note => note.sentence)
        .join(),
    ).toMatch(/256 GiB are assumed/)
  })
})
