/** What a strategy is: a function from what a workload needs to operations. */
import type { MmapFlag } from '../op.ts'
import type { AreaNeed, Backing, OnRefusal, Params, ParamSpec, SetupStep } from '../scenario.ts'

/** What a strategy may know of its surroundings. */
export interface StrategyContext {
  readonly params: Params
  readonly cpus: number
  readonly onLockRefusal: OnRefusal
  /** Whether the kernel has a change of `engine/kernels/changes.ts`; absent: it has all of them. */
  readonly kernelHas?: (change: string) => boolean
}

/**
 * Each function is optional; together they say what happens to a process, in this order: `before` anything is mapped;
 * for each area of main memory its backing, the flags of its mmap, and what follows the mapping; `after` everything
 * is mapped (QEMU: after machine init). What the program does with its memory comes later.
 */
export interface Strategy {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly params: readonly ParamSpec[]
  /** Another backing than the workload asks for. */
  backing?(area: AreaNeed, context: StrategyContext): Backing
  before?(context: StrategyContext): readonly SetupStep[]
  mapFlags?(area: AreaNeed, context: StrategyContext): readonly MmapFlag[]
  mapped?(area: AreaNeed, context: StrategyContext): readonly SetupStep[]
  after?(areas: readonly AreaNeed[], context: StrategyContext): readonly SetupStep[]
  /** Changes of the kernel that it needs: a what-if on any release. */
  readonly needs?: readonly string[]
}
