/** The operations of one task: what a workload needs, as its strategy prepares it. */
import type { FlagList, MmapFlag } from '../op.ts'
import type { FileSpec } from '../program.ts'
import type { AreaNeed, SetupStep, ThreadScript, WorkloadNeed } from '../scenario.ts'
import type { Strategy, StrategyContext } from '../strategies/strategy.ts'

/** A task, ready to be run: its files, its threads (the main one first), its areas with their final backing. */
export interface TaskScript {
  readonly files: Readonly<Record<string, FileSpec>>
  readonly threads: readonly ThreadScript[]
  readonly areas: readonly AreaNeed[]
}

const HUGE: Readonly<Partial<Record<AreaNeed['backing'], number>>> = {
  'hugetlb-2M': 2 ** 21,
  'hugetlb-1G': 2 ** 30,
}

/** The bytes of an area in whole pages of its backing. */
export function mappedBytes(area: AreaNeed): number {
  const unit = HUGE[area.backing] ?? 4096
  return Math.ceil(area.bytes / unit) * unit
}

/** Name of the file behind an area; null for anonymous memory. Private files carry the area's name. */
export function fileOf(area: AreaNeed): string | null {
  if (area.file !== undefined) return area.file.name
  return area.backing === 'memfd' || area.backing === 'file' ? area.name : null
}

function fileSpec(area: AreaNeed): FileSpec {
  const kind = area.file?.kind ?? (area.backing === 'memfd' ? 'memfd' : 'file')
  return { kind, bytes: mappedBytes(area), open: area.prot === 'r' ? 'r' : 'rw' }
}

function mapArea(area: AreaNeed, extra: readonly MmapFlag[]): SetupStep {
  const file = fileOf(area)
  const flags: FlagList<MmapFlag> = [
    area.sharing,
    ...(area.backing.startsWith('hugetlb') ? (['hugetlb'] as const) : []),
    ...(area.mmapFlags ?? []),
    ...extra,
  ]
  return {
    do: 'op',
    op: {
      op: 'mmap',
      as: area.name,
      length: mappedBytes(area),
      prot: area.prot,
      flags,
      ...(file === null ? {} : { file }),
    },
    onRefusal: 'fail',
    label: `map ${area.name}`,
  }
}

/** Puts a workload and a strategy together. */
export function taskScript(need: WorkloadNeed, strategy: Strategy, context: StrategyContext): TaskScript {
  const areas = need.areas.map(area =>
    area.role === 'main' && strategy.backing !== undefined
      ? { ...area, backing: strategy.backing(area, context) }
      : area,
  )
  const steps: SetupStep[] = [...(strategy.before?.(context) ?? [])]
  for (const area of areas) {
    const main = area.role === 'main'
    steps.push(mapArea(area, main ? (strategy.mapFlags?.(area, context) ?? []) : []))
    if (main) steps.push(...(strategy.mapped?.(area, context) ?? []))
  }
  steps.push(...(strategy.after?.(areas, context) ?? []), ...need.work)
  if (!steps.some(step => step.do === 'ready')) steps.push({ do: 'ready' })
  const files: Record<string, FileSpec> = { ...need.files }
  for (const area of areas) {
    const name = fileOf(area)
    if (name !== null) files[name] = fileSpec(area)
  }
  return { files, threads: [{ name: 'main', steps }, ...need.threads], areas }
}
