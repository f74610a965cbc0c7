import { describe, expect, it } from 'vitest'
import {
  MAX_RECLAIM_RETRIES,
  allocationPath,
  balancePgdat,
  directReclaimGoal,
  kswapdGoal,
  kswapdShrinkNode,
  shouldReclaimRetry,
  wakeupKswapd,
} from '../../../engine/mm/vmscan-kswapd.ts'

const marks = { minPages: 1000, lowPages: 1250, highPages: 1500, promoPages: 1750 }
const asleep = { awake: false, failures: 0 }

describe('an allocation', () => {
  it('takes memory, wakes kswapd, or reclaims by itself, by what it would leave free', () => {
    expect(allocationPath(2000, 750, marks)).toBe('free')
    expect(allocationPath(2000, 751, marks)).toBe('wakes-kswapd')
    expect(allocationPath(2000, 1000, marks)).toBe('wakes-kswapd')
    expect(allocationPath(2000, 1001, marks)).toBe('direct-reclaim')
  })

  it('reclaims 32 pages at a time until the min watermark is kept', () => {
    expect(directReclaimGoal(2000, 1000, marks)).toBe(0)
    expect(directReclaimGoal(2000, 1001, marks)).toBe(32)
    expect(directReclaimGoal(2000, 1033, marks)).toBe(64)
  })

  it('gives up after 16 rounds without progress, or when even all that is left would not do', () => {
    expect(shouldReclaimRetry(15, 10_000, 0, marks)).toBe(true)
    expect(shouldReclaimRetry(16, 10_000, 0, marks)).toBe(false)
    expect(shouldReclaimRetry(0, 500, 400, marks)).toBe(false)
  })
})

describe('kswapd', () => {
  it('wakes below the low watermark and sleeps from the high one on', () => {
    expect(wakeupKswapd(asleep, 1250, marks).awake).toBe(false)
    const awake = wakeupKswapd(asleep, 1249, marks)
    expect(awake.awake).toBe(true)
    expect(kswapdGoal(awake, 1249, marks)).toBe(251)
    expect(balancePgdat(awake, 200, 1449, marks).awake).toBe(true)
    expect(balancePgdat(awake, 251, 1500, marks).awake).toBe(false)
  })

  it('has nothing to do while it sleeps, even between low and high', () => {
    expect(kswapdGoal(asleep, 1300, marks)).toBe(0)
  })

  it('gives up after 16 rounds in vain and is not woken again', () => {
    let state = wakeupKswapd(asleep, 100, marks)
    for (let round = 0; round < MAX_RECLAIM_RETRIES; round++) state = balancePgdat(state, 0, 100, marks)
    expect(state.awake).toBe(false)
    expect(wakeupKswapd(state, 100, marks).awake).toBe(false)
  })

  it('forgets its failures with the first page it frees', () => {
    expect(balancePgdat({ awake: true, failures: 15 }, 1, 100, marks)).toEqual({ awake: true, failures: 0 })
  })

  it('wants the high watermark of each zone in one round, 32 pages at least', () => {
    expect(kswapdShrinkNode([marks, { ...marks, highPages: 5 }])).toBe(1532)
  })
})
