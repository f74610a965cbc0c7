/** What is to be run for real, as plain data: it crosses to the thread that runs it. */
import type { MeasuredEvent, MeasuredStall } from '../../engine/planner/reality/measured.ts'
import type { Scenario } from '../../engine/scenario.ts'
import type { Snapshot } from '../../engine/sim/result.ts'
import type { WorkloadScript } from '../../engine/sim/workload-script.ts'

export interface RealityJob {
  /** Scaled: machine, limits and times are those of the run itself. */
  readonly scenario: Scenario
  /** What each workload does; as pairs, because maps of plain data are easier to send. */
  readonly scripts: readonly (readonly [string, WorkloadScript])[]
  /** Memory cgroup around all tasks; null: none. */
  readonly limitBytes: number | null
  /** Seconds between samples. */
  readonly sampleS: number
  /** Where files on disk go; a directory for temporary files if absent. */
  readonly directory?: string
}

/** A step that a task took longer for than a millisecond. */
export interface TimedStep {
  readonly workload: string
  readonly instance: number
  readonly thread: string
  readonly label: string
  readonly atS: number
  readonly ns: number
}

export interface RealityOutcome {
  readonly samples: readonly Snapshot[]
  readonly events: readonly MeasuredEvent[]
  readonly stalls: readonly MeasuredStall[]
  readonly steps: readonly TimedStep[]
  readonly accessesWanted: number
  readonly accessesMade: number
  /** Time of the runner itself that went into looking at the tasks. */
  readonly lookingS: number
  readonly cancelled: boolean
  /** What could not be put back; the next live run will try again. */
  readonly notRestored: readonly string[]
}

export interface RealityHooks {
  /** After each sample. */
  readonly onSample?: (sample: Snapshot) => void
  /** Asked several times a second. */
  readonly isCancelled?: () => boolean
}
