/** The changes that the running kernel has, each by the test that told. */
import { existsSync } from 'node:fs'
import { CannotRun } from '../refusal.ts'
import { closeStartImage } from '../start-process.ts'
import { ownCaller, tracedCaller, type Caller } from './caller.ts'
import { FEATURE_TESTS, LIMITED_BYTES, LIMITED_TESTS, type FeatureTest, type Tried } from './feature-tests.ts'

export interface FeatureFinding {
  /** Id of a change of `engine/kernels/changes.ts`. */
  readonly change: string
  readonly state: 'present' | 'absent' | 'untold'
  /** What was tried. */
  readonly by: string
  /** Why it could not be told; empty otherwise. */
  readonly why: string
}

export interface Features {
  readonly findings: readonly FeatureFinding[]
  /** Why no process was traced for it, in a sentence; null if one was. */
  readonly untraced: string | null
}

const THP = '/sys/kernel/mm/transparent_hugepage'

/** Tries everything. Takes some milliseconds, changes nothing, and needs no privilege. */
export function tryFeatures(): Features {
  const { caller, untraced } = freeCaller()
  try {
    const findings = FEATURE_TESTS.map(test => findingOf(test, tried(test, caller)))
    return { findings: [...findings, ...limitedFindings(untraced), mthpFinding()], untraced }
  } finally {
    caller.close()
    closeStartImage()
  }
}

/** A process with all that this user may lock. */
function freeCaller(): { readonly caller: Caller; readonly untraced: string | null } {
  try {
    return { caller: tracedCaller({ rlimitMemlock: 'unlimited' }), untraced: null }
  } catch (error) {
    return { caller: ownCaller(), untraced: sentenceOf(error) }
  }
}

function limitedFindings(untraced: string | null): FeatureFinding[] {
  const untold = (why: string): FeatureFinding[] =>
    LIMITED_TESTS.map(test => findingOf(test, { untold: why }))
  if (untraced !== null) return untold(untraced)
  let caller: Caller | undefined
  try {
    caller = tracedCaller({ rlimitMemlock: LIMITED_BYTES })
    const limited = caller
    return LIMITED_TESTS.map(test => findingOf(test, tried(test, limited)))
  } catch (error) {
    return untold(sentenceOf(error))
  } finally {
    caller?.close()
  }
}

function tried(test: FeatureTest, caller: Caller): Tried {
  try {
    return test.run(caller)
  } catch (error) {
    return { untold: sentenceOf(error) }
  }
}

/** What a refusal says; anything else is a fault of ours. */
function sentenceOf(error: unknown): string {
  if (error instanceof CannotRun || (error instanceof Error && 'syscall' in error)) return error.message
  throw error
}

/** Sizes of folios have folders of their own. A kernel built without huge pages has none, whatever its release. */
function mthpFinding(): FeatureFinding {
  const test = { change: 'mthp', by: `the folder hugepages-64kB of ${THP}` }
  if (!existsSync(THP))
    return { ...test, state: 'untold', why: 'the kernel is built without transparent huge pages' }
  return { ...test, state: existsSync(`${THP}/hugepages-64kB`) ? 'present' : 'absent', why: '' }
}

function findingOf({ change, by }: FeatureTest, found: Tried): FeatureFinding {
  if (typeof found === 'boolean') return { change, by, state: found ? 'present' : 'absent', why: '' }
  return { change, by, state: 'untold', why: found.untold }
}
