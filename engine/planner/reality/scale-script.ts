/** The operations of a task on memory that is smaller by a factor. Pages stay pages: only how many there are changes. */
import type { Op } from '../../op.ts'
import type { AccessPattern, AreaNeed, SetupStep, TaskEvent, WorkloadNeed } from '../../scenario.ts'
import { mappedBytes, type TaskScript } from '../../sim/script.ts'
import type { WorkloadScript } from '../../sim/workload-script.ts'

export interface ScaleBy {
  /** Memory is divided by it; 1 or more. */
  readonly factor: number
  /** Time is divided by it; 1 or more. */
  readonly timeFactor: number
  /** Accesses a second are multiplied by it. */
  readonly rateFactor: number
}

const PAGE = 4096
const HUGE = 2 * 2 ** 20

const unitOf = (area: AreaNeed | undefined): number =>
  area?.backing.startsWith('hugetlb') === true ? HUGE : PAGE

/** A script and the need behind it, scaled. */
export function scaleScript({ need, script }: WorkloadScript, by: ScaleBy): WorkloadScript {
  const areas = script.areas.map(area => scaleArea(area, by))
  const scaler = new Scaler(script.areas, areas, by.factor)
  const files = Object.fromEntries(
    Object.entries(script.files).map(([name, file]) => {
      const behind = areas.find(area => area.file?.name === name || area.name === name)
      const bytes = behind === undefined ? scaleBytes(file.bytes, by.factor, PAGE) : mappedBytes(behind)
      return [name, { ...file, bytes }]
    }),
  )
  const threads = script.threads.map(thread => ({
    ...thread,
    steps: thread.steps.map(step => scaleStep(step, scaler, by)),
  }))
  const events = need.events.map(event => scaleEvent(event, scaler, by))
  const scaledNeed: WorkloadNeed = { ...need, areas, events, files }
  const scaledScript: TaskScript = { files, threads, areas }
  return { need: scaledNeed, script: scaledScript }
}

/** Whole units, and at least one of what was not empty. */
export function scaleBytes(bytes: number, factor: number, unit: number): number {
  return bytes === 0 ? 0 : Math.max(1, Math.round(bytes / factor / unit)) * unit
}

function scaleArea(area: AreaNeed, { factor, rateFactor }: ScaleBy): AreaNeed {
  const unit = unitOf(area)
  const access: AccessPattern | null =
    area.access === null ? null : { ...area.access, ratePerS: area.access.ratePerS * rateFactor }
  const pieces = area.lockPieces?.map(end => scaleBytes(end, factor, unit))
  return {
    ...area,
    bytes: scaleBytes(mappedBytes(area), factor, unit),
    access,
    ...(pieces === undefined ? {} : { lockPieces: pieces }),
  }
}

function scaleStep(step: SetupStep, scaler: Scaler, { factor, timeFactor }: ScaleBy): SetupStep {
  switch (step.do) {
    case 'op':
      return { ...step, op: scaler.op(step.op) }
    case 'sleep':
      return { ...step, seconds: step.seconds / timeFactor }
    case 'read':
      return { ...step, bytes: scaleBytes(step.bytes, factor, PAGE) }
    case 'repeat': // the same pieces, fewer of them
      return { ...step, times: Math.max(1, Math.floor(step.times / factor)) }
    case 'ready':
      return step
  }
}

function scaleEvent(event: TaskEvent, scaler: Scaler, { timeFactor }: ScaleBy): TaskEvent {
  return { ...event, atS: event.atS / timeFactor, ops: event.ops.map(op => scaler.op(op)) }
}

class Scaler {
  readonly #before: ReadonlyMap<string, AreaNeed>
  readonly #after: ReadonlyMap<string, AreaNeed>
  readonly #factor: number

  constructor(before: readonly AreaNeed[], after: readonly AreaNeed[], factor: number) {
    const byName = (areas: readonly AreaNeed[]): Map<string, AreaNeed> =>
      new Map(
        areas.flatMap(area => [[area.name, area] as const, [area.file?.name ?? area.name, area] as const]),
      )
    this.#before = byName(before)
    this.#after = byName(after)
    this.#factor = factor
  }

  /** Operations on areas that the workload does not state (a buffer of its own) stay as they are. */
  op(op: Op): Op {
    const name = placeOf(op)
    const before = name === undefined ? undefined : this.#before.get(name)
    const after = name === undefined ? undefined : this.#after.get(name)
    if (before === undefined || after === undefined || !('length' in op)) return op
    const unit = unitOf(after)
    const whole = mappedBytes(after)
    const from = 'offset' in op ? Number(op.offset ?? 0) : 0
    const length = Number(op.length)
    const start = Math.min(this.#at(from, before, whole, unit), Math.max(0, whole - unit))
    const end = Math.max(start + Math.min(unit, length), this.#at(from + length, before, whole, unit))
    return { ...op, ...('offset' in op ? { offset: start } : {}), length: end - start }
  }

  /** A border of the area before, where it lies in the scaled one: the end stays the end. */
  #at(bytes: number, before: AreaNeed, whole: number, unit: number): number {
    if (bytes >= mappedBytes(before)) return whole
    return Math.min(whole, Math.round(bytes / this.#factor / unit) * unit)
  }
}

/** The area or the file that an operation acts on. */
function placeOf(op: Op): string | undefined {
  if (op.op === 'mmap') return op.as ?? op.on
  if ('on' in op) return op.on
  return 'file' in op ? op.file : undefined
}
