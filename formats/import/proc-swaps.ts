/**
 * /proc/swaps; sizes are KiB, names have octal escapes:
 *
 *     Filename				Type		Size		Used		Priority
 *     /dev/zram0                              partition	8388604		0		100
 *     /swap\040file                           file		4194300		512		-2
 */
import { formatBytes } from '../../engine/quantity.ts'
import type { SwapAreaProfile } from '../../engine/scenario.ts'
import { quoted } from '../safe-text.ts'
import { textOf } from './decode.ts'
import type { Importer, ImportResult } from './importer.ts'
import { linesOf } from './lines.ts'
import { Notes } from './notes.ts'

export const procSwaps: Importer = {
  id: 'proc-swaps',
  title: '/proc/swaps',
  yields: ['host'],
  recognises: head => /^\s*Filename\s+Type\s+Size\s+Used\s+Priority\s*(?:\n|$)/.test(head),
  read: input => readSwaps(textOf(input)),
}

const ROW = /^(\S+)\s+(partition|file|\S{1,20})\s+(\d{1,15})\s+(\d{1,15})\s+(-?\d{1,6})\s*$/
const MOST_AREAS = 32

function readSwaps(text: string): ImportResult {
  const notes = new Notes()
  const swap: SwapAreaProfile[] = []
  for (const { text: row, line } of linesOf(text)) {
    if (row.trim() === '' || row.trim().startsWith('Filename')) continue
    const [, name = '', , size, , priority] = ROW.exec(row) ?? []
    const sizeBytes = Number(size) * 1024
    if (!(sizeBytes >= 4096 && sizeBytes <= 2 ** 46)) {
      notes.notUnderstood('row', `${quoted(row.trim())} is no area of swap.`, line)
    } else if (swap.length === MOST_AREAS) notes.ignored('row', 'More than 32 areas.', line)
    else {
      const file = unescaped(name)
      const device = deviceOf(file)
      swap.push({ device, sizeBytes, priority: clamped(Number(priority)) })
      notes.taken(file, `${quoted(file)}: ${formatBytes(sizeBytes)} at priority ${Number(priority)}.`, line)
      notes.assumed(file, `It is taken for ${device}, as its name goes.`, line)
    }
  }
  return { ok: true, host: { swap }, notes: notes.list() }
}

const clamped = (priority: number): number => Math.min(32767, Math.max(-1000, priority))

const unescaped = (name: string): string =>
  name.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))

/** A profile of `engine/data/devices.ts` that such a name suggests. */
export function deviceOf(name: string): string {
  if (/zram/.test(name)) return 'zram-zstd'
  if (/\/(?:sd|vd|xvd|hd)[a-z]/.test(name)) return 'sata-ssd'
  return 'nvme-datacentre'
}
