import { describe, expect, it } from 'vitest'
import { limitPicture, lockedText, verdictText } from '../../charts/limit-bars.ts'
import { processLimits, type ProcessLimit } from '../../engine/planner/process-limits.ts'
import type { WorkloadSpec } from '../../engine/scenario.ts'
import { GIB, scenario, workload } from '../engine/planner/fake.ts'

const MIB = 2 ** 20
const limit = (changes: Partial<WorkloadSpec>): ProcessLimit =>
  processLimits(scenario({ workloads: [workload(changes)] }))[0]!
const guest = { params: { ram: GIB, own: 128 * MIB, ownAddressSpace: 512 * MIB } }
const low = { memlockBytes: 512 * MIB, capIpcLock: false }

describe('the picture of a limit', () => {
  it('has a bar for each thing that is compared, made up of the areas of the process', () => {
    const { bars, widthBytes } = limitPicture(limit({ ...guest, strategy: 'mlockall', limits: low }))
    expect(bars.map(({ title }) => title)).toEqual(['VmLck', 'VmSize'])
    expect(bars[1]?.parts.map(({ name }) => name)).toEqual([
      ...['ram', 'qemu-mappings', 'qemu', 'everything else'],
    ])
    for (const bar of bars) {
      expect(bar.parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(bar.bytes)
      expect(bar.parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(bar.bytes / widthBytes)
    }
  })

  it('shows where the limit stands, unless it is so far away that nothing could be compared', () => {
    const near = limitPicture(limit({ ...guest, strategy: 'mlock', limits: low }))
    expect(near.limitShare).toBeCloseTo(0.5)
    const far = { memlockBytes: 64 * GIB, capIpcLock: false }
    expect(limitPicture(limit({ ...guest, strategy: 'mlock', limits: far })).limitShare).toBeNull()
  })

  it('says in words what holds and how much gets locked', () => {
    const short = limit({ ...guest, strategy: 'mlock', limits: low })
    expect(verdictText(short)).toBe('It needs 1 GiB and has 512 MiB: too low by 512 MiB.')
    expect(lockedText(short)).toBe('None of 1 GiB gets locked.')
    expect(verdictText(limit({ ...guest, strategy: 'none' }))).toMatch(/^Nothing/)
    expect(lockedText(limit({ ...guest, strategy: 'none' }))).toBeNull()
    expect(limitPicture(limit({ ...guest, strategy: 'none' })).summary).toMatch(/^Nothing/)
  })
})
