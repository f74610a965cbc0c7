/** Programs for the running kernel, and a run that skips the test, with the reason, where this machine cannot. */
import { readFileSync } from 'node:fs'
import type { TestContext } from 'vitest'
import type { Op } from '../../engine/op.ts'
import { PROGRAM_FORMAT, type Machine, type Program } from '../../engine/program.ts'
import {
  runLive,
  type LiveObserved,
  type LiveReason,
  type LiveResult,
  type LiveVma,
} from '../../host/index.ts'

const machine: Machine = {
  kernel: '6.18',
  pageSize: 4096,
  ramBytes: 16 * 2 ** 30,
  swapBytes: 0,
  faultAroundBytes: 65536,
  thp: { enabled: 'never', defrag: 'madvise', shmem: 'never', zeroPage: true },
}

type Changes = Partial<Pick<Program, 'process' | 'files'>> & { machine?: Partial<Machine> }

/** One small process within a limit of 1 MiB, on a machine without huge pages and swap, unless `changes` say so. */
export const programOf = (ops: readonly Op[], changes: Changes = {}): Program => ({
  format: PROGRAM_FORMAT,
  name: 'test',
  process: { rlimitMemlock: 2 ** 20, capIpcLock: false },
  ...changes,
  machine: { ...machine, ...changes.machine },
  ops,
})

/** What depends on the machine and not on the code. */
const excuses: readonly LiveReason[] = ['platform', 'busy', 'privilege', 'setting', 'device', 'disturbed']

/** The document, or a skipped test that says why. */
export function documentOf(context: TestContext, result: LiveResult): LiveObserved {
  if (result.ok) return result.observed
  if (excuses.includes(result.reason)) context.skip(result.sentence)
  throw new Error(`${result.reason}: ${result.sentence}`)
}

export const live = (context: TestContext, program: Program): LiveObserved =>
  documentOf(context, runLive(program))

export const vmasOf = (observed: LiveObserved, step: number, area: string, process = 'p0'): LiveVma[] =>
  observed.steps[step]?.procs[process]?.areas[area] ?? []

const THP = '/sys/kernel/mm/transparent_hugepage/'
const settings = [
  `${THP}enabled`,
  `${THP}defrag`,
  `${THP}shmem_enabled`,
  `${THP}use_zero_page`,
  `${THP}hugepages-64kB/enabled`,
  `${THP}khugepaged/pages_to_scan`,
  `${THP}khugepaged/scan_sleep_millisecs`,
  `${THP}khugepaged/max_ptes_none`,
  '/proc/sys/vm/nr_hugepages',
  '/proc/sys/vm/nr_overcommit_hugepages',
  '/proc/swaps',
  '/sys/block/zram0/disksize',
]

/** Every setting that live runs change, as the kernel prints it. */
export const settingsNow = (): Record<string, string> =>
  Object.fromEntries(
    settings.map(path => {
      try {
        return [path, readFileSync(path, 'latin1')]
      } catch {
        return [path, 'not there']
      }
    }),
  )
