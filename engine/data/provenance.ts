/** Where a default comes from: read off a machine or file, printed somewhere, worked out, or taken on trust. */
export const PROVENANCES = ['measured', 'published', 'computed', 'assumed'] as const
export type Provenance = (typeof PROVENANCES)[number]

/** A default figure with its origin. */
export interface Sourced {
  readonly provenance: Provenance
  readonly source: string
}
