/** Every text of /proc and /sys that says something about a machine, as one bundle of blocks (`formats/import`). */
import type { HostReader, Unread } from './reader.ts'

export interface HostTexts {
  /** Blocks under the path of their file: `=== /proc/meminfo`. */
  readonly bundle: string
  /** Files that would have said more. */
  readonly unread: readonly { readonly path: string; readonly why: Unread }[]
}

const THP = '/sys/kernel/mm/transparent_hugepage'
const POOLS = '/sys/kernel/mm/hugepages'
const NODES = '/sys/devices/system/node'
const ZSWAP = '/sys/module/zswap/parameters'

/** Read as they are. */
const WHOLE = [
  '/proc/meminfo',
  '/proc/swaps',
  '/proc/self/limits',
  '/proc/self/status',
  '/proc/cmdline',
  '/sys/devices/system/cpu/online',
  `${NODES}/online`,
  `${THP}/enabled`,
  `${THP}/defrag`,
  `${THP}/shmem_enabled`,
  `${THP}/use_zero_page`,
  `${ZSWAP}/enabled`,
  `${ZSWAP}/max_pool_percent`,
  '/sys/kernel/debug/fault_around_bytes',
]

/** Numbers of vm, read as `sysctl vm` prints them. */
const SYSCTLS = [
  'swappiness',
  'page-cluster',
  'min_free_kbytes',
  'watermark_scale_factor',
  'overcommit_memory',
  'overcommit_ratio',
  'overcommit_kbytes',
]

/** Reads them all. What is missing on a machine of its kind is no loss, and not listed. */
export function hostTexts(reader: HostReader): HostTexts {
  const blocks: string[] = []
  const unread: { path: string; why: Unread }[] = []
  const add = (title: string, text: string): void => void blocks.push(`=== ${title}\n${text}`)
  const addFile = (path: string): void => {
    const found = reader.read(path)
    if ('text' in found) add(path, found.text)
    else if (found.unread === 'denied' || path === '/proc/meminfo') unread.push({ path, why: found.unread })
  }
  const release = reader.read('/proc/sys/kernel/osrelease')
  if ('text' in release) add('uname -r', release.text)
  else unread.push({ path: '/proc/sys/kernel/osrelease', why: release.unread })
  for (const path of [...WHOLE, ...hugePageFiles(reader)]) addFile(path)
  const numbers = SYSCTLS.flatMap(name => {
    const found = reader.read(`/proc/sys/vm/${name}`)
    return 'text' in found ? [`vm.${name} = ${found.text}`] : []
  })
  if (numbers.length > 0) add('sysctl vm', numbers.join('\n'))
  for (const { path, text } of cgroupLimits(reader)) add(path, text)
  return { bundle: `${blocks.join('\n')}\n`, unread }
}

/** Modes of folio sizes, and pools by size and node. */
function hugePageFiles(reader: HostReader): string[] {
  const sizesIn = (folder: string): string[] =>
    reader.list(folder).filter(name => /^hugepages-\d+kB$/.test(name))
  const poolsIn = (folder: string): string[] =>
    sizesIn(folder).flatMap(size => [`${folder}/${size}/nr_hugepages`, `${folder}/${size}/free_hugepages`])
  const nodes = reader.list(NODES).filter(name => /^node\d+$/.test(name))
  return [
    ...sizesIn(THP).map(size => `${THP}/${size}/enabled`),
    ...poolsIn(POOLS),
    ...(nodes.length > 1 ? nodes.flatMap(node => poolsIn(`${NODES}/${node}/hugepages`)) : []),
  ]
}

/** Limits of the cgroup that this process is in, and of those above it (version 2). */
function cgroupLimits(reader: HostReader): { path: string; text: string }[] {
  const own = reader.read('/proc/self/cgroup')
  const [, path = ''] = /^0::(\/\S*)$/m.exec('text' in own ? own.text : '') ?? []
  const parts = path.split('/').filter(part => part !== '' && part !== '..')
  const folders = parts.map((_, i) => `/sys/fs/cgroup/${parts.slice(0, i + 1).join('/')}`).reverse()
  return [...folders, '/sys/fs/cgroup'].flatMap(folder =>
    ['memory.max', 'memory.high', 'memory.swap.max'].flatMap(name => {
      const found = reader.read(`${folder}/${name}`)
      return 'text' in found && found.text !== 'max' ? [{ path: `${folder}/${name}`, text: found.text }] : []
    }),
  )
}
