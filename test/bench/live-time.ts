/** How long the running kernel takes for a program: the clock runs while an operation does, and not in between. */
import type { Program } from '../../engine/program.ts'
import { Areas } from '../../host/areas.ts'
import { uninterrupted } from '../../host/cpu.ts'
import { ProgramFiles } from '../../host/files.ts'
import { MachineLock } from '../../host/machine-lock.ts'
import { LiveProcess } from '../../host/process.ts'
import { CannotRun } from '../../host/refusal.ts'
import { Settings } from '../../host/settings.ts'
import { closeStartImage, startProcess } from '../../host/start-process.ts'
import { runStep } from '../../host/steps.ts'

const WAIT_MS = 60_000

/**
 * Lets `work` measure programs on this machine, whose settings are put back afterwards. Where that cannot be, says why.
 * `milliseconds` is the time of all operations of a program together: making the process and its end are not in it;
 * stopping and starting the process at each operation, some 10 µs, is.
 */
export function measureLive<T>(
  work: (milliseconds: (program: Program) => number) => T,
): { readonly measured: T } | { readonly skipped: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { skipped: `programs run live on Linux on x86-64; this is ${process.platform} on ${process.arch}` }
  if (process.geteuid?.() !== 0) return { skipped: 'settings of huge pages need root' }
  try {
    const lock = MachineLock.acquire(WAIT_MS)
    const settings = new Settings(lock)
    try {
      return { measured: work(program => onceMs(program, settings)) }
    } finally {
      const left = settings.restore()
      if (left.length > 0) console.error(`These settings could not be restored: ${left.join(', ')}.`)
      closeStartImage()
      lock.release()
    }
  } catch (error) {
    if (error instanceof CannotRun) return { skipped: error.message }
    throw error
  }
}

function onceMs(program: Program, settings: Settings): number {
  const { banHugePages } = settings.apply(program)
  return uninterrupted(() => {
    const files = new ProgramFiles(program.files ?? {}, undefined)
    try {
      const { tracee, heapBase } = startProcess(program.process, files.fds, banHugePages)
      const live = new LiveProcess(tracee)
      try {
        return operationsMs(program, live, files, heapBase)
      } finally {
        live.kill()
      }
    } finally {
      files.close()
    }
  })
}

function operationsMs(program: Program, live: LiveProcess, files: ProgramFiles, heapBase: bigint): number {
  const areas = new Areas(program.ops, heapBase)
  const where = { areas, files, hugePages: false, add: () => {} }
  let ms = 0
  for (const op of program.ops) {
    const start = performance.now()
    const { result } = runStep(op, live, where)
    ms += performance.now() - start
    if (result !== 0) throw new CannotRun('system', `${program.name}: ${op.op} came to ${result}`)
  }
  return ms
}
