/**
 * `virsh dommemstat`, once or again and again; KiB, except for counts and the time of the balloon's last answer:
 *
 *     actual 33554432
 *     major_fault 412
 *     rss 33671208
 */
import { formatBytes } from '../../engine/quantity.ts'
import { textOf } from './decode.ts'
import { figures } from './figures.ts'
import type { Figures, Importer, ImportResult } from './importer.ts'
import { linesOf } from './lines.ts'
import { Notes } from './notes.ts'

const BYTES = 'actual swap_in swap_out unused available usable disk_caches rss'.split(' ')
const COUNTS = 'major_fault minor_fault hugetlb_pgalloc hugetlb_pgfail last_update last-update'.split(' ')
const NAMES = [...BYTES, ...COUNTS]
const ROW = /^([a-z_-]{3,20})\s+(\d{1,15})\s*$/
const MOST_SAMPLES = 100_000

export const dommemstat: Importer = {
  id: 'dommemstat',
  title: 'virsh dommemstat',
  yields: ['observed'],
  recognises(head) {
    const first = /\S[^\n]*/.exec(head)?.[0] ?? ''
    return NAMES.includes(ROW.exec(first)?.[1] ?? '')
  },
  read: input => readDommemstat(textOf(input)),
}

function readDommemstat(text: string): ImportResult {
  const notes = new Notes()
  const samples: Figures[] = []
  let one = new Map<string, number>()
  const close = (): void => {
    if (one.size > 0 && samples.length < MOST_SAMPLES) samples.push(sampleOf(one))
    one = new Map()
  }
  for (const { text: row, line } of linesOf(text)) {
    const [, name = '', value] = ROW.exec(row) ?? []
    if (!NAMES.includes(name)) {
      if (row.trim() !== '') notes.ignored('line', `"${row.trim()}" is no figure of a guest.`, line)
      continue
    }
    // A figure that comes again begins the next sample.
    if (one.has(name)) close()
    one.set(name, Number(value))
  }
  close()
  const last = samples.at(-1)
  const { actual = 0, rss = 0 } = last?.bytes ?? {}
  notes.taken(
    '',
    `${samples.length} samples; the last: actual ${formatBytes(actual)}, rss ${formatBytes(rss)}.`,
  )
  if (last !== undefined && last.bytes['unused'] === undefined)
    notes.assumed('unused', 'The guest reports nothing of its own: its balloon has no statistics period.')
  return { ok: true, observed: { guests: [{ name: '', samples }] }, notes: notes.list() }
}

function sampleOf(one: ReadonlyMap<string, number>): Figures {
  const pick = (names: readonly string[], times: number): [string, number][] =>
    names.flatMap(name => {
      const value = one.get(name)
      return value === undefined || value * times > 2 ** 53 ? [] : [[name, value * times] as [string, number]]
    })
  return figures(pick(BYTES, 1024), pick(COUNTS, 1))
}
