import { describe, expect, it } from 'vitest'
import { errnoName, SystemCallError } from '../../host/libc.ts'
import { CannotRun, refusalOf } from '../../host/refusal.ts'

describe('a refusal', () => {
  it('is made of what the runner says', () =>
    expect(refusalOf(new CannotRun('device', 'No zram.'))).toEqual({
      ok: false,
      reason: 'device',
      sentence: 'No zram.',
    }))

  it('is made of a failed system call', () => {
    expect(refusalOf(new SystemCallError('swapon', 16))).toEqual({
      ok: false,
      reason: 'system',
      sentence: 'A system call of the runner failed: swapon: EBUSY.',
    })
    expect(refusalOf(new SystemCallError('ptrace', 1))).toMatchObject({ reason: 'privilege' })
  })

  it('is not made of a mistake of ours', () => expect(() => refusalOf(new TypeError('x'))).toThrow(TypeError))
})

describe('an errno', () => {
  it('has the name of the manual pages', () =>
    expect([1, 12, 95, 133, 4000].map(errnoName)).toEqual([
      'EPERM',
      'ENOMEM',
      'EOPNOTSUPP',
      'EHWPOISON',
      'E4000',
    ]))
})
