/**
 * Follows a living process: status and stat at each sample, smaps_rollup as often as it may cost. It only reads. That it
 * is still the same process is seen from its start time, because numbers of processes are used again.
 */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { release } from 'node:os'
import type { MeasuredEvent, MeasuredFacts } from '../../engine/planner/reality/measured.ts'
import type { Snapshot } from '../../engine/sim/result.ts'
import { readKnob } from '../knobs.ts'
import { CannotRun } from '../refusal.ts'
import {
  MeminfoReader,
  numbersOf,
  rollupOf,
  snapshotAt,
  STATUS_NUMBERS,
  statOf,
  taskSnapshot,
} from './look.ts'
import { requireLinux } from './machine.ts'

export interface FollowRequest {
  readonly pid: number
  /** Of the plan: what its samples are called. */
  readonly workload: string
  readonly seconds: number
  readonly intervalS: number
  /** Children, and theirs, are followed as further instances. */
  readonly withChildren?: boolean
}

export interface FollowHooks {
  readonly onSample?: (sample: Snapshot) => void
  readonly signal?: AbortSignal | undefined
}

export interface Followed {
  readonly samples: readonly Snapshot[]
  readonly events: readonly MeasuredEvent[]
  readonly facts: MeasuredFacts
  readonly notes: readonly string[]
  readonly name: string
  /** What one look at smaps_rollup took at most. */
  readonly rollupMs: number
}

/** smaps_rollup may take so much of the time. */
const ROLLUP_SHARE = 0.02
const MOST_PROCESSES = 64

/** Until the time is over, the process has ended, or the signal is raised: whatever was seen until then comes back. */
export async function followProcess(request: FollowRequest, hooks: FollowHooks = {}): Promise<Followed> {
  requireLinux()
  const follower = new Follower(request)
  try {
    const beganMs = performance.now()
    for (let i = 0; ; i++) {
      const dueMs = beganMs + i * request.intervalS * 1000
      const waitMs = dueMs - performance.now()
      if (waitMs > 0)
        await sleep(waitMs, undefined, hooks.signal === undefined ? {} : { signal: hooks.signal }).catch(
          () => undefined,
        )
      if (hooks.signal?.aborted === true) break
      const atS = (performance.now() - beganMs) / 1000
      const sample = follower.look(atS)
      if (sample === null) break
      hooks.onSample?.(sample)
      if (atS >= request.seconds) break
    }
    return follower.result()
  } finally {
    follower.close()
  }
}

class Follower {
  readonly #request: FollowRequest
  readonly #startTicks: number
  readonly #name: string
  readonly #meminfo = new MeminfoReader()
  readonly #samples: Snapshot[] = []
  readonly #events: MeasuredEvent[] = []
  readonly #notes: string[] = []
  readonly #facts: MeasuredFacts
  readonly #rollups = new Map<number, Record<string, number>>()
  #rollupMs = 0
  #longestMs = 0
  #firstMs = performance.now()

  constructor(request: FollowRequest) {
    this.#request = request
    const { pid } = request
    const status = textOf(pid, 'status')
    if (status === null)
      throw new CannotRun(
        'program',
        `There is no process ${pid}: it has ended, or the number is another one.`,
      )
    if (!/^VmRSS:/m.test(status))
      throw new CannotRun(
        'program',
        `Process ${pid} has no memory of its own: it is a thread of the kernel, or about to end.`,
      )
    this.#name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? ''
    this.#startTicks = statOf(textOf(pid, 'stat') ?? '').startTicks
    this.#facts = factsOf(pid, status)
    if (!this.#mayRollup(pid))
      this.#notes.push(
        `smaps_rollup of process ${pid} may not be read (it belongs to somebody else; root or CAP_SYS_PTRACE may): how much of the locked memory is resident is not known. status shows the rest.`,
      )
  }

  /** null once the process is gone. */
  look(atS: number): Snapshot | null {
    const { pid, workload, withChildren = false } = this.#request
    const stat = textOf(pid, 'stat')
    if (stat === null || statOf(stat).startTicks !== this.#startTicks || /^[ZX]/.test(statOf(stat).state)) {
      const reused = stat !== null && statOf(stat).startTicks !== this.#startTicks
      const text = reused
        ? `process ${pid} has ended, and its number belongs to another one now`
        : `process ${pid} has ended`
      this.#events.push({ atS, kind: 'stop', workload, instance: 0, text })
      return null
    }
    const pids = withChildren ? familyOf(pid) : [pid]
    const tasks = pids.flatMap((each, instance) => {
      const status = this.#numbers(each)
      return status === null ? [] : [taskSnapshot({ workload, instance, state: 'running', status })]
    })
    const sample = snapshotAt(atS, this.#meminfo.numbers(), tasks)
    this.#samples.push(sample)
    return sample
  }

  result(): Followed {
    const notes = [...this.#notes]
    if (this.#longestMs > 0)
      notes.push(
        `Reading smaps_rollup took ${this.#longestMs.toFixed(1)} ms at most: the kernel walks all page tables of the process, under its mmap lock for reading.`,
      )
    return {
      samples: this.#samples,
      events: this.#events,
      facts: this.#facts,
      notes,
      name: this.#name,
      rollupMs: this.#longestMs,
    }
  }

  close(): void {
    this.#meminfo.close()
  }

  #numbers(pid: number): Record<string, number> | null {
    const status = textOf(pid, 'status')
    const stat = textOf(pid, 'stat')
    if (status === null || stat === null) return null
    const { minflt, majflt } = statOf(stat)
    return { ...numbersOf(status, STATUS_NUMBERS), ...this.#rollup(pid), minflt, majflt }
  }

  #rollup(pid: number): Record<string, number> {
    const known = this.#rollups.get(pid)
    const elapsedMs = performance.now() - this.#firstMs
    if (known !== undefined && this.#rollupMs > ROLLUP_SHARE * elapsedMs) return known
    const beganMs = performance.now()
    try {
      const { Locked, AnonHugePages } = rollupOf(pid)
      const found = {
        ...(Locked === undefined ? {} : { Locked }),
        ...(AnonHugePages === undefined ? {} : { AnonHugePages }),
      }
      this.#rollups.set(pid, found)
      return found
    } catch {
      return {}
    } finally {
      const tookMs = performance.now() - beganMs
      this.#rollupMs += tookMs
      this.#longestMs = Math.max(this.#longestMs, tookMs)
    }
  }

  #mayRollup(pid: number): boolean {
    try {
      rollupOf(pid)
      return true
    } catch {
      return false
    }
  }
}

/** null where it is gone. A file that may not be read says so in its own words. */
function textOf(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES')
      throw new CannotRun(
        'privilege',
        `/proc/${pid}/${name} may not be read: process ${pid} belongs to somebody else.`,
      )
    return null
  }
}

/** The process and its descendants, as the kernel lists children of each thread. */
function familyOf(pid: number): number[] {
  const all = [pid]
  for (let i = 0; i < all.length && all.length < MOST_PROCESSES; i++) {
    const path = `/proc/${all[i]}/task/${all[i]}/children`
    const children = existsSync(path) ? readText(path) : ''
    for (const child of children.split(' ')) if (/^\d+$/.test(child)) all.push(Number(child))
  }
  return all.slice(0, MOST_PROCESSES)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function factsOf(pid: number, status: string): MeasuredFacts {
  const meminfo = numbersOf(readText('/proc/meminfo'), ['MemTotal', 'SwapTotal'])
  const [, soft] = /^Max locked memory\s+(\S+)/m.exec(readText(`/proc/${pid}/limits`)) ?? []
  const caps = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`)
  const memoryMaxBytes = memoryMaxOf(pid)
  const thp = readKnob('/sys/kernel/mm/transparent_hugepage/enabled')
  return {
    ...hostFacts(),
    ...(thp === undefined ? {} : { thp }),
    ramBytes: (meminfo['MemTotal'] ?? 0) * 1024,
    swapBytes: (meminfo['SwapTotal'] ?? 0) * 1024,
    capIpcLock: ((caps >> 14n) & 1n) === 1n,
    ...(soft === undefined
      ? {}
      : { memlockBytes: soft === 'unlimited' ? ('unlimited' as const) : Number(soft) }),
    ...(memoryMaxBytes === undefined ? {} : { memoryMaxBytes }),
  }
}

/** Of the running machine. */
export function hostFacts(): MeasuredFacts {
  const lru = readKnob('/sys/kernel/mm/lru_gen/enabled')
  return {
    kernel: release(),
    swappiness: Number(readKnob('/proc/sys/vm/swappiness') ?? 60),
    pageCluster: Number(readKnob('/proc/sys/vm/page-cluster') ?? 3),
    lruGen: lru !== undefined && !/^(?:0x0000|n)$/.test(lru),
  }
}

/** Lines like `0::/user.slice` (version 2) or `9:memory:/docker/ab` (version 1); undefined where it cannot be told. */
function memoryMaxOf(pid: number): number | null | undefined {
  const groups = readText(`/proc/${pid}/cgroup`)
  const v2 = /^0::(\/.*)$/m.exec(groups)?.[1]
  const v1 = /^\d+:(?:[\w,]*,)?memory(?:,[\w,]*)?:(\/.*)$/m.exec(groups)?.[1]
  const candidates = [
    ...(v2 === undefined ? [] : [`/sys/fs/cgroup${v2}/memory.max`]),
    ...(v1 === undefined ? [] : [`/sys/fs/cgroup/memory${v1}/memory.limit_in_bytes`]),
  ]
  for (const path of candidates) {
    const text = readText(path).trim()
    if (text === 'max') return null
    if (/^\d+$/.test(text)) return Number(text) > 2 ** 60 ? null : Number(text)
  }
  return undefined
}
