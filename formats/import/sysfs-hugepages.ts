/**
 * Settings of huge pages in sysfs: one file by itself, or several as `grep . FILES` prints them:
 *
 *     always [madvise] never
 *
 *     /sys/kernel/mm/transparent_hugepage/defrag:always defer defer+madvise [madvise] never
 *     /sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages:32
 */
import type { MthpMode, MthpSize, ShmemThpMode, ThpDefrag, ThpMode } from '../../engine/program.ts'
import type { MachineProfile, ThpProfile } from '../../engine/scenario.ts'
import { MACHINE_DEFAULTS } from '../../engine/machines.ts'
import { quoted } from '../safe-text.ts'
import { textOf } from './decode.ts'
import type { Importer, ImportResult, ObservedPool } from './importer.ts'
import { linesOf } from './lines.ts'
import { Notes } from './notes.ts'

const CHOICE = /^(?:[a-z_+]+ )*\[([a-z_+]+)\](?: [a-z_+]+)*$/
const THP_WORDS =
  /^(?:\[?(?:always|madvise|never|defer|defer\+madvise|within_size|advise|inherit|deny|force)\]?\s*)+$/
const GREP = /^(\/sys\/[^\s:]{1,200}|[^\s:/]{0,40}hugepages?[^\s:]{0,200}):(.*)$/

export const sysfsHugepages: Importer = {
  id: 'sysfs-hugepages',
  title: 'Huge page settings of sysfs',
  yields: ['host', 'observed'],
  recognises(head) {
    const first = head.trimStart().split('\n', 1)[0]?.trim() ?? ''
    const [, path = '', value = ''] = GREP.exec(first) ?? []
    if (path !== '') return /hugepage/.test(path) && (THP_WORDS.test(value) || /^\d+$/.test(value.trim()))
    return CHOICE.test(first) && THP_WORDS.test(first)
  },
  read(input) {
    const lines = [...linesOf(textOf(input).slice(0, 2 ** 20))].slice(0, 20_000)
    const settings = lines.flatMap(({ text, line }) => {
      const [, path, value] = GREP.exec(text) ?? []
      if (text.trim() === '') return []
      return [{ path: path ?? guessed(text), value: (value ?? text).trim(), line }]
    })
    return readSettings(settings)
  },
}

/** Which file has such words, where the text does not say. */
function guessed(words: string): string {
  if (/defer/.test(words)) return 'transparent_hugepage/defrag'
  if (/within_size|advise\b(?<!madvise)/.test(words)) return 'transparent_hugepage/shmem_enabled'
  return 'transparent_hugepage/enabled'
}

export interface Setting {
  readonly path: string
  readonly value: string
  readonly line?: number
}

/** Settings by their paths: from `grep`, or from the blocks of a bundle. */
export function readSettings(settings: readonly Setting[]): ImportResult {
  const notes = new Notes()
  const thp: Partial<Record<'enabled' | 'defrag' | 'shmem', string>> = {}
  const mthp: Partial<Record<MthpSize, MthpMode>> = {}
  let zeroPage: boolean | undefined
  const pools = new Map<string, { pageKib: number; node: number; pages?: number; freePages?: number }>()
  for (const { path, value, line } of settings) {
    const chosen = CHOICE.exec(value)?.[1]
    const size = /hugepages-(\d{1,9})kB\/([a-z_]+)$/.exec(path)
    if (/hugepages-\d+kB\/enabled$/.test(path) && size !== null) {
      const key = `${Number(size[1])}k`
      if (isMode(chosen) && isMthpSize(key)) mthp[key] = chosen
      else if (key !== '2048k') notes.notUnderstood(path, `${path} is ${quoted(value)}.`, line)
    } else if (size !== null) {
      const pageKib = Number(size[1])
      const node = Number(/\/node(\d{1,4})\//.exec(path)?.[1] ?? -1)
      const pool = pools.get(`${pageKib} ${node}`) ?? { pageKib, node }
      const count = /^\d{1,12}$/.test(value) ? Number(value) : undefined
      if (count === undefined) notes.notUnderstood(path, `${path} is ${quoted(value)}; it is a count.`, line)
      else if (size[2] === 'nr_hugepages') pool.pages = count
      else if (size[2] === 'free_hugepages') pool.freePages = count
      else notes.ignored(path, `${path}: ${count}.`, line)
      pools.set(`${pageKib} ${node}`, pool)
    } else if (/defrag$/.test(path) && !/khugepaged/.test(path) && isDefrag(chosen)) thp.defrag = chosen
    else if (/shmem_enabled$/.test(path) && isShmem(chosen)) thp.shmem = chosen
    else if (/(?:^|\/)enabled$/.test(path) && isMode(chosen) && chosen !== 'inherit') thp.enabled = chosen
    else if (/use_zero_page$/.test(path)) zeroPage = value !== '0'
    else notes.notUnderstood(path, `${path} is ${quoted(value)}.`, line)
  }
  for (const [what, value] of Object.entries(thp))
    notes.taken(`transparent_hugepage/${what}`, `${what} is ${value}.`)
  const observed = [...pools.values()].flatMap(({ pages, freePages, ...pool }): ObservedPool[] =>
    pages === undefined ? [] : [{ ...pool, pages, ...(freePages === undefined ? {} : { freePages }) }],
  )
  const changed = Object.keys(thp).length + Object.keys(mthp).length > 0 || zeroPage !== undefined
  const profile = {
    ...MACHINE_DEFAULTS.thp,
    ...thp,
    mthp,
    ...(zeroPage === undefined ? {} : { zeroPage }),
  } as ThpProfile
  return {
    ok: true,
    host: {
      ...(changed ? { thp: profile } : {}),
      ...(observed.length === 0 ? {} : { hugetlb: totals(observed, notes) }),
    },
    ...(observed.length === 0 ? {} : { observed: { pools: observed } }),
    notes: notes.list(),
  }
}

/** Pages of all nodes: the machine's own file says it, or the sum of the nodes. */
function totals(pools: readonly ObservedPool[], notes: Notes): MachineProfile['hugetlb'] {
  const pagesOf = (pageKib: number): number => {
    const same = pools.filter(pool => pool.pageKib === pageKib)
    const whole = same.find(pool => pool.node === -1)
    const nodes = same.filter(pool => pool.node !== -1)
    const pages = whole?.pages ?? nodes.reduce((sum, pool) => sum + pool.pages, 0)
    if (pages > 0) notes.taken(`hugepages-${pageKib}kB`, `${pages} huge pages of ${pageKib} kB.`)
    return pages
  }
  for (const pool of pools)
    if (pool.pageKib !== 2048 && pool.pageKib !== 1048576 && pool.pages > 0)
      notes.notUnderstood(
        `hugepages-${pool.pageKib}kB`,
        'Pools of 2 MiB and 1 GiB are planned; this one is not.',
      )
  return { '2M': pagesOf(2048), '1G': pagesOf(1048576) }
}

const MODES = ['always', 'madvise', 'never', 'inherit'] as const
const SIZES = ['16k', '32k', '64k', '128k', '256k', '512k', '1024k'] as const
const DEFRAG = ['always', 'defer', 'defer+madvise', 'madvise', 'never'] as const
const SHMEM = ['never', 'always', 'advise', 'within_size'] as const
const isMode = (word: string | undefined): word is ThpMode | 'inherit' => MODES.some(mode => mode === word)
const isMthpSize = (word: string): word is MthpSize => SIZES.some(size => size === word)
const isDefrag = (word: string | undefined): word is ThpDefrag => DEFRAG.some(mode => mode === word)
const isShmem = (word: string | undefined): word is ShmemThpMode => SHMEM.some(mode => mode === word)
