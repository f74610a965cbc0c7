/** The check that recorded programs share. */
import { expect } from 'vitest'
import { disagreements } from './differences.ts'
import { compareWithModel } from './live-check.ts'
import type { Recording } from './load.ts'

/** Runs recorded programs on the model; fails with what differs. */
export function expectAgreement(recordings: readonly Recording[]): void {
  const failed = recordings
    .map(({ program, observed }) => ({ program, comparison: compareWithModel(program, observed) }))
    .filter(({ comparison }) => !comparison.exact)
  if (failed.length > 0) expect.fail(disagreements(failed))
}
