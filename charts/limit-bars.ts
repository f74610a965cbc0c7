/** What the inspector of limits draws and says of one process: a bar for each thing that the kernel compares. */
import type { LimitCheck, ProcessLimit } from '../engine/planner/process-limits.ts'
import { bytes, share } from './format.ts'

/** A piece of a bar. */
export interface BarPart {
  readonly name: string
  readonly bytes: number
  /** Of the width that all bars have. */
  readonly share: number
  /** Which of the six tints. */
  readonly tint: number
}

export interface LimitBar {
  readonly rule: string
  readonly title: string
  readonly bytes: number
  readonly text: string
  readonly source: string
  readonly parts: readonly BarPart[]
}

export interface LimitPicture {
  readonly bars: readonly LimitBar[]
  /** Bytes of the full width. */
  readonly widthBytes: number
  /** Where the present limit stands; null where there is none, or it is beyond the picture. */
  readonly limitShare: number | null
  /** The picture in a sentence. */
  readonly summary: string
}

export const TINTS = 6
const TITLES: Readonly<Record<string, string>> = {
  locked: 'VmLck',
  pinned: 'VmPin',
  'address space': 'VmSize',
}
/** A limit is drawn where it helps to compare: up to so many times of what is needed. */
const FARTHEST = 4

export function limitPicture(limit: ProcessLimit): LimitPicture {
  const { checks, currentBytes, neededBytes } = limit
  const most = Math.max(neededBytes, ...checks.map(check => check.bytes))
  const drawn = typeof currentBytes === 'number' && currentBytes <= most * FARTHEST ? currentBytes : 0
  const widthBytes = Math.max(most, drawn)
  return {
    bars: checks.map(check => barOf(check, widthBytes)),
    widthBytes,
    limitShare: drawn === 0 || widthBytes === 0 ? null : drawn / widthBytes,
    summary: summaryOf(limit),
  }
}

function barOf({ rule, bytes: size, text, source, parts }: LimitCheck, widthBytes: number): LimitBar {
  return {
    ...{ rule, bytes: size, text, source, title: TITLES[rule] ?? rule },
    parts: parts.map((part, at) => ({
      ...part,
      share: widthBytes === 0 ? 0 : part.bytes / widthBytes,
      tint: (at % TINTS) + 1,
    })),
  }
}

export const limitText = (limit: number | 'unlimited' | 'unset'): string =>
  typeof limit === 'string' ? limit : limit === 0 ? '0' : bytes(limit)

function summaryOf({ checks, currentBytes, neededBytes }: ProcessLimit): string {
  if (checks.length === 0) return 'Nothing of this process is compared with RLIMIT_MEMLOCK.'
  const parts = checks.map(check => `${TITLES[check.rule] ?? check.rule} ${bytes(check.bytes)}`).join(', ')
  return `${parts}; the limit is ${limitText(currentBytes)}, needed are ${limitText(neededBytes)}.`
}

/** What holds, in a sentence with its numbers. */
export function verdictText(limit: ProcessLimit): string {
  const { verdict, neededBytes, currentBytes } = limit
  if (verdict === 'not needed') return 'Nothing that it does is counted against the limit.'
  if (verdict === 'not checked')
    return `It needs ${bytes(neededBytes)}, and CAP_IPC_LOCK lifts the limit of ${limitText(currentBytes)}.`
  if (verdict === 'enough')
    return currentBytes === 'unlimited'
      ? `It needs ${bytes(neededBytes)} and has no limit.`
      : `It needs ${bytes(neededBytes)} and has ${limitText(currentBytes)}.`
  const short = typeof currentBytes === 'number' ? neededBytes - currentBytes : 0
  return `It needs ${bytes(neededBytes)} and has ${limitText(currentBytes)}: too low by ${bytes(short)}.`
}

/** How much of what it would lock is locked under the limit that it has; null where it locks nothing. */
export function lockedText({ lockedNowBytes, lockedFullBytes }: ProcessLimit): string | null {
  if (lockedFullBytes === 0) return null
  if (lockedNowBytes >= lockedFullBytes) return `All ${bytes(lockedFullBytes)} get locked.`
  if (lockedNowBytes === 0) return `None of ${bytes(lockedFullBytes)} gets locked.`
  return `${bytes(lockedNowBytes)} of ${bytes(lockedFullBytes)} get locked, ${share(lockedNowBytes / lockedFullBytes)}; the rest can be swapped or dropped.`
}
