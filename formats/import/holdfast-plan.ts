/** Holdfast's own plans, of every version: what was saved or exported comes back whole. */
import { readPlan } from '../plan/read-plan.ts'
import { textOf } from './decode.ts'
import type { Importer, ImportResult } from './importer.ts'
import { Notes, refused } from './notes.ts'

export const holdfastPlan: Importer = {
  id: 'holdfast-plan',
  title: 'Holdfast plan',
  yields: ['host', 'workloads'],
  recognises: head => /^\s*\{/.test(head) && /"format"\s*:\s*"holdfast-plan\//.test(head),
  read: input => planOf(textOf(input)),
}

function planOf(text: string): ImportResult {
  const read = readPlan(text)
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
