/** Holdfast's own plans, of every version: what was saved or exported comes back whole. */
import { readPlan, type PlanRead } from '../plan/read-plan.ts'
import { textOf } from './decode.ts'
import type { Importer, ImportResult } from './importer.ts'
import { Notes, refused } from './notes.ts'

export const holdfastPlan: Importer = {
  id: 'holdfast-plan',
  title: 'Holdfast plan',
  yields: ['host', 'workloads'],
  // An export has a plan within it.
  recognises: head =>
    !/^\s*\{\s*"format"\s*:\s*"holdfast-export\//.test(head) &&
    /^\s*\{/.test(head) &&
    /"format"\s*:\s*"holdfast-plan\//.test(head),
  read: input => planImport(readPlan(textOf(input))),
}

/** What a plan comes to that was read from a file of Holdfast. */
export function planImport(read: PlanRead): ImportResult {
  if (!read.ok) return refused(...read.issues)
  const { scenario } = read.plan
  const notes = new Notes()
  notes.taken('$', `The plan "${scenario.name}" with ${scenario.workloads.length} workloads.`)
  for (const note of read.notes) notes.assumed('$', note)
  return {
    ok: true,
    host: scenario.machine,
    kernel: scenario.kernel,
    workloads: scenario.workloads,
    plan: read.plan,
    notes: notes.list(),
  }
}
