import { formatBytesExactly, type LimitBytes } from '../../quantity.ts'
import type { GuestFacts } from './guest.ts'

/** One line of a sum, which explains itself. */
export interface LimitLine {
  readonly label: string
  /** What the line adds, in bytes; negative where it takes away. */
  readonly bytes: number
  /** The formula with the numbers that went into it. */
  readonly rule: string
  /** Where the formula comes from. */
  readonly source: string
}

/** What one system sets and reserves for a guest. */
export interface LimitAnswer {
  readonly id: string
  readonly title: string
  /** RLIMIT_MEMLOCK in bytes. `unset`: the system leaves the limit that the process inherits. */
  readonly memlockBytes: LimitBytes | 'unset'
  /** The sum that makes up the limit; empty if it is no sum. */
  readonly memlockLines: readonly LimitLine[]
  /** Memory that the system reserves or requests for the guest, in bytes, where it has such a figure. */
  readonly memoryBytes?: number
  /** The sum that makes up `memoryBytes`. */
  readonly lines: readonly LimitLine[]
  /** Other figures, as sentences: thread counts, pages, checks. */
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
}

/** A constant of a system that differs between its versions or that its administrator sets. */
export interface LimitSetting {
  readonly id: string
  readonly title: string
  readonly source: string
  readonly default: string | number
  /** What may be chosen, newest first; absent for a number. */
  readonly choices?: readonly string[]
}

export type SettingValues = Readonly<Record<string, string | number>>

/** The rule of one system. */
export interface LimitRule {
  readonly id: string
  readonly title: string
  readonly versionSettings: readonly LimitSetting[]
  compute: (guest: GuestFacts, settings?: SettingValues) => LimitAnswer
}

/** The number that a setting has: as given, or its default. */
export function numberOf(setting: LimitSetting, values: SettingValues | undefined): number {
  const value = Number(values?.[setting.id] ?? setting.default)
  return Number.isFinite(value) && value >= 0 ? value : Number(setting.default)
}

/** The choice that a setting has: as given if it is one of the choices, or its default. */
export function choiceOf(setting: LimitSetting, values: SettingValues | undefined): string {
  const value = String(values?.[setting.id] ?? setting.default)
  return setting.choices?.includes(value) === true ? value : String(setting.default)
}

/** The sum of lines, in bytes. */
export function total(lines: readonly LimitLine[]): number {
  return lines.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Builds the lines of one source; a line of 0 bytes is left out. */
export function linesOf(source: string, rows: readonly (readonly [string, number, string])[]): LimitLine[] {
  return rows
    .filter(([, bytes]) => bytes !== 0)
    .map(([label, bytes, rule]) => ({ label, bytes, rule, source }))
}

/** An amount for the text of a formula. */
export const show = formatBytesExactly
