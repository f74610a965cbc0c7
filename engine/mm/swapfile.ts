/** Several swap areas and their priorities: mm/swapfile.c. Quantities are pages (slots). */

/** `id` is what /proc/swaps calls it; `usedSlots` what is taken. */
export interface SwapAreaState {
  readonly id: string
  readonly priority: number
  readonly slots: number
  readonly usedSlots: number
}

export interface SwapGrant {
  readonly areas: readonly SwapAreaState[]
  /** Slots taken from each area, in the order of `areas`. */
  readonly taken: readonly number[]
  /** Pages that found no slot: they stay in memory. */
  readonly short: number
  /** To be passed on, so that areas of one priority take turns from call to call. */
  readonly turn: number
}

/**
 * Kernel: setup_swap_info(), mm/swapfile.c
 * Priorities of areas in the order of swapon: -2, -3, -4 and so on for those that were given none.
 */
export function swapPriorities(asked: readonly (number | null)[]): readonly number[] {
  let least = -1
  return asked.map(priority => priority ?? --least)
}

/**
 * Kernel: get_swap_pages(), mm/swapfile.c (until 6.13, swap_alloc_slow() since)
 * Takes `pages` slots: from the areas of the highest priority first, evenly from those of the same one, until they are
 * full.
 * Simplified: the kernel takes turns in batches of 64 slots (clusters since 6.14); here every page does, so that areas of
 * one priority differ by at most one batch from the kernel's.
 */
export function getSwapPages(areas: readonly SwapAreaState[], pages: number, turn = 0): SwapGrant {
  const taken = areas.map(() => 0)
  let left = pages
  for (const priority of levels(areas)) {
    if (left <= 0) break
    left = fillLevel(areas, taken, priority, left, turn)
  }
  return {
    areas: areas.map((area, at) => ({ ...area, usedSlots: area.usedSlots + (taken[at] ?? 0) })),
    taken,
    short: left,
    turn: turn + (pages - left),
  }
}

function levels(areas: readonly SwapAreaState[]): number[] {
  return [...new Set(areas.map(area => area.priority))].sort((a, b) => b - a)
}

/** Spreads `pages` over the areas of one priority; every pass fills an area or is the last. */
function fillLevel(
  areas: readonly SwapAreaState[],
  taken: number[],
  priority: number,
  pages: number,
  turn: number,
): number {
  let left = pages
  while (left > 0) {
    const open = areas.flatMap((area, at) => {
      const room = area.slots - area.usedSlots - (taken[at] ?? 0)
      return area.priority === priority && room > 0 ? [{ at, room }] : []
    })
    if (open.length === 0) return left
    const each = Math.floor(left / open.length)
    const odd = left - each * open.length
    open.forEach(({ at, room }, nth) => {
      const hasTurn = (nth - (turn % open.length) + open.length) % open.length < odd
      const part = Math.min(room, each + (hasTurn ? 1 : 0))
      taken[at] = (taken[at] ?? 0) + part
      left -= part
    })
  }
  return left
}

/**
 * Kernel: swap_entries_free(), mm/swapfile.c
 * Gives slots back. Whose they are the caller knows; pages whose area is not known go back in proportion to what is used.
 */
export function putSwapPages(areas: readonly SwapAreaState[], pages: number): readonly SwapAreaState[] {
  const used = usedSwapPages(areas)
  const freed = Math.min(pages, used)
  let before = 0
  let given = 0
  return areas.map(area => {
    before += area.usedSlots
    // Rounding the running sum, not each part, makes the parts add up.
    const upTo = used === 0 ? 0 : Math.round((freed * before) / used)
    const part = upTo - given
    given = upTo
    return { ...area, usedSlots: area.usedSlots - part }
  })
}

/** SwapTotal, in pages. */
export function totalSwapPages(areas: readonly SwapAreaState[]): number {
  return areas.reduce((sum, area) => sum + area.slots, 0)
}

/** SwapTotal less SwapFree, in pages. */
export function usedSwapPages(areas: readonly SwapAreaState[]): number {
  return areas.reduce((sum, area) => sum + area.usedSlots, 0)
}
