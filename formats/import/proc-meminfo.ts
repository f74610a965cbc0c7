/**
 * /proc/meminfo:
 *
 *     MemTotal:       24684096 kB
 *     HugePages_Total:    1024
 *     Hugepagesize:       2048 kB
 */
import { formatBytes, GIB, MIB } from '../../engine/quantity.ts'
import type { MachineProfile } from '../../engine/scenario.ts'
import { textOf } from './decode.ts'
import { figuresOf } from './figures.ts'
import type { Figures, Importer, ImportResult } from './importer.ts'
import { procFields } from './lines.ts'
import { Notes, refused } from './notes.ts'

export const procMeminfo: Importer = {
  id: 'proc-meminfo',
  title: '/proc/meminfo',
  yields: ['host', 'observed'],
  recognises: head => /^\s*MemTotal:\s+\d+ kB\s*\n/.test(head),
  read: input => readMeminfo(textOf(input)),
}

function readMeminfo(text: string): ImportResult {
  const memory = figuresOf(procFields(text))
  const memTotal = memory.bytes['MemTotal']
  if (memTotal === undefined || memTotal === 0)
    return refused({
      path: 'MemTotal',
      found: 'no amount',
      allowed: 'MemTotal: NUMBER kB',
      sentence: 'There is no MemTotal with an amount of memory.',
    })
  const notes = new Notes()
  const installed = installedBytes(memTotal)
  notes.taken('MemTotal', `MemTotal is ${formatBytes(memTotal)}: what the kernel hands out.`)
  notes.assumed(
    'MemTotal',
    `Installed memory is taken to be ${formatBytes(installed)}: MemTotal with 1/64 for struct pages, rounded up.`,
  )
  const host: Partial<MachineProfile> = {
    ramBytes: installed,
    hugetlb: poolsOf(memory, notes),
    ...swapOf(memory, notes),
  }
  return { ok: true, host, observed: { memory }, notes: notes.list() }
}

/** Memory of the machine: what is missing from MemTotal is above all 64 bytes for each page of 4096. */
export function installedBytes(memTotalBytes: number): number {
  const unit = memTotalBytes >= 4 * GIB ? GIB : MIB
  return Math.ceil((memTotalBytes * 64) / 63 / unit) * unit
}

function poolsOf({ bytes, counts }: Figures, notes: Notes): MachineProfile['hugetlb'] {
  const pools = { '2M': 0, '1G': 0 }
  const pageBytes = bytes['Hugepagesize'] ?? 0
  const total = counts['HugePages_Total'] ?? 0
  if (pageBytes === 2 * MIB) pools['2M'] = total
  else if (pageBytes === GIB) pools['1G'] = total
  else if (total > 0)
    notes.notUnderstood(
      'Hugepagesize',
      `${total} huge pages of ${formatBytes(pageBytes)}: 2 MiB and 1 GiB are planned.`,
    )
  if (total > 0) notes.taken('HugePages_Total', `${total} huge pages of ${formatBytes(pageBytes)}.`)
  // Hugetlb is the memory of all pools, HugePages_* are those of the default size alone.
  const others = (bytes['Hugetlb'] ?? 0) - total * pageBytes
  if (others <= 0) return pools
  const size = pageBytes === 2 * MIB ? GIB : 2 * MIB
  if (others % size !== 0)
    notes.notUnderstood('Hugetlb', `${formatBytes(others)} are in pools of other sizes.`)
  else {
    pools[size === GIB ? '1G' : '2M'] += others / size
    notes.assumed(
      'Hugetlb',
      `${formatBytes(others)} in other pools are taken for pages of ${formatBytes(size)}.`,
    )
  }
  return pools
}

function swapOf({ bytes }: Figures, notes: Notes): Pick<Partial<MachineProfile>, 'swap'> {
  const total = bytes['SwapTotal']
  if (total === undefined) return {}
  if (total < 4096) return { swap: [] }
  notes.assumed(
    'SwapTotal',
    `${formatBytes(total)} of swap: the text does not say on what; an NVMe disk is assumed.`,
  )
  return { swap: [{ device: 'nvme-datacentre', sizeBytes: total, priority: -2 }] }
}
