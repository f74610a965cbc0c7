/** One run of one program: its files, its processes, its ops, and what is observed after each of them. */
import type { Program } from '../engine/program.ts'
import { Areas } from './areas.ts'
import { ProgramFiles } from './files.ts'
import { Observer, type LiveStep } from './observe.ts'
import { drainOwnBatches } from './lru-batches.ts'
import type { PageFrames } from './page-frames.ts'
import { closeRing } from './pin.ts'
import { LiveProcess } from './process.ts'
import { CannotRun } from './refusal.ts'
import { startProcess } from './start-process.ts'
import { runStep, type Surroundings } from './steps.ts'

export interface Means {
  /** null: page frames cannot be seen. */
  readonly frames: PageFrames | null
  /** For files on disk. */
  readonly directory: string | undefined
  /** Whether the kernel's Rss counters lag behind. */
  readonly lag: boolean
  /** Forbids huge pages of private memory to the processes. */
  readonly banHugePages: boolean
}

const FIRST = 'p0'

/** Leaves nothing behind, however it ends: no process and no file. */
export function runProgram(program: Program, means: Means): LiveStep[] {
  const { files: specs, process: spec, ops } = program
  const files = new ProgramFiles(specs ?? {}, means.directory)
  const processes = new Map<string, LiveProcess>()
  try {
    const { tracee, heapBase } = startProcess(spec, files.fds, means.banHugePages)
    processes.set(FIRST, new LiveProcess(tracee))
    const areas = new Areas(ops, heapBase)
    const observer = new Observer(areas, means.frames, means.lag)
    requireEmptyStart(observer, processes)
    const hugePages = mayGetHugePages(program)
    const where: Surroundings = {
      areas,
      files,
      hugePages,
      add: (name, child) => void processes.set(name, child),
    }
    return ops.map(op => {
      const pid = op.pid ?? FIRST
      const acting = processes.get(pid)
      if (!acting?.isAlive()) throw new CannotRun('program', `The program has no process ${pid} at ${op.op}.`)
      const before = acting.faults()
      drainOwnBatches()
      const { result, touched, ownFaults } = runStep(op, acting, where)
      const after = acting.isAlive() ? acting.faults() : before
      return {
        op: op.op,
        pid,
        result,
        ...(touched === undefined ? {} : { touched }),
        minflt: after.minflt - before.minflt - (ownFaults?.minflt ?? 0),
        majflt: after.majflt - before.majflt - (ownFaults?.majflt ?? 0),
        ...observer.observe(processes),
      }
    })
  } finally {
    end(processes, files)
  }
}

function mayGetHugePages({ machine, ops }: Program): boolean {
  if (machine.hugetlb !== undefined || machine.mthp !== undefined) return true
  if (machine.thp.enabled !== 'never' || (machine.thp.shmem ?? 'never') !== 'never') return true
  return ops.some(op => op.op === 'madvise' && op.advice === 'collapse')
}

/** The youngest first: nobody is left waiting for a child. */
function end(processes: ReadonlyMap<string, LiveProcess>, files: ProgramFiles): void {
  for (const process of [...processes.values()].reverse()) {
    try {
      if (process.isAlive()) closeRing(process)
    } catch {
      // It does not react any more, and is ended all the same.
    }
    process.kill()
  }
  files.close()
}

/** A process starts with one page and nothing else; anything more would be in all the numbers. */
function requireEmptyStart(observer: Observer, processes: ReadonlyMap<string, LiveProcess>): void {
  const { VmSize, RssAnon, areas, ...rest } = observer.observe(processes).procs[FIRST] ?? { areas: {} }
  const others = Object.values(rest).some(value => value !== 0)
  if (VmSize === 4 && RssAnon === 4 && !others && Object.keys(areas).length === 1) return
  throw new CannotRun(
    'system',
    `A process could not be emptied on this kernel: VmSize ${VmSize ?? '?'}, RssAnon ${RssAnon ?? '?'} KiB.`,
  )
}
