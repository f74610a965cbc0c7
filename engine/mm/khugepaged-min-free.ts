/** What khugepaged does to vm.min_free_kbytes: mm/khugepaged.c. */
import { HPAGE_PMD_NR, KIB_PER_PAGE } from '../units.ts'
import type { Zone } from './mmzone.ts'
import {
  initPerZoneWmarkMin,
  nrFreeZonePages,
  setupPerZoneWmarks,
  WATERMARK_SCALE_FACTOR,
  type Watermarks,
} from './page-alloc.ts'

/** Kinds of pages that blocks are kept apart for: unmovable, movable, reclaimable (MIGRATE_PCPTYPES). */
const MIGRATE_PCPTYPES = 3

export interface MinFree {
  /** vm.min_free_kbytes */
  readonly minFreeKbytes: number
  /** In the order of the zones. */
  readonly watermarks: readonly Watermarks[]
}

/**
 * Kernel: set_recommended_min_free_kbytes(), mm/khugepaged.c
 * While huge pages are switched on (always or madvise), 11 blocks of 2 MiB per populated zone are kept free, but at
 * most 5 % of what lies above the high watermarks. Never lowers what is set.
 */
export function setRecommendedMinFreeKbytes(
  zones: readonly Zone[],
  before: MinFree,
  watermarkScaleFactor: number = WATERMARK_SCALE_FACTOR,
): MinFree {
  const wanted = HPAGE_PMD_NR * zones.length * (2 + MIGRATE_PCPTYPES * MIGRATE_PCPTYPES)
  const most = Math.floor(nrFreeZonePages(zones, before.watermarks) / 20)
  const minFreeKbytes = Math.max(before.minFreeKbytes, Math.min(wanted, most) * KIB_PER_PAGE)
  return { minFreeKbytes, watermarks: setupPerZoneWmarks(zones, minFreeKbytes, watermarkScaleFactor) }
}

/** What a machine chooses by itself: vm.min_free_kbytes and watermarks once boot is over. */
export function minFreeAfterBoot(
  zones: readonly Zone[],
  thpEnabled: boolean,
  watermarkScaleFactor: number = WATERMARK_SCALE_FACTOR,
): MinFree {
  const boot = initPerZoneWmarkMin(zones, watermarkScaleFactor)
  return thpEnabled ? setRecommendedMinFreeKbytes(zones, boot, watermarkScaleFactor) : boot
}
