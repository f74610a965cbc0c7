/** What `holdfast reality follow` does: Ctrl-C ends it, and what was seen until then is compared. */
import { AppError } from '../../app/errors.ts'
import { measureProcess } from '../../app/reality/measure.ts'
import type { Fail } from '../with-app.ts'
import { plannedRun, tellMeasured } from './of-plan.ts'
import type { FollowOptions } from './options.ts'
import { sampleLine, untilInterrupted } from './progress.ts'

export async function followForReal(pid: number, options: FollowOptions, fail: Fail): Promise<void> {
  const planned = plannedRun(options, fail)
  if (planned === null) return
  const { seconds, interval, children = false } = options
  const request = {
    ...{ pid, seconds, workload: planned.workload },
    ...{ intervalS: interval, withChildren: children },
  }
  const line = sampleLine(seconds)
  try {
    const measurement = await untilInterrupted(signal =>
      measureProcess(request, { signal, onSample: line.show }),
    ).finally(line.end)
    tellMeasured(planned, measurement, options)
  } catch (error) {
    if (error instanceof AppError) fail(error.message)
    throw error
  }
}
