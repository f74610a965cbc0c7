/** Limits of dirty page cache, and how writers are slowed down: mm/page-writeback.c. Quantities are pages. */
import { PAGE_SIZE } from '../units.ts'

export interface DirtySettings {
  /** vm.dirty_ratio and vm.dirty_background_ratio, per cent. */
  readonly dirtyRatio: number
  readonly dirtyBackgroundRatio: number
  /** vm.dirty_bytes and vm.dirty_background_bytes; 0 means that the ratio counts. */
  readonly dirtyBytes: number
  readonly dirtyBackgroundBytes: number
}

export const DIRTY_DEFAULTS: DirtySettings = {
  dirtyRatio: 20,
  dirtyBackgroundRatio: 10,
  dirtyBytes: 0,
  dirtyBackgroundBytes: 0,
}

/** nr_dirty_threshold and nr_dirty_background_threshold of /proc/vmstat. */
export interface DirtyLimits {
  readonly threshPages: number
  readonly backgroundPages: number
}

/**
 * Kernel: global_dirtyable_memory(), mm/page-writeback.c
 * Memory of which the ratios are: what is free beyond the reserves, and the page cache. Locked, anonymous and hugetlb memory
 * is not in it, so that locking memory lowers the limits.
 */
export function globalDirtyableMemory(
  freePages: number,
  totalreservePages: number,
  filePages: number,
): number {
  return Math.max(0, freePages - totalreservePages) + filePages + 1
}

/**
 * Kernel: domain_dirty_limits(), mm/page-writeback.c
 * From the background limit on the flusher writes, up to the threshold writers may go on. Simplified: real-time tasks, which
 * get a quarter more, are not told apart; no limits of cgroups.
 */
export function domainDirtyLimits(availablePages: number, settings: DirtySettings): DirtyLimits {
  const of = (ratio: number, bytes: number): number =>
    bytes > 0
      ? Math.ceil(bytes / PAGE_SIZE)
      : Math.floor((Math.floor((ratio * PAGE_SIZE) / 100) * availablePages) / PAGE_SIZE)
  const threshPages = of(settings.dirtyRatio, settings.dirtyBytes)
  const background = of(settings.dirtyBackgroundRatio, settings.dirtyBackgroundBytes)
  return {
    threshPages,
    backgroundPages: background >= threshPages ? Math.floor(threshPages / 2) : background,
  }
}

/**
 * Kernel: dirty_freerun_ceiling(), mm/page-writeback.c
 * Below this many dirty pages nobody is slowed down.
 */
export function dirtyFreerunCeiling(limits: DirtyLimits): number {
  return Math.floor((limits.threshPages + limits.backgroundPages) / 2)
}

/**
 * Kernel: pos_ratio_polynom(), mm/page-writeback.c
 * Factor on the rate of writers: 1 at the setpoint, half-way between the freerun ceiling and the threshold, 2 at the ceiling,
 * 0 at the threshold.
 */
export function posRatioPolynom(dirtyPages: number, limits: DirtyLimits): number {
  const setpoint = dirtySetpoint(limits)
  const x = (setpoint - dirtyPages) / (limits.threshPages - setpoint + 1)
  return Math.min(2, Math.max(0, 1 + x ** 3))
}

/** Dirty pages at which writers are as fast as the device. */
export function dirtySetpoint(limits: DirtyLimits): number {
  return (dirtyFreerunCeiling(limits) + limits.threshPages) / 2
}

/**
 * Kernel: balance_dirty_pages(), mm/page-writeback.c
 * Pages per second that one of `writers` may dirty; Infinity below the freerun ceiling.
 * Estimate: one device, writers alike, its bandwidth known to the kernel from the start (it takes seconds to find out); the
 * single sleeps of 10 to 200 ms are averaged. Right in the long run, not within a second.
 */
export function dirtyRatePerWriter(
  dirtyPages: number,
  limits: DirtyLimits,
  writebackPagesPerS: number,
  writers: number,
): number {
  if (dirtyPages <= dirtyFreerunCeiling(limits)) return Infinity
  return (writebackPagesPerS / Math.max(1, writers)) * posRatioPolynom(dirtyPages, limits)
}

/** Where a mix of writers settles. */
export interface DirtyEquilibrium {
  readonly dirtyPages: number
  /** Pages per second that all writers together get done. */
  readonly pagesPerS: number
  readonly throttled: boolean
}

/**
 * Where dirty memory settles for writers that want `demandPagesPerS`.
 * Estimate: as dirtyRatePerWriter(). Below the device's bandwidth dirty memory is taken to stay at the background limit (less
 * if pages expire first, after 30 s).
 */
export function dirtyEquilibrium(
  demandPagesPerS: number,
  writebackPagesPerS: number,
  limits: DirtyLimits,
  expireS = 30,
): DirtyEquilibrium {
  if (demandPagesPerS > writebackPagesPerS)
    return { dirtyPages: dirtySetpoint(limits), pagesPerS: writebackPagesPerS, throttled: true }
  const dirtyPages = Math.min(limits.backgroundPages, demandPagesPerS * expireS)
  return { dirtyPages, pagesPerS: demandPagesPerS, throttled: false }
}
