/** What a plan says of a workload and a place has no field for: it is told, not dropped. */
import type { ConfigProcess } from './facts.ts'
import type { Traps } from './target.ts'

export type GroupField = 'maxBytes' | 'highBytes' | 'swapMaxBytes' | 'oomScoreAdj'

const NAMES: Readonly<Record<GroupField, string>> = {
  maxBytes: 'memory.max',
  highBytes: 'memory.high',
  swapMaxBytes: 'memory.swap.max',
  oomScoreAdj: 'oom_score_adj',
}

/** Warns of fields that the plan sets and `place` cannot hold. */
export function warnUnsaid(
  { name, spec }: ConfigProcess,
  place: string,
  fields: readonly GroupField[],
  source: string,
  traps: Traps,
): void {
  const isSet = (field: GroupField): boolean =>
    field === 'oomScoreAdj' ? spec.oomScoreAdj !== 0 : spec.memcg[field] !== null
  const unsaid = fields.filter(isSet).map(field => NAMES[field])
  if (unsaid.length > 0)
    traps.warn(
      name,
      'no-field-for-the-group',
      `${place} has no field for ${unsaid.join(' and ')} of the plan: not in the file.`,
      'Leave it out of the plan too, so that both say the same.',
      source,
    )
}
