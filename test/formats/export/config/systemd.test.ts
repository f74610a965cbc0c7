import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GIB, MIB } from '../../../../engine/quantity.ts'
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

const secrets = (limitMib: number, more = {}) =>
  workload({
    kind: 'secrets',
    name: 'vault',
    strategy: 'mlock',
    limits: { memlockBytes: limitMib * MIB, capIpcLock: false },
    ...more,
  })

describe('the drop-in of a service', () => {
  it('has the least limit under which nothing is refused, where the plan’s is too low', () => {
    const file = onlyFile('systemd', scenarioOf([secrets(1)]))
    expect(file.path).toBe('/etc/systemd/system/vault.service.d/50-memlock.conf')
    expect(file.text).toBe(`# ${file.path}\n[Service]\nLimitMEMLOCK=4M\n`)
    expect(file.lines[2]?.why).toContain('the plan has 1 MiB, which is too low')
  })

  it('has the plan’s own limit where that is enough, and nothing where systemd’s is', () => {
    expect(onlyFile('systemd', scenarioOf([secrets(64)])).text).toContain('LimitMEMLOCK=64M\n')
    expect(written('systemd', scenarioOf([secrets(8)])).files).toEqual([])
  })

  it('says what puts it into force, what verifies it, and what takes it back', () => {
    const { apply, verify, undo } = onlyFile('systemd', scenarioOf([secrets(64)]))
    expect(apply).toEqual(['systemctl daemon-reload', 'systemctl restart vault.service'])
    expect(verify.map(({ expect: value }) => value)).toContain('67108864 bytes')
    expect(undo[0]).toBe('rm /etc/systemd/system/vault.service.d/50-memlock.conf')
  })

  it('is of a template unit where there are several, and escapes what a unit cannot be called', () => {
    const { path, undo } = onlyFile('systemd', scenarioOf([secrets(64, { name: 'a b/c', count: 3 })]))
    expect(path).toBe('/etc/systemd/system/a\\x20b\\x2fc@.service.d/50-memlock.conf')
    expect(undo[0]).toBe(`rm '${path}'`)
  })

  it('warns of a group that is too small for what is locked, and that running processes keep their limit', () => {
    const memcg = { maxBytes: 2 * MIB, highBytes: null, swapMaxBytes: null }
    expect(trapsOf('systemd', scenarioOf([secrets(64, { memcg })]))).toEqual(
      expect.arrayContaining(['locked-beyond-memory-max', 'running-process-keeps-its-limit']),
    )
  })

  it('is refused for a name that is too long when it is escaped', () => {
    const { files, traps } = written('systemd', scenarioOf([secrets(64, { name: 'ü'.repeat(60) })]))
    expect(files).toEqual([])
    expect(traps[0]).toMatchObject({ kind: 'refused', id: 'name-of-a-unit' })
  })

  it('gives a workload its limits back', () => {
    fc.assert(
      fc.property(programs, spec => {
        const scenario = scenarioOf([spec], { ramBytes: 1024 * GIB })
        const { files } = written('systemd', scenario, quickLimits(scenario))
        const bare = workload({ kind: spec.kind, name: spec.name, oomScoreAdj: spec.oomScoreAdj })
        const back = planOf({ workloads: [bare] }, ...files.map(({ text }) => readBack(text)))
        expect(back.workloads[0]?.limits).toEqual(spec.limits)
        expect(back.workloads[0]?.memcg).toEqual(spec.memcg)
      }),
      SEED,
    )
  })
})
