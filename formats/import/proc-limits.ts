/**
 * /proc/PID/limits:
 *
 *     Limit                     Soft Limit           Hard Limit           Units
 *     Max locked memory         8388608              unlimited            bytes
 */
import { formatBytes, type LimitBytes } from '../../engine/quantity.ts'
import { textOf } from './decode.ts'
import type { Importer, ImportResult } from './importer.ts'
import { limitsOf, Notes, refused } from './notes.ts'

const ROW = /^Max locked memory\s+(\d{1,20}|unlimited)\s+(\d{1,20}|unlimited)\s+bytes\s*$/m

export const procLimits: Importer = {
  id: 'proc-limits',
  title: '/proc/PID/limits',
  yields: ['limits'],
  recognises: head => /^\s*Limit\s+Soft Limit\s+Hard Limit\s+Units\s*\n/.test(head),
  read: input => readLimits(textOf(input)),
}

function readLimits(text: string): ImportResult {
  const [, soft, hard] = ROW.exec(text) ?? []
  if (soft === undefined || hard === undefined)
    return refused({
      path: 'Max locked memory',
      found: 'no such line',
      allowed: 'Max locked memory  SOFT  HARD  bytes',
      sentence: 'There is no line for the limit of locked memory.',
    })
  const notes = new Notes()
  const memlockSoftBytes = limitOf(soft)
  notes.taken('Max locked memory', `The limit of locked memory is ${show(memlockSoftBytes)}.`)
  const limits = [{ ...limitsOf('process', 'process'), memlockSoftBytes, memlockHardBytes: limitOf(hard) }]
  return { ok: true, limits, notes: notes.list() }
}

/** Beyond 2^53 no memory is: such a limit does not bind. */
const limitOf = (text: string): LimitBytes =>
  text === 'unlimited' || Number(text) > 2 ** 53 ? 'unlimited' : Number(text)

const show = (limit: LimitBytes): string => (limit === 'unlimited' ? limit : formatBytes(limit))
