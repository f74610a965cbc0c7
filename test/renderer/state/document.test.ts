import { describe, expect, it } from 'vitest'
import { freeName, pathText, valueAt, withValue } from '../../../renderer/state/document.ts'
import { asWritten, stepped } from '../../../renderer/state/step.ts'

const plan = { name: 'x', workloads: [{ name: 'guest', params: { ram: '16 GiB' } }] }

describe('changes to a plan', () => {
  it('a value is written where its path says, and the old document stays as it was', () => {
    const next = withValue(plan, ['workloads', 0, 'limits', 'memlock'], '1 GiB')
    expect(valueAt(next, ['workloads', 0, 'limits', 'memlock'])).toBe('1 GiB')
    expect(plan.workloads[0]).not.toHaveProperty('limits')
  })

  it('nothing takes the key out, and what it leaves empty', () => {
    expect(withValue(plan, ['workloads', 0, 'params', 'ram'], undefined)).toEqual({
      name: 'x',
      workloads: [{ name: 'guest' }],
    })
  })

  it('places are named as mistakes name them', () => {
    expect(pathText(['workloads', 0, 'params', 'ram'])).toBe('$.workloads[0].params.ram')
  })

  it('a new workload has a name of its own', () => {
    expect([freeName(plan, 'guest'), freeName(plan, 'cache')]).toEqual(['guest-2', 'cache'])
  })
})

describe('what is typed', () => {
  it('arrow keys move the first figure and keep its unit and places', () => {
    expect(stepped('16 GiB', 10)).toBe('26 GiB')
    expect(stepped('2.5%', -1)).toBe('2.4%')
    expect(stepped('0 s', -1)).toBe('0 s')
    expect(stepped('unlimited', 1)).toBeNull()
  })

  it('bare numbers are numbers where a number is meant, all else stays as typed', () => {
    expect([
      asWritten('24', true),
      asWritten('24', false),
      asWritten(' 24*16G ', true),
      asWritten(' ', true),
    ]).toEqual([24, '24', '24*16G', undefined])
  })
})
