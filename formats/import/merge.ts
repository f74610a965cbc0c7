/** Several imports as one: later ones win where both say something of the host, lists are put together. */
import { MACHINE_DEFAULTS } from '../../engine/machines.ts'
import type { MachineProfile } from '../../engine/scenario.ts'
import type { ImportData, Observed, ObservedProcess } from './importer.ts'

export function merged(parts: readonly ImportData[]): ImportData {
  const hosts = parts.flatMap(({ host }) => (host === undefined ? [] : [host]))
  const host = hosts.length === 0 ? undefined : mergedHost(hosts)
  const kernel = parts.findLast(part => part.kernel !== undefined)?.kernel
  const plan = parts.findLast(part => part.plan !== undefined)?.plan
  const ops = parts.findLast(part => part.ops !== undefined)?.ops
  const workloads = parts.flatMap(part => part.workloads ?? [])
  const guests = parts.flatMap(part => part.guests ?? [])
  const limits = parts.flatMap(part => part.limits ?? [])
  const observed = mergedObserved(parts.flatMap(part => (part.observed === undefined ? [] : [part.observed])))
  return {
    ...(host === undefined || Object.keys(host).length === 0 ? {} : { host }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(workloads.length === 0 ? {} : { workloads }),
    ...(guests.length === 0 ? {} : { guests }),
    ...(limits.length === 0 ? {} : { limits }),
    ...(observed === undefined ? {} : { observed }),
    ...(ops === undefined ? {} : { ops }),
    ...(plan === undefined ? {} : { plan }),
  }
}

/** Swap of /proc/swaps is better known than its sum in /proc/meminfo; so are pools by their files. */
function mergedHost(hosts: readonly Partial<MachineProfile>[]): Partial<MachineProfile> {
  const all: Partial<MachineProfile> = Object.assign({}, ...hosts) as Partial<MachineProfile>
  const swap = hosts
    .flatMap(host => (host.swap === undefined ? [] : [host]))
    .sort((a, b) => Number(a.ramBytes !== undefined) - Number(b.ramBytes !== undefined))[0]?.swap
  // A text that tells one pool says nothing of the other.
  const pools = hosts.flatMap(host => (host.hugetlb === undefined ? [] : [host.hugetlb]))
  const pagesOf = (size: '2M' | '1G'): number => pools.findLast(pool => pool[size] > 0)?.[size] ?? 0
  const hugetlb = pools.length < 2 ? {} : { hugetlb: { '2M': pagesOf('2M'), '1G': pagesOf('1G') } }
  const thp = hosts.flatMap(host => (host.thp === undefined ? [] : [host.thp]))
  const zswap = hosts.flatMap(host => (host.zswap === undefined ? [] : [host.zswap]))
  return {
    ...all,
    ...(swap === undefined ? {} : { swap }),
    ...hugetlb,
    ...(thp.length < 2 ? {} : { thp: mergedThp(thp) }),
    ...(zswap.length < 2 ? {} : { zswap: mergedZswap(zswap) }),
  }
}

/** Each text tells one setting; the others have their defaults, which yield. */
function mergedThp(all: readonly MachineProfile['thp'][]): MachineProfile['thp'] {
  const said = <K extends keyof MachineProfile['thp']>(key: K, plain: MachineProfile['thp'][K]) =>
    all.findLast(one => one[key] !== plain)?.[key] ?? plain
  return {
    enabled: said('enabled', 'madvise'),
    defrag: said('defrag', 'madvise'),
    shmem: said('shmem', 'never'),
    zeroPage: said('zeroPage', true),
    mthp: Object.assign({}, ...all.map(({ mthp }) => mthp)) as MachineProfile['thp']['mthp'],
  }
}

/** One file says whether it is on, another how large it may become. */
function mergedZswap(all: readonly MachineProfile['zswap'][]): MachineProfile['zswap'] {
  const usual = MACHINE_DEFAULTS.zswap
  const said = <K extends keyof MachineProfile['zswap']>(key: K): MachineProfile['zswap'][K] =>
    all.findLast(one => one[key] !== usual[key])?.[key] ?? usual[key]
  return {
    enabled: said('enabled'),
    maxPoolPercent: said('maxPoolPercent'),
    compressionRatio: said('compressionRatio'),
  }
}

function mergedObserved(all: readonly Observed[]): Observed | undefined {
  if (all.length === 0) return undefined
  const memory = all.findLast(one => one.memory !== undefined)?.memory
  const processes = all.flatMap(one => one.processes ?? [])
  const guests = all.flatMap(one => one.guests ?? [])
  const models = all.flatMap(one => one.models ?? [])
  const pools = all.flatMap(one => one.pools ?? [])
  return {
    ...(memory === undefined ? {} : { memory }),
    ...(processes.length === 0 ? {} : { processes }),
    ...(guests.length === 0 ? {} : { guests }),
    ...(models.length === 0 ? {} : { models }),
    ...(pools.length === 0 ? {} : { pools }),
  }
}

/** What is known of a process from the path of its file, where its text does not say. */
export function withName(data: ImportData, known: Pick<ObservedProcess, 'name' | 'pid'>): ImportData {
  if (known.pid === null) return data
  const processes = data.observed?.processes?.map(one => ({
    ...one,
    name: one.name === '' ? known.name : one.name,
    pid: one.pid ?? known.pid,
  }))
  const limits = data.limits?.map(one => (one.kind === 'process' ? { ...one, of: known.name } : one))
  return {
    ...data,
    ...(processes === undefined ? {} : { observed: { ...data.observed, processes } }),
    ...(limits === undefined ? {} : { limits }),
  }
}
