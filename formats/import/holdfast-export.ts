/** Holdfast's own JSON export: the plan within it comes back whole; what a run said is made anew. */
import { readPlanDocument } from '../plan/read-plan.ts'
import { textOf } from './decode.ts'
import type { Importer } from './importer.ts'
import { planImport } from './holdfast-plan.ts'
import { refused } from './notes.ts'

/** The form stands first, as it is written. */
export const isExport = (head: string): boolean => /^\s*\{\s*"format"\s*:\s*"holdfast-export\//.test(head)

export const holdfastExport: Importer = {
  id: 'holdfast-export',
  title: 'Holdfast export',
  yields: ['host', 'workloads'],
  recognises: isExport,
  // Curves of many workloads are long.
  maxCharacters: 256 * 1024 * 1024,
  read: input => {
    const plan = planWithin(textOf(input))
    return plan === undefined
      ? refused({
          path: '$.plan',
          found: 'no plan',
          allowed: 'an object',
          sentence: 'The export cannot be read, or has no plan.',
        })
      : planImport(readPlanDocument(plan))
  },
}

/** The plan's document, as it was written. */
export function planWithin(text: string): Readonly<Record<string, never>> | undefined {
  try {
    const whole = JSON.parse(text) as { readonly plan?: unknown } | null
    const plan = whole?.plan
    return typeof plan === 'object' && plan !== null && !Array.isArray(plan) ? { ...plan } : undefined
  } catch {
    return undefined
  }
}
