import { HUGE, PAGE, type Builder } from './builder.ts'
import { insideRange, pagesOf } from './ranges.ts'

const stepOf = (g: Builder, file: string): number => (g.files[file]?.kind === 'hugetlb' ? HUGE : PAGE)

/** Sizes change where it is steady: a file on disk only shrinks, since what it gains would have to be read. */
export function truncate(g: Builder): void {
  const file = someFile(g)
  if (file === undefined) return
  const { chance } = g
  const step = stepOf(g, file)
  const now = g.fileBytes[file] ?? 0
  const units = Math.ceil(now / step)
  const grow = g.files[file]?.kind !== 'file' && chance.yes(0.35)
  const odd = step === PAGE && chance.yes(0.2) ? -chance.pick([1, 100, 2000]) : 0
  const wanted = grow ? units + chance.int(1, step === HUGE ? 1 : 8) : chance.int(0, Math.max(0, units - 1))
  const length = Math.max(0, wanted * step + odd)
  g.add({ op: 'ftruncate', file, length })
  g.fileBytes[file] = length
}

/** Punches holes and allocates ahead, in memory only: a hole in a file on disk would be read from there. */
export function allocate(g: Builder): void {
  const file = someFile(g)
  if (file === undefined || g.files[file]?.kind === 'file') return
  const { chance } = g
  const step = stepOf(g, file)
  const units = Math.max(1, Math.ceil((g.fileBytes[file] ?? 0) / step))
  const first = chance.int(0, units - 1)
  const mode = chance.weighted<('keep_size' | 'punch_hole')[]>([
    [7, ['punch_hole', 'keep_size']],
    [1, ['punch_hole']],
    [2, ['keep_size']],
    [2, []],
  ])
  const odd = step === PAGE && chance.yes(0.2) ? chance.pick([1, 100, 2048]) : 0
  const over = chance.yes(0.1) ? chance.int(1, step === HUGE ? 1 : 4) : 0
  const length = (chance.int(1, units - first) + over) * step - odd
  g.add({ op: 'fallocate', file, mode, offset: first * step + (chance.yes(0.5) ? odd : 0), length })
}

function someFile(g: Builder): string | undefined {
  const names = Object.keys(g.files)
  return names.length === 0 ? undefined : g.chance.pick(names)
}

/** Other pages of a shared mapping at this place; anything else is EINVAL. */
export function remapFilePages(g: Builder): void {
  const area = g.area(({ backing }) => ['shared', 'memfd', 'file'].includes(backing)) ?? g.area()
  if (area === undefined) return
  const range = insideRange(g, area)
  const pgoff = g.chance.int(0, pagesOf(area))
  const flags = g.chance.yes(0.2) ? { flags: ['nonblock'] as const } : {}
  g.add({ op: 'remap_file_pages', on: area.name, ...range, pgoff, ...flags })
  area.intact = false
}
