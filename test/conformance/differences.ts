/** Comparisons as text: what a person reads when the model and a kernel disagree. */
import { opText } from '../../engine/sim/op-text.ts'
import type { Program } from '../../engine/program.ts'
import { GROUPS, type Comparison, type Group, type Tally } from '../../formats/replay/compare.ts'

/** `step 3 mlock(a, 8K): proc.VmLck p0 is 8, the model says 12`, for the first step that differs. */
export function firstDifferences(program: Program, { differences }: Comparison, most = 6): string[] {
  const step = differences[0]?.step
  if (step === undefined) return []
  const here = differences.filter(difference => difference.step === step)
  const op = program.ops[step]
  const lines = here.slice(0, most).map(({ field, path, expected, actual }) => {
    const place = path === '' ? field : `${field} ${path}`
    return `${place} is ${JSON.stringify(expected)}, the model says ${JSON.stringify(actual)}`
  })
  if (here.length > most) lines.push(`and ${here.length - most} more in this step`)
  const later = differences.length - here.length
  if (later > 0) lines.push(`and ${later} in later steps`)
  return [`step ${step} ${op === undefined ? '' : opText(op)}`, ...lines.map(line => `  ${line}`)]
}

export interface Compared {
  readonly program: Program
  readonly comparison: Comparison
}

/** The message of a failed test: how many, and the first few with their first differing steps. */
export function disagreements(failed: readonly Compared[], most = 8): string {
  const shown = failed
    .slice(0, most)
    .flatMap(({ program, comparison }) => [
      program.name,
      ...firstDifferences(program, comparison).map(line => `  ${line}`),
    ])
  const others = failed.slice(most).map(({ program }) => program.name)
  const list = others.length === 0 ? [] : [`also: ${others.slice(0, 40).join(', ')}`]
  if (others.length > 40) list.push(`and ${others.length - 40} more`)
  return [`${failed.length} programs differ`, ...shown, ...list].join('\n')
}

export type Tallies = Record<Group, Tally>

export const noTallies = (): Tallies =>
  Object.fromEntries(GROUPS.map(group => [group, { compared: 0, matched: 0 }])) as Tallies

export function addTallies(sum: Tallies, groups: Tallies): void {
  for (const group of GROUPS) {
    sum[group].compared += groups[group].compared
    sum[group].matched += groups[group].matched
  }
}

/** `result 812/812 · faults 190/191`. */
export const talliesText = (sum: Tallies): string =>
  GROUPS.map(group => `${group} ${sum[group].matched}/${sum[group].compared}`).join(' · ')
