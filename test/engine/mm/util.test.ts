import { describe, expect, it } from 'vitest'
import {
  initAdminReserve,
  initUserReserve,
  vmCommitLimit,
  vmEnoughMemory,
  type CommitSettings,
} from '../../../engine/mm/util.ts'
import { onLinux, procNumbers, sysctl } from '../../support/proc.ts'

const memory = { totalRamPages: 24_684_096 / 4, hugetlbPages: 0, totalSwapPages: 4_194_300 / 4 }
const settings: CommitSettings = {
  overcommitMemory: 2,
  overcommitRatio: 50,
  overcommitKbytes: 0,
  adminReserveKbytes: 8192,
  userReserveKbytes: 131_072,
}
const request = { asked: 1, committed: 0, totalVm: 0, capSysAdmin: false }

describe('CommitLimit', () => {
  it('is a share of memory, plus swap', () => {
    expect(vmCommitLimit(memory, settings) * 4).toBe(16_536_348)
  })

  it('does not count memory in hugetlb pools', () => {
    expect(vmCommitLimit({ ...memory, hugetlbPages: 1000 }, settings)).toBe(16_536_348 / 4 - 500)
  })

  it('is a fixed size plus swap where vm.overcommit_kbytes is set', () => {
    expect(vmCommitLimit(memory, { ...settings, overcommitKbytes: 4096 })).toBe(1024 + 1_048_575)
  })

  it('is that of /proc/meminfo on the running kernel', ctx => {
    if (!onLinux) ctx.skip('there is no /proc/meminfo')
    const meminfo = procNumbers('/proc/meminfo')
    const limit = vmCommitLimit(
      {
        totalRamPages: (meminfo.get('MemTotal') ?? 0) / 4,
        hugetlbPages: (meminfo.get('Hugetlb') ?? 0) / 4,
        totalSwapPages: (meminfo.get('SwapTotal') ?? 0) / 4,
      },
      {
        overcommitRatio: sysctl('vm/overcommit_ratio'),
        overcommitKbytes: sysctl('vm/overcommit_kbytes'),
      },
    )
    expect(limit * 4).toBe(meminfo.get('CommitLimit'))
  })
})

describe('overcommit', () => {
  it('mode 1 grants anything', () => {
    expect(
      vmEnoughMemory(memory, { ...settings, overcommitMemory: 1 }, { ...request, asked: 2 ** 40 }).granted,
    ).toBe(true)
  })

  it('mode 0 refuses only what is larger than memory and swap together', () => {
    const all = memory.totalRamPages + memory.totalSwapPages
    const guess: CommitSettings = { ...settings, overcommitMemory: 0 }
    expect(vmEnoughMemory(memory, guess, { ...request, asked: all, committed: 2 ** 40 }).granted).toBe(true)
    expect(vmEnoughMemory(memory, guess, { ...request, asked: all + 1 })).toEqual({
      granted: false,
      counted: all + 1,
      limit: all,
    })
  })

  it('mode 2 grants while the sum is below the limit less the reserve for administrators', () => {
    const limit = 16_536_348 / 4 - 2048
    expect(vmEnoughMemory(memory, settings, { ...request, committed: limit - 2 }).granted).toBe(true)
    expect(vmEnoughMemory(memory, settings, { ...request, committed: limit - 1 })).toEqual({
      granted: false,
      counted: limit,
      limit,
    })
    const admin = { ...request, committed: limit - 1, capSysAdmin: true }
    expect(vmEnoughMemory(memory, settings, admin).granted).toBe(true)
  })

  it('mode 2 keeps 1/32 of the asking process, at most the user reserve', () => {
    const admin = { ...request, capSysAdmin: true }
    const limit = 16_536_348 / 4
    expect(vmEnoughMemory(memory, settings, { ...admin, totalVm: 3200 }).limit).toBe(limit - 100)
    expect(vmEnoughMemory(memory, settings, { ...admin, totalVm: 10_000_000 }).limit).toBe(limit - 32_768)
  })

  it('reserves 1/32 of what was free at boot, at most 8 and 128 MiB', () => {
    expect([initAdminReserve(64_000), initAdminReserve(8e6)]).toEqual([2000, 8192])
    expect([initUserReserve(3_212_896), initUserReserve(8e6)]).toEqual([100_403, 131_072])
  })
})
