/**
 * /etc/security/limits.conf and limits.d; memlock is in KiB:
 *
 *     qemu   -     memlock   unlimited
 *     @dba   soft  memlock   33554432
 */
import { formatBytes, parseLimit, type LimitBytes } from '../../engine/quantity.ts'
import { quoted } from '../safe-text.ts'
import { textOf } from './decode.ts'
import type { ImportedLimits, Importer, ImportResult } from './importer.ts'
import { linesOf } from './lines.ts'
import { limitsOf, Notes } from './notes.ts'

const ITEMS =
  'core data fsize memlock nofile rss stack cpu nproc as maxlogins maxsyslogins nonewprivs priority locks sigpending msgqueue nice rtprio chroot'
const ROW = new RegExp(
  `^\\s*(\\S{1,100})\\s+(soft|hard|-)\\s+(${ITEMS.replaceAll(' ', '|')})\\s+(\\S{1,40})\\s*(?:#.*)?$`,
)

export const limitsD: Importer = {
  id: 'limits-d',
  title: 'limits.conf and limits.d',
  yields: ['limits'],
  recognises(head) {
    const lines = head.split('\n', 2000).filter(line => !/^\s*(?:#|$)/.test(line))
    return ROW.test(lines[0] ?? '')
  },
  read: input => readLimits(textOf(input)),
}

const MOST_DOMAINS = 10_000

function readLimits(text: string): ImportResult {
  const notes = new Notes()
  const limits = new Map<string, ImportedLimits>()
  for (const { text: row, line } of linesOf(text)) {
    if (/^\s*(?:#|$)/.test(row)) continue
    const [, of = '', type, item, value = ''] = ROW.exec(row) ?? []
    if (item === undefined) notes.notUnderstood('line', `${quoted(row.trim())} is no limit.`, line)
    else if (item !== 'memlock')
      notes.ignored(item, `${item} of ${quoted(of)} is not about locked memory.`, line)
    else {
      const read = parseLimit(value, { dialect: 'limits.conf' })
      if (!read.ok) {
        notes.notUnderstood('memlock', `memlock of ${quoted(of)}: ${read.message}.`, line)
        continue
      }
      const { limitBytes } = read
      notes.taken('memlock', `memlock of ${quoted(of)} is ${show(limitBytes)}.`, line)
      if (limits.size >= MOST_DOMAINS && !limits.has(of)) continue
      limits.set(of, {
        ...(limits.get(of) ?? limitsOf(of, 'user')),
        ...(type === 'hard' ? {} : { memlockSoftBytes: limitBytes }),
        ...(type === 'soft' ? {} : { memlockHardBytes: limitBytes }),
      })
    }
  }
  if (limits.has('*')) notes.assumed('*', '* is for every user but root.')
  notes.assumed('', 'They hold for logins through pam_limits, not for services.')
  return { ok: true, limits: [...limits.values()], notes: notes.list() }
}

const show = (limit: LimitBytes): string => (limit === 'unlimited' ? limit : formatBytes(limit))
