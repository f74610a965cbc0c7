/** Overcommit: mm/util.c. Quantities are pages unless named otherwise. */
import { KIB_PER_PAGE } from '../units.ts'

/** vm.overcommit_memory: 0 guesses, 1 always grants, 2 never grants more than the commit limit. */
export const OVERCOMMIT_MODES = [0, 1, 2] as const
export type OvercommitMode = (typeof OVERCOMMIT_MODES)[number]

export interface CommitSettings {
  readonly overcommitMemory: OvercommitMode
  /** vm.overcommit_ratio, per cent. */
  readonly overcommitRatio: number
  /** vm.overcommit_kbytes; 0 means that the ratio counts. */
  readonly overcommitKbytes: number
  /** vm.admin_reserve_kbytes and vm.user_reserve_kbytes. */
  readonly adminReserveKbytes: number
  readonly userReserveKbytes: number
}

export interface CommitMemory {
  readonly totalRamPages: number
  /** Pages in hugetlb pools of every size. */
  readonly hugetlbPages: number
  readonly totalSwapPages: number
}

/** A request for memory that counts: `asked` is added to `committed` before the test. */
export interface CommitRequest {
  readonly asked: number
  /** Committed_AS before the request. */
  readonly committed: number
  /** VmSize of the asking process, before the request. */
  readonly totalVm: number
  /** CAP_SYS_ADMIN */
  readonly capSysAdmin: boolean
}

/** What was compared: granted while `counted` is below `limit` (mode 2), or not above it (mode 0). */
export interface CommitAnswer {
  readonly granted: boolean
  readonly counted: number
  readonly limit: number
}

/**
 * Kernel: vm_commit_limit(), mm/util.c
 * CommitLimit of /proc/meminfo: a share of the memory that is not in hugetlb pools, or a fixed size, plus swap.
 */
export function vmCommitLimit(
  memory: CommitMemory,
  settings: Pick<CommitSettings, 'overcommitRatio' | 'overcommitKbytes'>,
): number {
  const { overcommitKbytes, overcommitRatio } = settings
  const ownPages =
    overcommitKbytes > 0
      ? Math.floor(overcommitKbytes / KIB_PER_PAGE)
      : Math.floor(((memory.totalRamPages - memory.hugetlbPages) * overcommitRatio) / 100)
  return ownPages + memory.totalSwapPages
}

/**
 * Kernel: __vm_enough_memory(), mm/util.c
 * Mode 0 refuses only a single request larger than memory and swap together (before 5.2 it also looked at what was free).
 * Mode 2 keeps a reserve for the administrator and 1/32 of the process, at most the user reserve.
 */
export function vmEnoughMemory(
  memory: CommitMemory,
  settings: CommitSettings,
  request: CommitRequest,
): CommitAnswer {
  const all = memory.totalRamPages + memory.totalSwapPages
  if (settings.overcommitMemory === 1) return { granted: true, counted: request.asked, limit: Infinity }
  if (settings.overcommitMemory === 0)
    return { granted: request.asked <= all, counted: request.asked, limit: all }
  const admin = request.capSysAdmin ? 0 : Math.floor(settings.adminReserveKbytes / KIB_PER_PAGE)
  const user = Math.min(
    Math.floor(request.totalVm / 32),
    Math.floor(settings.userReserveKbytes / KIB_PER_PAGE),
  )
  const limit = vmCommitLimit(memory, settings) - admin - user
  const counted = request.committed + request.asked
  return { granted: counted < limit, counted, limit }
}

/**
 * Kernel: init_admin_reserve(), mm/mmap.c
 * vm.admin_reserve_kbytes as after boot: 1/32 of what is free then, at most 8 MiB.
 */
export function initAdminReserve(freeKbytes: number): number {
  return Math.min(Math.floor(freeKbytes / 32), 8 * 1024)
}

/**
 * Kernel: init_user_reserve(), mm/mmap.c
 * vm.user_reserve_kbytes as after boot: 1/32 of what is free then, at most 128 MiB.
 */
export function initUserReserve(freeKbytes: number): number {
  return Math.min(Math.floor(freeKbytes / 32), 128 * 1024)
}
