/** Fixed colours, names and order of memory kinds: the same in charts, bars, tables and reports. */
import type { BudgetPart } from '../engine/planner/budget.ts'

export interface Kind {
  readonly part: BudgetPart
  readonly label: string
  readonly colour: string
}

/** From what can never be given back to what is free. */
export const KINDS: readonly Kind[] = [
  { part: 'kernel and host', label: 'kernel and host', colour: '--kind-kernel' },
  { part: 'page tables', label: 'page tables', colour: '--kind-tables' },
  { part: 'hugetlb pool', label: 'hugetlb', colour: '--kind-hugetlb' },
  { part: 'pinned', label: 'pinned', colour: '--kind-pinned' },
  { part: 'locked', label: 'locked, resident', colour: '--kind-locked' },
  { part: 'anonymous', label: 'anonymous', colour: '--kind-resident' },
  { part: 'shared memory', label: 'shared memory', colour: '--kind-shared' },
  { part: 'page cache', label: 'page cache', colour: '--kind-cache' },
  { part: 'free', label: 'free', colour: '--kind-free' },
]

/** Fault kinds in the order of the stack, as their curves are called. */
export const FAULTS = [
  'populate',
  'zero-fill',
  'huge',
  'copy',
  'page-cache map',
  'file read',
  'swap-in',
  'other',
] as const

export const faultColour = (kind: string): string => `--fault-${kind.replaceAll(' ', '-')}`

/** Workloads take tints in the order of the list, and over again. */
export const tint = (index: number): string => `--tint-${(index % 6) + 1}`
