import { describe, expect, it } from 'vitest'
import { fieldAt, showValue, valueOfField, withPath } from '../../../engine/planner/paths.ts'
import { CATALOG, GIB, scenario, workload } from './fake.ts'

const base = scenario({
  machine: { ...scenario().machine, swap: [{ device: 'zram-zstd', sizeBytes: GIB, priority: 1 }] },
  workloads: [workload(), workload({ name: 'model', kind: 'llm', params: {} })],
})

function set(path: string, typed: unknown): unknown {
  const result = withPath(base, path, typed, CATALOG)
  if (!result.ok) return result.message
  const found = fieldAt(result.scenario, path, CATALOG)
  return found.ok ? valueOfField(result.scenario, found.field, CATALOG) : found.message
}

describe('a field of a scenario', () => {
  it.each<readonly [string, string, unknown]>([
    ['machine.ramBytes', '512 GiB', 512 * GIB],
    ['machine.ram', '1.5T', 1536 * GIB],
    ['ram', '24 * 16G', 384 * GIB],
    ['horizon', '1h 30m', 5400],
    ['kernel', '3.10', { name: '3.10', plus: [], minus: [] }],
    ['kernel', '6.18 +vm-pinned -mlock2', { name: '6.18', plus: ['vm-pinned'], minus: ['mlock2'] }],
    ['machine.thp.enabled', 'always', 'always'],
    ['thp.enabled', 'never', 'never'],
    ['machine.overcommit.mode', '2', 2],
    ['machine.minFree', 'none', null],
    ['machine.swap[0].size', '8 GiB', 8 * GIB],
    ['machine.hugetlb.2M', '1024', 1024],
    ['workloads[0].count', '24', 24],
    ['workloads[model].strategy', 'mlock', 'mlock'],
    ['workloads[guest].limits.memlock', 'unlimited', 'unlimited'],
    ['workloads[0].memcg.max', '4 GiB', 4 * GIB],
    ['workloads[0].params.ram', '350 GB', 350e9],
    ['workloads[0].params.footprint', '2.5%', 0.025],
    ['strategy', 'mlock-onfault', 'mlock-onfault'],
    ['tokensPerS', '12', 12],
    ['workloads[0].limits.capIpcLock', 'on', true],
  ])('%s = %s', (path, typed, value) => {
    expect(set(path, typed)).toEqual(value)
  })

  it.each<readonly [string, string, string]>([
    ['machine.rma', '1', 'there is no "machine.rma"; allowed: ramBytes, nodes, cpus,'],
    ['workloads[nobody].count', '1', 'there is no "workloads[nobody]"; allowed: guest, model'],
    ['workloads[0].params.colour', '1', 'there is no "workloads[0].params.colour"; allowed: ram, vcpus,'],
    [
      'machine.swap[3].size',
      '1',
      'there is no "machine.swap[3].sizeBytes"; allowed: swap areas that the machine has',
    ],
    ['machine.ram', '-1 GiB', 'expected a number'],
    ['machine.cpus', '1.5', '"1.5" is not allowed here; allowed: whole numbers from 1 up to 8192'],
    ['machine.cpus', 'many', 'whole numbers'],
    ['kernel', '2.4', '"2.4" is not allowed here; allowed: 3.7, 3.10,'],
    ['kernel', '6.18 +nothing', '"+nothing" is not allowed here; allowed: changes'],
    ['strategy', 'hope', '"hope" is not allowed here; allowed: none,'],
    ['..', '1', 'there is no ".."; allowed: a path'],
    ['__proto__.x', '1', 'there is no'],
  ])('%s = %s is refused with a sentence', (path, typed, sentence) => {
    expect(set(path, typed)).toContain(sentence)
  })

  it('of every workload is set in all that have it', () => {
    const all = withPath(base, 'workloads[*].count', '7', CATALOG)
    expect(all.ok && all.scenario.workloads.map(({ count }) => count)).toEqual([7, 7])
    const some = withPath(base, 'workloads[*].params.vcpus', '8', CATALOG)
    expect(some.ok && some.scenario.workloads.map(({ params }) => params['vcpus'])).toEqual([8, undefined])
  })

  it('is set in a copy, and another strategy drops the parameters of the old one', () => {
    const before = scenario({
      workloads: [workload({ strategy: 'mlockall', strategyParams: { onfault: true } })],
    })
    const after = withPath(before, 'strategy', 'mlock', CATALOG)
    expect(after.ok && after.scenario.workloads[0]?.strategyParams).toEqual({})
    expect(before.workloads[0]?.strategyParams).toEqual({ onfault: true })
  })

  it('that is not set has its default', () => {
    const found = fieldAt(base, 'workloads[0].params.vcpus', CATALOG)
    expect(found.ok && valueOfField(base, found.field, CATALOG)).toBe(4)
  })

  it('is shown as people write it', () => {
    expect(showValue(16 * GIB, { kind: 'bytes' })).toBe('16 GiB')
    expect(showValue(350e9, { kind: 'bytes' })).toBe('350 GB')
    expect(showValue(0.08, { kind: 'share' })).toBe('8 %')
    expect(showValue(5400, { kind: 'seconds' })).toBe('1 h 30 min')
    expect(showValue({ name: '6.18', plus: ['vm-pinned'], minus: [] }, { kind: 'kernel' })).toBe(
      '6.18 +vm-pinned',
    )
    expect(showValue(null, { kind: 'bytes' })).toBe('none')
  })
})
