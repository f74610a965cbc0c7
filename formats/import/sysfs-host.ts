/**
 * Single files of /sys that say something of the whole machine, each by its path:
 *
 *     /sys/devices/system/cpu/online              0-63
 *     /sys/devices/system/node/online             0-1
 *     /sys/module/zswap/parameters/enabled        Y
 *     /sys/kernel/debug/fault_around_bytes        65536
 *     /sys/fs/cgroup/system.slice/memory.max      8589934592
 */
import { MACHINE_DEFAULTS } from '../../engine/machines.ts'
import { formatBytes } from '../../engine/quantity.ts'
import type { MachineProfile } from '../../engine/scenario.ts'
import { quoted } from '../safe-text.ts'
import type { ImportData, ImportedLimits } from './importer.ts'
import { limitsOf, type Notes } from './notes.ts'

type Host = Partial<MachineProfile>
type Reader = (value: string, path: string, notes: Notes) => ImportData | undefined

/** By the end of the path. */
const FILES: readonly { readonly path: RegExp; readonly read: Reader }[] = [
  { path: /^\/sys\/devices\/system\/cpu\/online$/, read: listed('cpus', 65536, 'CPUs') },
  { path: /^\/sys\/devices\/system\/node\/online$/, read: listed('nodes', 1024, 'NUMA nodes') },
  { path: /^\/sys\/module\/zswap\/parameters\/enabled$/, read: zswapEnabled },
  { path: /^\/sys\/module\/zswap\/parameters\/max_pool_percent$/, read: zswapPool },
  { path: /^\/sys\/kernel\/debug\/fault_around_bytes$/, read: faultAround },
  { path: /^\/sys\/fs\/cgroup\/.*memory\.(?:max|high|swap\.max)$/, read: cgroupLimit },
]

/** What the file says; null for a file that is none of these. */
export function readSysfsFile(path: string, text: string, notes: Notes): ImportData | null {
  const file = FILES.find(one => one.path.test(path))
  if (file === undefined) return null
  const value = text.trim()
  const read = file.read(value, path, notes)
  if (read === undefined) notes.notUnderstood(path, `${path} is ${quoted(value)}.`)
  return read ?? {}
}

/** A list of numbers such as `0-3,8`: how many there are. */
function listed(key: 'cpus' | 'nodes', most: number, what: string): Reader {
  return (value, path, notes) => {
    if (value.length > 10_000 || !/^\d{1,6}(?:-\d{1,6})?(?:,\d{1,6}(?:-\d{1,6})?)*$/.test(value))
      return undefined
    let count = 0
    for (const part of value.split(',')) {
      const [from = 0, to = from] = part.split('-').map(Number)
      count += Math.max(0, to - from) + 1
    }
    if (count > most) return undefined
    notes.taken(path, `${what} online: ${count}.`)
    return { host: { [key]: count } }
  }
}

function zswapEnabled(value: string, path: string, notes: Notes): ImportData | undefined {
  if (!/^[YN01]$/.test(value)) return undefined
  const enabled = value === 'Y' || value === '1'
  notes.taken(path, `zswap is ${enabled ? 'on' : 'off'}.`)
  return { host: { zswap: { ...MACHINE_DEFAULTS.zswap, enabled } } }
}

function zswapPool(value: string, path: string, notes: Notes): ImportData | undefined {
  const percent = /^\d{1,3}$/.test(value) ? Number(value) : NaN
  if (!(percent <= 100)) return undefined
  notes.taken(path, `zswap takes at most ${percent} % of memory.`)
  return { host: { zswap: { ...MACHINE_DEFAULTS.zswap, maxPoolPercent: percent } } }
}

function faultAround(value: string, path: string, notes: Notes): ImportData | undefined {
  const bytes = /^\d{1,10}$/.test(value) ? Number(value) : NaN
  if (!(bytes >= 4096 && bytes <= 2 ** 30 && Math.log2(bytes) % 1 === 0)) return undefined
  notes.taken(path, `A read fault of a file maps up to ${formatBytes(bytes)}.`)
  const host: Host = { faultAroundBytes: bytes }
  return { host }
}

/** `/sys/fs/cgroup/a/b/memory.max`: the cgroup is /a/b. */
function cgroupLimit(value: string, path: string, notes: Notes): ImportData | undefined {
  const [, of = '', file = ''] = /^\/sys\/fs\/cgroup(.*)\/memory\.([\w.]+)$/.exec(path) ?? []
  const bytes = value === 'max' ? null : /^\d{1,16}$/.test(value) ? Number(value) : NaN
  if (Number.isNaN(bytes)) return undefined
  if (bytes === null) return {}
  notes.taken(
    path,
    `The cgroup ${quoted(of === '' ? '/' : of)} is limited: memory.${file} is ${formatBytes(bytes)}.`,
  )
  const limits: ImportedLimits = { ...limitsOf(of === '' ? '/' : of, 'container'), ...inField(file, bytes) }
  return { limits: [limits] }
}

function inField(file: string, bytes: number): Partial<ImportedLimits> {
  if (file === 'max') return { memoryMaxBytes: bytes }
  return file === 'high' ? { memoryHighBytes: bytes } : { memorySwapMaxBytes: bytes }
}
