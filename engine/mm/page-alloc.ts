/** Watermarks and reserves: mm/page_alloc.c. Quantities are pages unless named otherwise. */
import { KIB_PER_PAGE } from '../units.ts'
import { ZONE_NAMES, totalManagedPages, type Zone } from './mmzone.ts'

/** Free pages of a zone at which the kernel acts: `min`, `low`, `high`, `promo` of /proc/zoneinfo. */
export interface Watermarks {
  readonly minPages: number
  readonly lowPages: number
  readonly highPages: number
  readonly promoPages: number
}

/** vm.watermark_scale_factor, in ten-thousandths of a zone. */
export const WATERMARK_SCALE_FACTOR = 10
/** Bounds of what the kernel chooses for vm.min_free_kbytes; 65536 was the upper one before 5.8. */
export const MIN_FREE_KBYTES_MIN = 128
export const MIN_FREE_KBYTES_MAX = 262144
/** vm.lowmem_reserve_ratio for DMA, DMA32 and Normal. */
export const LOWMEM_RESERVE_RATIO: readonly number[] = [256, 256, 32]

const NO_WATERMARKS: Watermarks = { minPages: 0, lowPages: 0, highPages: 0, promoPages: 0 }

/**
 * Kernel: nr_free_zone_pages(), mm/page_alloc.c
 * What lies above the high watermarks. Before watermarks are set up, all of the managed pages.
 */
export function nrFreeZonePages(zones: readonly Zone[], marks: readonly Watermarks[]): number {
  return zones.reduce((sum, zone, at) => {
    const { highPages } = marks[at] ?? NO_WATERMARKS
    return sum + Math.max(0, zone.managedPages - highPages)
  }, 0)
}

/**
 * Kernel: calculate_min_free_kbytes(), mm/page_alloc.c
 * vm.min_free_kbytes, in KiB, that the kernel chooses by itself: the root of 16 times the memory, within bounds.
 */
export function calculateMinFreeKbytes(lowmemPages: number, maxKbytes: number = MIN_FREE_KBYTES_MAX): number {
  const root = Math.floor(Math.sqrt(lowmemPages * KIB_PER_PAGE * 16))
  return Math.min(Math.max(root, MIN_FREE_KBYTES_MIN), maxKbytes)
}

/**
 * Kernel: __setup_per_zone_wmarks(), mm/page_alloc.c
 * Watermarks of each zone, in the order of `zones`. Simplified: no highmem and no movable zone, no boost.
 */
export function setupPerZoneWmarks(
  zones: readonly Zone[],
  minFreeKbytes: number,
  watermarkScaleFactor: number = WATERMARK_SCALE_FACTOR,
): readonly Watermarks[] {
  const pagesMin = Math.floor(minFreeKbytes / KIB_PER_PAGE)
  const lowmem = totalManagedPages(zones)
  return zones.map(({ managedPages }) =>
    zoneWatermarks(Math.floor((pagesMin * managedPages) / lowmem), managedPages, watermarkScaleFactor),
  )
}

/** Watermarks of one zone from its min watermark: low and high are one and two steps above it. */
export function zoneWatermarks(
  minPages: number,
  managedPages: number,
  watermarkScaleFactor: number = WATERMARK_SCALE_FACTOR,
): Watermarks {
  const step = Math.max(Math.floor(minPages / 4), Math.floor((managedPages * watermarkScaleFactor) / 10_000))
  return {
    minPages,
    lowPages: minPages + step,
    highPages: minPages + 2 * step,
    promoPages: minPages + 3 * step,
  }
}

/**
 * Kernel: init_per_zone_wmark_min(), mm/page_alloc.c
 * vm.min_free_kbytes and the watermarks as after boot, before khugepaged asks for more.
 */
export function initPerZoneWmarkMin(
  zones: readonly Zone[],
  watermarkScaleFactor: number = WATERMARK_SCALE_FACTOR,
): { readonly minFreeKbytes: number; readonly watermarks: readonly Watermarks[] } {
  const minFreeKbytes = calculateMinFreeKbytes(nrFreeZonePages(zones, []))
  return { minFreeKbytes, watermarks: setupPerZoneWmarks(zones, minFreeKbytes, watermarkScaleFactor) }
}

/** The watermarks of all zones added up, which is how a host without zones sees them. */
export function sumWatermarks(marks: readonly Watermarks[]): Watermarks {
  return marks.reduce(
    (sum, mark) => ({
      minPages: sum.minPages + mark.minPages,
      lowPages: sum.lowPages + mark.lowPages,
      highPages: sum.highPages + mark.highPages,
      promoPages: sum.promoPages + mark.promoPages,
    }),
    NO_WATERMARKS,
  )
}

/**
 * Kernel: setup_per_zone_lowmem_reserve(), mm/page_alloc.c
 * For each zone what an allocation that could use a higher zone must leave free in it, by the zone it could use
 * (DMA, DMA32, Normal): `protection` of /proc/zoneinfo.
 */
export function setupPerZoneLowmemReserve(
  zones: readonly Zone[],
  ratios: readonly number[] = LOWMEM_RESERVE_RATIO,
): readonly (readonly number[])[] {
  return zones.map(zone => {
    const own = ZONE_NAMES.indexOf(zone.name)
    const ratio = ratios[own] ?? 0
    let above = 0
    return ZONE_NAMES.map((name, at) => {
      if (at <= own || ratio === 0) return 0
      above += managedOf(zones, zone.node, name)
      return Math.floor(above / ratio)
    })
  })
}

function managedOf(zones: readonly Zone[], node: number, name: string): number {
  return zones.find(zone => zone.node === node && zone.name === name)?.managedPages ?? 0
}

/**
 * Kernel: calculate_totalreserve_pages(), mm/page_alloc.c
 * Pages that user memory cannot have: high watermark and largest reserve of each zone. MemAvailable and the dirty
 * limits leave them out.
 */
export function calculateTotalreservePages(
  zones: readonly Zone[],
  marks: readonly Watermarks[],
  reserves: readonly (readonly number[])[] = setupPerZoneLowmemReserve(zones),
): number {
  return zones.reduce((sum, zone, at) => {
    const { highPages } = marks[at] ?? NO_WATERMARKS
    const reserve = Math.max(0, ...(reserves[at] ?? []))
    return sum + Math.min(zone.managedPages, reserve + highPages)
  }, 0)
}
