import type { Program } from '../engine/program.ts'
import { LiveSession, type LiveOptions, type LiveResult } from './live-session.ts'

/**
 * Runs one program on the running kernel. For many programs open a {@link LiveSession}: it does not put settings back
 * in between.
 */
export function runLive(program: Program, options: LiveOptions = {}): LiveResult {
  const opened = LiveSession.open(options)
  if (!opened.ok) return opened
  const result = opened.session.run(program)
  const failed = opened.session.close()
  if (!result.ok || failed.length === 0) return result
  return {
    ...result,
    notes: [...result.notes, `These settings could not be restored: ${failed.join(', ')}.`],
  }
}
