import { flagParam, ParamReader } from '../params.ts'
import type { AreaNeed, Backing, ParamSpec, SetupStep } from '../scenario.ts'
import { threadsParam } from './prealloc.ts'
import { preallocate } from './steps.ts'
import type { Strategy, StrategyContext } from './strategy.ts'

const params: readonly ParamSpec[] = [
  flagParam('prealloc', true, {
    title: 'Make resident',
    help: 'Clear all pages at once. Without it the pool only promises them, and each comes with the first access.',
    source: 'libvirt: any huge page setting implies prealloc',
  }),
  threadsParam,
]

/** Memory that the pools can stand behind: not a file that others read. */
const fits = (area: AreaNeed): boolean =>
  area.file === undefined && area.backing !== 'file' && area.prot === 'rw'

function prepared(area: AreaNeed, context: StrategyContext): SetupStep[] {
  const reader = new ParamReader(params, context.params)
  if (!fits(area) || !reader.flag('prealloc')) return []
  return preallocate(area, context, reader.number('threads') || context.cpus)
}

function hugetlb(id: string, size: string, backing: Backing): Strategy {
  return {
    id,
    title: `Huge pages of ${size} from the pool`,
    help: `Main memory comes from the pool of ${size} pages: never swapped, never counted to RLIMIT_MEMLOCK, refused at mmap if the pool is too small. Files stay what they are.`,
    params,
    backing: area => (fits(area) ? backing : area.backing),
    mapped: prepared,
  }
}

export const hugetlb2m = hugetlb('hugetlb-2m', '2 MiB', 'hugetlb-2M')
export const hugetlb1g = hugetlb('hugetlb-1g', '1 GiB', 'hugetlb-1G')
