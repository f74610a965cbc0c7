import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GIB, MIB } from '../../../../engine/quantity.ts'
import {
  factsOf,
  guest,
  guests,
  nameRead,
  onlyFile,
  planOf,
  quickLimits,
  readBack,
  said,
  saidOfPlan,
  scenarioOf,
  SEED,
  trapsOf,
  written,
} from './support.ts'

const domainOf = (spec: ReturnType<typeof guest>) => onlyFile('libvirt', scenarioOf([spec]))
const UNLIMITED = { limits: { memlockBytes: 'unlimited' as const, capIpcLock: false } }

describe('the domain that is written', () => {
  it('has memory in KiB, and nothing of what the plan does not ask for', () => {
    const { text } = domainOf(guest({ ram: 16 * GIB, vcpus: 8 }))
    expect(text).toContain("<memory unit='KiB'>16777216</memory>")
    expect(text).not.toMatch(/memtune|memoryBacking|qemu:/)
    expect(text).toContain("<memballoon model='none'/>")
  })

  it.each([
    ['one device: guest and 1 GiB', { ram: 16 * GIB, vfio: 1 }, {}, 18253611008],
    ['two devices without a virtual IOMMU: the same', { ram: 16 * GIB, vfio: 2 }, {}, 18253611008],
    ['locked memory: unlimited', { ram: 16 * GIB, memLock: 'on' }, UNLIMITED, 'unlimited'],
    [
      'a limit of 36 GiB and locked memory: hard_limit',
      { ram: 16 * GIB, memLock: 'on' },
      { limits: { memlockBytes: 36 * GIB, capIpcLock: false } },
      38654705664,
    ],
    ['nothing that locks or pins: what the daemon hands down', { ram: 16 * GIB }, {}, 64 * MIB],
  ])('states the limit that libvirt sets for it: %s', (_, params, more, limit) => {
    const file = domainOf(guest(params, more))
    expect(file.memlockBytes).toBe(limit)
    expect(readBack(file.text).workloads?.[0]?.limits.memlockBytes).toBe(limit)
  })

  it('locks on fault by a raw argument and a hard_limit of guest and 2 GiB, which also kills', () => {
    const spec = guest({ ram: 16 * GIB, memLock: 'on-fault' })
    const { text } = domainOf(spec)
    expect(text).toContain("<qemu:arg value='mem-lock=on-fault'/>")
    expect(text).toContain(`<hard_limit unit='KiB'>${18 * 1024 * 1024}</hard_limit>`)
    expect(text).not.toContain('<locked/>')
    expect(trapsOf('libvirt', scenarioOf([spec]))).toEqual(
      expect.arrayContaining(['hard-limit-kills', 'memtune-in-session-mode', 'on-fault-needs-qemu-10']),
    )
  })

  it('leaves the limit to <locked/> where the plan has none, and lets the raw argument come last', () => {
    const { text, memlockBytes } = domainOf(guest({ ram: 16 * GIB, memLock: 'on-fault' }, UNLIMITED))
    expect(text).toMatch(/<locked\/>[^]*<qemu:arg value='mem-lock=on-fault'\/>/)
    expect(text).not.toContain('memtune')
    expect(memlockBytes).toBe('unlimited')
  })

  it('writes the larger of the two where a cgroup is too small for the lock, and says so', () => {
    const spec = guest(
      { ram: 16 * GIB, memLock: 'on' },
      { memcg: { maxBytes: 10 * GIB, highBytes: null, swapMaxBytes: null } },
    )
    expect(domainOf(spec).text).toContain(`<hard_limit unit='KiB'>${18 * 1024 * 1024}</hard_limit>`)
    expect(trapsOf('libvirt', scenarioOf([spec]))).toContain('hard-limit-is-both')
  })

  it('is not written for what QEMU refuses, or what a domain cannot be called', () => {
    const locked = scenarioOf([guest({ virtioMem: 8 * GIB, memLock: 'on' }, UNLIMITED)])
    expect(written('libvirt', locked)).toMatchObject({
      files: [],
      traps: [{ kind: 'refused', id: 'virtio-mem-with-lock', workload: 'db01' }],
    })
    const slash = scenarioOf([guest({}, { name: 'a/b' })])
    expect(written('libvirt', slash)).toMatchObject({
      files: [],
      traps: [{ kind: 'refused', id: 'name-of-a-domain' }],
    })
  })

  it('warns of a balloon that frees nothing, of made-up addresses, of RAM that is rounded', () => {
    const spec = guest({ ram: 16 * GIB + 5, vfio: 2, balloon: GIB })
    expect(trapsOf('libvirt', scenarioOf([spec]))).toEqual(
      expect.arrayContaining(['balloon-with-pins', 'device-addresses', 'ram-in-whole-pages']),
    )
    expect(domainOf(spec).text).toContain(`>${16 * 1024 * 1024 + 1024}</memory>`)
  })

  it('reads back as the same guest', () => {
    fc.assert(
      fc.property(guests, spec => {
        const scenario = scenarioOf([spec], { ramBytes: 2 ** 43 })
        const [process] = factsOf(scenario).processes
        const { files, traps } = written('libvirt', scenario, quickLimits(scenario))
        const [file] = files
        if (file === undefined) {
          expect(traps[0]?.kind).toBe('refused')
          return
        }
        const back = planOf(readBack(file.text))
        const planned = process!.guest!
        // What a domain cannot say otherwise, and is warned of.
        const prealloc = planned.prealloc || planned.backing === 'hugetlb'
        const memoryDevices = planned.memoryDevices.map(device => ({ ...device, prealloc }))
        expect(saidOfPlan(back)).toEqual(
          said({
            ...planned,
            prealloc,
            memoryDevices,
            preallocThreads: planned.prealloc ? planned.preallocThreads : 0,
          }),
        )
        const [read] = back.workloads
        expect(read?.name).toBe(nameRead(spec.name))
        expect(read?.limits.memlockBytes).toBe(file.memlockBytes)
        expect(read?.params['balloon'] ?? 0).toBe(
          planned.devices.balloon ? Math.min(Number(spec.params['balloon']), planned.ramBytes) : 0,
        )
        expect(read?.memcg.highBytes).toBe(spec.memcg.highBytes)
        if (planned.lock === 'off') expect(read?.memcg).toEqual(groupOf(spec))
      }),
      SEED,
    )
  })
})

/** Swap of a group is counted together with its memory: without a limit of memory there is none of swap. */
const groupOf = ({ memcg }: ReturnType<typeof guest>) => ({
  ...memcg,
  swapMaxBytes: memcg.maxBytes === null ? null : memcg.swapMaxBytes,
})

const SCHEMA = '/usr/share/libvirt/schemas/domain.rng'
const canValidate = existsSync(SCHEMA) && spawnSync('xmllint', ['--version']).status === 0

describe.skipIf(!canValidate)(
  `libvirt’s own schema${canValidate ? '' : ' (skipped: no xmllint, or no libvirt here)'}`,
  () => {
    it('takes every domain', () => {
      const domains = fc.sample(guests, { seed: SEED.seed, numRuns: 40 }).flatMap(spec => {
        const scenario = scenarioOf([spec], { ramBytes: 2 ** 43 })
        const { files } = written('libvirt', scenario, quickLimits(scenario))
        return files.map(({ text }) => text)
      })
      expect(domains.length).toBeGreaterThan(10)
      const folder = mkdtempSync(join(tmpdir(), 'domains-'))
      try {
        const files = domains.map((text, i) => {
          const file = join(folder, `${i}.xml`)
          writeFileSync(file, text)
          return file
        })
        const { status, stderr } = spawnSync('xmllint', ['--noout', '--relaxng', SCHEMA, ...files], {
          encoding: 'utf8',
        })
        expect(status, stderr).toBe(0)
      } finally {
        rmSync(folder, { recursive: true })
      }
    }, 60_000)
  },
)
