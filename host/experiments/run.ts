/** Runs experiments on the running kernel, one after the other, and puts the machine back at the end. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Journal, recoverJournals } from '../journal.ts'
import { PAGE_CLUSTER, readKnob, writeKnob } from '../knobs.ts'
import { MachineLock } from '../machine-lock.ts'
import { MemoryCgroup } from '../memory-cgroup.ts'
import { CannotRun } from '../refusal.ts'
import { parseSmaps } from '../smaps.ts'
import { ZramSwap } from '../zram-swap.ts'
import { makeDataFile, makeSwapFile } from './disk-file.ts'
import type { Experiment, ExperimentRecord, ExperimentSample } from './experiment.ts'

const PAGE = 4096
const KIB_PER_PAGE = 4
const THP = '/sys/kernel/mm/transparent_hugepage/enabled'
const toucher = join(import.meta.dirname, 'toucher.ts')

export interface ExperimentOptions {
  /** Where files on disk go. */
  readonly directory: string
  readonly waitMs?: number
  /** Told before each experiment. */
  readonly onStart?: (experiment: Experiment) => void
}

/** Needs root, a memory cgroup and no other swap; throws CannotRun with the sentence that says so. */
export async function runExperiments(
  experiments: readonly Experiment[],
  options: ExperimentOptions,
): Promise<ExperimentRecord[]> {
  if (process.platform !== 'linux') throw new CannotRun('platform', 'Experiments run on Linux.')
  if (process.geteuid?.() !== 0)
    throw new CannotRun('privilege', 'Experiments make a memory cgroup and a swap device, which needs root.')
  const lock = MachineLock.acquire(options.waitMs ?? 60_000)
  try {
    recoverJournals(lock)
    const records: ExperimentRecord[] = []
    for (const experiment of experiments) {
      options.onStart?.(experiment)
      records.push({ experiment, samples: await runOne(lock, experiment, options.directory) })
    }
    return records
  } finally {
    lock.release()
  }
}

async function runOne(
  lock: MachineLock,
  experiment: Experiment,
  directory: string,
): Promise<ExperimentSample[]> {
  const journal = new Journal(lock)
  let samples: ExperimentSample[]
  try {
    samples = await withMachine(journal, experiment, directory)
  } catch (error) {
    journal.close()
    throw error
  }
  const failed = journal.close()
  if (failed.length > 0) throw new CannotRun('system', `Not put back: ${failed.join(', ')}.`)
  return samples
}

async function withMachine(
  journal: Journal,
  experiment: Experiment,
  directory: string,
): Promise<ExperimentSample[]> {
  set(journal, PAGE_CLUSTER, String(experiment.pageCluster))
  set(journal, THP, 'never')
  const swapBytes = experiment.areaPages * PAGE * 3
  if (experiment.swap === 'zram') new ZramSwap(() => journal).on(swapBytes)
  else makeSwapFile(journal, directory, swapBytes)
  const files =
    experiment.backing === 'file' ? [makeDataFile(journal, directory, experiment.areaPages * PAGE)] : []
  const group = new MemoryCgroup(journal, experiment.limitPages)
  const child = spawn(process.execPath, [toucher, JSON.stringify(experiment), ...files], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    return await observe(child, group, experiment)
  } finally {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
}

function set(journal: Journal, path: string, value: string): void {
  const original = readKnob(path)
  if (original === undefined || original === value) return
  journal.record({ kind: 'write', path, value: original })
  writeKnob(path, value)
}

/** Answers the toucher, and looks at it each time before doing so. */
async function observe(
  child: ChildProcess,
  group: MemoryCgroup,
  experiment: Experiment,
): Promise<ExperimentSample[]> {
  const { pid, stdin, stdout } = child
  if (pid === undefined || stdin === null || stdout === null)
    throw new CannotRun('system', 'The process that touches memory cannot be started.')
  const samples: ExperimentSample[] = []
  let area: AreaRange = { start: 0, end: 0 }
  let base: Counters | undefined
  for await (const line of createInterface({ input: stdout })) {
    const [word, value] = line.split(' ')
    if (word === 'ready') {
      const start = Number(value)
      area = { start, end: start + experiment.areaPages * PAGE }
      group.add(pid)
    } else {
      base ??= countersOf(pid)
      samples.push(sampleOf(pid, area, group, samples.length * experiment.accessesPerSample, base))
    }
    stdin.write('go\n')
  }
  if (child.exitCode === null) await once(child, 'exit')
  if (child.exitCode !== 0) throw new CannotRun('system', 'The process that touches memory was ended.')
  return samples
}

interface AreaRange {
  readonly start: number
  readonly end: number
}

interface Counters {
  readonly minorFaults: number
  readonly majorFaults: number
  readonly swapInPages: number
  readonly swapOutPages: number
  readonly refaultPages: number
  readonly refaultActivatedPages: number
}

/** Of the process, since it started, and of the machine. */
function countersOf(pid: number): Counters {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 10)
  const vmstat = readFileSync('/proc/vmstat', 'latin1')
  const of = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(vmstat)?.[1] ?? 0)
  return {
    minorFaults: Number(words[7]),
    majorFaults: Number(words[9]),
    swapInPages: of('pswpin'),
    swapOutPages: of('pswpout'),
    refaultPages: of('workingset_refault_anon') + of('workingset_refault_file'),
    refaultActivatedPages: of('workingset_activate_anon') + of('workingset_activate_file'),
  }
}

/** KiB of the area's mappings, of which locks can make several. */
function areaNumbers(pid: number, area: AreaRange): Record<'Rss' | 'Swap' | 'Locked', number> {
  const sum = { Rss: 0, Swap: 0, Locked: 0 }
  for (const entry of parseSmaps(readFileSync(`/proc/${pid}/smaps`, 'latin1'))) {
    if (entry.start < area.start || entry.end > area.end) continue
    for (const name of ['Rss', 'Swap', 'Locked'] as const) sum[name] += entry.sizes[name] ?? 0
  }
  return sum
}

function sampleOf(
  pid: number,
  area: AreaRange,
  group: MemoryCgroup,
  accesses: number,
  base: Counters,
): ExperimentSample {
  const now = countersOf(pid)
  const { Rss, Swap, Locked } = areaNumbers(pid, area)
  return {
    accesses,
    residentPages: Rss / KIB_PER_PAGE,
    swappedPages: Swap / KIB_PER_PAGE,
    lockedPages: Locked / KIB_PER_PAGE,
    ...group.numbers(),
    minorFaults: now.minorFaults - base.minorFaults,
    majorFaults: now.majorFaults - base.majorFaults,
    swapInPages: now.swapInPages - base.swapInPages,
    swapOutPages: now.swapOutPages - base.swapOutPages,
    refaultPages: now.refaultPages - base.refaultPages,
    refaultActivatedPages: now.refaultActivatedPages - base.refaultActivatedPages,
  }
}
