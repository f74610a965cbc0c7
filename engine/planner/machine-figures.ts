/** What follows from a machine's settings before anything runs on it: each figure with how it comes about. */
import { minFreeAfterBoot } from '../mm/khugepaged-min-free.ts'
import { zonesOfMachine, type Zone } from '../mm/mmzone.ts'
import { setupPerZoneWmarks } from '../mm/page-alloc.ts'
import { ALLOCATOR_OVERHEAD } from '../mm/zram.ts'
import { deviceNamed } from '../data/devices.ts'
import type { MachineProfile } from '../scenario.ts'
import { safeLockedPages } from '../sim/budget.ts'
import { machineMemory, type MachineMemory } from '../sim/machine.ts'
import type { Explanation } from '../sim/result.ts'
import { KIB_PER_PAGE, PAGE_SIZE } from '../units.ts'
import { hostPageTableBytes, structPageBytes } from './overheads.ts'

/** A figure that explains itself. */
export interface MachineFigure extends Explanation {
  readonly title: string
  readonly bytes: number
}

/** Watermarks of one zone, in bytes: what /proc/zoneinfo shows in pages. */
export interface ZoneFigures {
  readonly node: number
  readonly name: string
  readonly managedBytes: number
  readonly minBytes: number
  readonly lowBytes: number
  readonly highBytes: number
}

export interface MachineFigures {
  readonly figures: readonly MachineFigure[]
  readonly zones: readonly ZoneFigures[]
  /** How the watermarks of a zone come about. */
  readonly zoneRule: Explanation
}

type Input = Explanation['inputs'][number]

const PROFILE = 'machine profile'
const COMPUTED = 'computed'
const bytes = (name: string, value: number, source = PROFILE): Input => ({
  ...{ name, value, unit: 'bytes', source },
})
const count = (name: string, value: number | string, source = PROFILE, unit = ''): Input => ({
  ...{ name, value, unit, source },
})

/** Of a machine as it stands idle: no plan, no page tables of tasks. */
export function machineFigures(machine: MachineProfile): MachineFigures {
  const memory = machineMemory(machine)
  const zones = zonesOfMachine(memory.totalPages, machine.nodes)
  const figures = [
    memTotal(machine, memory),
    structPages(machine),
    minFree(machine, memory, zones),
    highWatermarks(memory),
    ...(memory.poolPages === 0 ? [] : [pools(machine, memory)]),
    commitLimit(machine, memory),
    safeBudget(memory),
    tables('pageTables', 'Page tables, all in 4 KiB', memory, '4k'),
    tables('pageTablesHuge', 'Page tables, all in 2 MiB of hugetlb', memory, '2m'),
    ...swapFigures(machine),
  ]
  return { figures, zones: zoneFigures(machine, memory, zones), zoneRule: zoneRule(machine, memory) }
}

function memTotal({ ramBytes }: MachineProfile, { totalPages }: MachineMemory): MachineFigure {
  return {
    figure: 'memTotal',
    title: 'MemTotal',
    bytes: totalPages * PAGE_SIZE,
    formula: 'installed RAM × (1 − 1/64 − 0.2 %) − 64 MiB',
    inputs: [bytes('installed RAM', ramBytes)],
    rule: 'struct pages of 64 B for each 4 KiB, kernel image, firmware and tables (engine/mm/mmzone.ts)',
    trust: 'estimated',
  }
}

function structPages({ ramBytes }: MachineProfile): MachineFigure {
  return {
    figure: 'structPages',
    title: 'struct pages',
    bytes: structPageBytes(ramBytes),
    formula: 'installed RAM ÷ 4 KiB × 64 B; missing from MemTotal from the start',
    inputs: [bytes('installed RAM', ramBytes)],
    rule: 'sizeof(struct page), one for each page; hugetlb_free_vmemmap is not counted on',
    trust: 'exact',
  }
}

function minFree(machine: MachineProfile, memory: MachineMemory, zones: readonly Zone[]): MachineFigure {
  const isSet = machine.minFreeKib !== null
  const thp = machine.thp.enabled !== 'never'
  const boot = minFreeAfterBoot(zones, false, machine.watermarkScaleFactor)
  return {
    figure: 'minFree',
    title: 'vm.min_free_kbytes',
    bytes: memory.minFreeKib * 1024,
    formula: isSet
      ? 'set by hand'
      : thp
        ? 'the larger of floor(√(MemTotal in KiB × 16)), within 128 and 262,144, and 11 × 2 MiB for each zone (at most 5 % of memory), because huge pages are on'
        : 'floor(√(MemTotal in KiB × 16)), within 128 and 262,144',
    inputs: isSet
      ? [count('vm.min_free_kbytes', machine.minFreeKib, PROFILE, 'KiB')]
      : [
          bytes('MemTotal', memory.totalPages * PAGE_SIZE, COMPUTED),
          count('zones', zones.length, COMPUTED),
          count('transparent_hugepage/enabled', machine.thp.enabled),
          count('without huge pages', boot.minFreeKbytes, COMPUTED, 'KiB'),
        ],
    rule: 'calculate_min_free_kbytes(), mm/page_alloc.c; set_recommended_min_free_kbytes(), mm/khugepaged.c',
    trust: 'exact',
  }
}

function highWatermarks({ marks, minFreeKib }: MachineMemory): MachineFigure {
  return {
    figure: 'highWatermarks',
    title: 'High watermarks together',
    bytes: marks.highPages * PAGE_SIZE,
    formula: 'sum over the zones of min + 2 × max(min ÷ 4, managed × watermark_scale_factor ÷ 10,000)',
    inputs: [
      count('vm.min_free_kbytes', minFreeKib, COMPUTED, 'KiB'),
      bytes('low watermarks together', marks.lowPages * PAGE_SIZE, COMPUTED),
    ],
    rule: '__setup_per_zone_wmarks(), mm/page_alloc.c: kswapd works below low until high is free',
    trust: 'exact',
  }
}

function pools({ hugetlb }: MachineProfile, { poolPages }: MachineMemory): MachineFigure {
  return {
    figure: 'pools',
    title: 'Huge page pools',
    bytes: poolPages * PAGE_SIZE,
    formula: 'pages of 2 MiB × 2 MiB + pages of 1 GiB × 1 GiB',
    inputs: [count('pages of 2 MiB', hugetlb['2M']), count('pages of 1 GiB', hugetlb['1G'])],
    rule: 'taken out of MemFree when they are allocated, used or not (mm/hugetlb.c)',
    trust: 'exact',
  }
}

function commitLimit({ overcommit }: MachineProfile, memory: MachineMemory): MachineFigure {
  const { commit, commitLimitPages } = memory
  return {
    figure: 'commitLimit',
    title: 'CommitLimit',
    bytes: commitLimitPages * PAGE_SIZE,
    formula: '(MemTotal − huge page pools) × vm.overcommit_ratio ÷ 100 + SwapTotal',
    inputs: [
      bytes('MemTotal', commit.totalRamPages * PAGE_SIZE, COMPUTED),
      bytes('huge page pools', commit.hugetlbPages * PAGE_SIZE),
      count('vm.overcommit_ratio', overcommit.ratioPercent, PROFILE, '%'),
      bytes('SwapTotal', commit.totalSwapPages * PAGE_SIZE),
      count('vm.overcommit_memory', overcommit.mode),
    ],
    rule: `vm_commit_limit(), mm/util.c; ${overcommit.mode === 2 ? 'enforced' : 'not enforced, because vm.overcommit_memory is not 2'}`,
    trust: 'exact',
  }
}

function safeBudget(memory: MachineMemory): MachineFigure {
  const budget = safeLockedPages(memory, 0)
  const { totalPages, poolPages, reservePages, marks } = memory
  return {
    figure: 'safeBudget',
    title: 'Safe to lock',
    bytes: budget.pages * PAGE_SIZE,
    formula:
      'MemTotal − huge page pools − host reserve − high watermarks − page cache floor − page tables of the plan (none yet)',
    inputs: [
      bytes('MemTotal', totalPages * PAGE_SIZE, COMPUTED),
      bytes('huge page pools', poolPages * PAGE_SIZE),
      bytes('host reserve', reservePages * PAGE_SIZE),
      bytes('high watermarks', marks.highPages * PAGE_SIZE, COMPUTED),
      bytes(
        'page cache floor',
        budget.cacheFloorPages * PAGE_SIZE,
        'assumed: 1 % of MemTotal, at least 256 MiB',
      ),
    ],
    rule: 'rule of the planner, not of the kernel: nothing stops a task from locking more, until the OOM killer does',
    trust: 'estimated',
  }
}

function tables(figure: string, title: string, memory: MachineMemory, mapping: '4k' | '2m'): MachineFigure {
  const total = memory.totalPages * PAGE_SIZE
  return {
    ...{ figure, title, bytes: hostPageTableBytes(total, mapping) },
    formula: mapping === '4k' ? 'MemTotal ÷ 2 MiB × 4 KiB' : 'MemTotal ÷ 2 MiB × 8 B',
    inputs: [bytes('MemTotal', total, COMPUTED)],
    rule:
      mapping === '4k'
        ? 'a table of 4 KiB maps 512 pages; KVM keeps about the same again (SecPageTables)'
        : 'an entry of 8 B maps 2 MiB; transparent huge pages keep a spare table each and save nothing here',
    trust: 'exact',
  }
}

function swapFigures({ swap, zswap }: MachineProfile): MachineFigure[] {
  const total = swap.reduce((sum, area) => sum + area.sizeBytes, 0)
  const compressed = swap.flatMap(area => {
    const device = deviceNamed(area.device)
    return device === undefined || device.compressionRatio <= 1 ? [] : [{ ...area, device }]
  })
  const figures: MachineFigure[] = []
  if (total > 0)
    figures.push({
      ...{ figure: 'swapTotal', title: 'SwapTotal', bytes: total },
      formula: 'sum of the areas',
      inputs: swap.map(area => bytes(`${area.device}, priority ${area.priority}`, area.sizeBytes)),
      rule: `swapon(2): the highest priority fills first, equal ones in turn${zswap.enabled ? '; zswap stands in front' : ''}`,
      trust: 'exact',
    })
  if (compressed.length > 0)
    figures.push({
      ...{ figure: 'zramFull', title: 'RAM that full zram takes' },
      bytes: compressed.reduce(
        (sum, { sizeBytes, device }) => sum + (sizeBytes / device.compressionRatio) * ALLOCATOR_OVERHEAD,
        0,
      ),
      formula: 'size ÷ compression ratio × overhead of zsmalloc',
      inputs: [
        ...compressed.map(({ device }) =>
          count(`ratio of ${device.title}`, device.compressionRatio, device.source),
        ),
        count('overhead of zsmalloc', ALLOCATOR_OVERHEAD, 'measured, engine/mm/zram.ts'),
      ],
      rule: 'compressed pages are memory of the same host',
      trust: 'estimated',
    })
  return figures
}

function marksOf(machine: MachineProfile, memory: MachineMemory, zones: readonly Zone[]) {
  return setupPerZoneWmarks(zones, memory.minFreeKib, machine.watermarkScaleFactor)
}

function zoneFigures(machine: MachineProfile, memory: MachineMemory, zones: readonly Zone[]): ZoneFigures[] {
  const marks = marksOf(machine, memory, zones)
  return zones.map(({ node, name, managedPages }, at) => ({
    ...{ node, name, managedBytes: managedPages * PAGE_SIZE },
    minBytes: (marks[at]?.minPages ?? 0) * PAGE_SIZE,
    lowBytes: (marks[at]?.lowPages ?? 0) * PAGE_SIZE,
    highBytes: (marks[at]?.highPages ?? 0) * PAGE_SIZE,
  }))
}

const zoneRule = (machine: MachineProfile, { minFreeKib }: MachineMemory): Explanation => ({
  figure: 'zones',
  formula:
    'min = vm.min_free_kbytes × managed ÷ all managed; low = min + step; high = min + 2 × step; step = max(min ÷ 4, managed × vm.watermark_scale_factor ÷ 10,000)',
  inputs: [
    count('vm.min_free_kbytes', minFreeKib, machine.minFreeKib === null ? COMPUTED : PROFILE, 'KiB'),
    count('vm.watermark_scale_factor', machine.watermarkScaleFactor),
    count('KiB in a page', KIB_PER_PAGE, 'x86-64'),
  ],
  rule: '__setup_per_zone_wmarks(), mm/page_alloc.c; how memory divides over the zones is estimated',
  trust: 'estimated',
})
