/** What a field edits: the plan on screen, or a machine under the pen. */
import type { Issue } from '../../app/contract.ts'
import type { Path } from './document.ts'

export interface Editable {
  /** What is written at a place; undefined where nothing is. */
  value: (path: Path) => unknown
  /** Mistakes at a place or inside it. */
  issuesAt: (path: Path) => readonly Issue[]
  /** Edits of one gesture are one step of undo. */
  set: (path: Path, value: unknown, label: string, gesture?: string) => void
  /** It can be looked at and not changed. */
  readonly isFixed?: boolean
}
