/**
 * Threads of the tasks that are starting: they take the mmap lock of their process, work, wait for each other, and say
 * when they are done. Time passes elsewhere (simulate.ts); here is only the order of things.
 */
import type { LockWait } from './result.ts'
import { MmapLock, wantedOf } from './mmap-lock.ts'
import type { Action, Segment, ThreadPlan } from './segment.ts'

/** A process with its threads. */
export interface Process {
  readonly workload: string
  readonly lock: MmapLock<Thread>
  readonly threads: readonly Thread[]
  /** Some thread still has something to do. */
  isBusy: boolean
}

export type ThreadState = 'runnable' | 'working' | 'waiting' | 'sleeping' | 'done'

export interface Thread {
  readonly process: Process
  readonly name: string
  readonly plan: ThreadPlan
  state: ThreadState
  /** Index of the action under way. */
  at: number
  /** How much of its segment is done, 0 to 1. */
  progress: number
  /** Bytes that its segment has to read from disk, as found when it began; null before. */
  missingBytes: number | null
  wakeAtNs: number
  /** When the operations of the period under way began. */
  periodStartNs: number
  waitingSinceNs: number
  /** Who had the lock when it began to wait. */
  waitingFor: { readonly name: string; readonly label: string } | null
  heldSinceNs: number
}

/** What the threads need of the world around them. */
export interface World {
  /** Called as an operation begins; false if the machine turns it down, which ends the operation. */
  enter(process: Process, action: Extract<Action, { do: 'work' }>): boolean
  /** A segment that takes no time is done. */
  finish(process: Process, segment: Segment): void
  refused(thread: Thread, action: Extract<Action, { do: 'refused' }>): 'go-on' | 'ends'
  ready(process: Process): void
  waited(wait: Omit<LockWait, 'atS'>, sinceNs: number): void
  held(process: Process, thread: Thread, mode: 'read' | 'write', ns: number): void
}

export function newProcess(workload: string, plans: readonly ThreadPlan[], nowNs: number): Process {
  const threads: Thread[] = []
  const process: Process = { workload, lock: new MmapLock<Thread>(), threads, isBusy: true }
  for (const plan of plans)
    threads.push({
      process,
      name: plan.name,
      plan,
      state: 'runnable',
      at: 0,
      progress: 0,
      missingBytes: null,
      wakeAtNs: 0,
      periodStartNs: nowNs,
      waitingSinceNs: -1,
      waitingFor: null,
      heldSinceNs: nowNs,
    })
  return process
}

/** The segment that a thread works on. */
export function segmentOf(thread: Thread): Segment | null {
  const action = thread.plan.actions[thread.at]
  return action?.do === 'work' ? action.segment : null
}

const labelOf = (thread: Thread): string => {
  const action = thread.plan.actions[thread.at]
  return action?.do === 'work' || action?.do === 'refused' ? action.label : 'user code'
}

/** Moves every thread of a process on until each works, waits, sleeps, or is done. */
export function dispatch(process: Process, nowNs: number, world: World): void {
  // One that releases the lock lets others go on, so it takes rounds; each round ends an action at least.
  for (let moved = true; moved;) {
    moved = false
    for (const thread of process.threads) if (moveOn(thread, nowNs, world)) moved = true
  }
  process.isBusy = process.threads.some(thread => thread.state !== 'done')
}

/** Ends all threads at once: the process is gone. */
export function endThreads(process: Process): void {
  for (const thread of process.threads) {
    process.lock.release(thread)
    thread.state = 'done'
  }
}

/** The segment under way is done. */
export function completeSegment(thread: Thread, nowNs: number, world: World): void {
  const segment = segmentOf(thread)
  if (segment === null) throw new Error(`${thread.name} completes what it is not at`)
  world.finish(thread.process, segment)
  leave(thread, nowNs, world)
}

/** Gives the lock back unless the next segment keeps it. */
function leave(thread: Thread, nowNs: number, world: World): void {
  const { lock } = thread.process
  const wanted = wantedOf(segmentOf(thread)?.lock ?? 'none')
  const next = thread.plan.actions[thread.at + 1]
  const current = thread.plan.actions[thread.at]
  const sameCall = next?.do === 'work' && current?.do === 'work' && next.op === current.op
  const downgrades = sameCall && next.segment.lock === 'mmap-write-downgraded'
  if (wanted !== 'nothing') {
    world.held(thread.process, thread, wanted, nowNs - thread.heldSinceNs)
    if (downgrades) lock.downgrade(thread)
    else lock.release(thread)
  }
  thread.at++
  thread.progress = 0
  thread.missingBytes = null
  thread.state = 'runnable'
}

/** One action further; false if the thread stays where it is. */
function moveOn(thread: Thread, nowNs: number, world: World): boolean {
  if (thread.state === 'done' || thread.state === 'working') return stalls(thread, nowNs)
  if (thread.state === 'sleeping') {
    if (thread.wakeAtNs > nowNs) return false
    thread.state = 'runnable'
    thread.at++
  }
  const action = thread.plan.actions[thread.at]
  if (action === undefined) {
    thread.state = 'done'
    return true
  }
  switch (action.do) {
    case 'work':
      return begin(thread, action, nowNs, world)
    case 'refused':
      thread.at++
      if (world.refused(thread, action) === 'ends') endThreads(thread.process)
      return true
    case 'ready':
      thread.at++
      world.ready(thread.process)
      return true
    case 'sleep':
      sleep(thread, nowNs + action.seconds * 1e9)
      return true
    case 'until':
      sleep(thread, Math.max(nowNs, thread.periodStartNs + action.periodS * 1e9))
      thread.periodStartNs = thread.wakeAtNs
      return true
  }
}

function sleep(thread: Thread, wakeAtNs: number): void {
  thread.state = 'sleeping'
  thread.wakeAtNs = wakeAtNs
}

/** A thread that does nothing but fault stops between two faults when somebody else wants the lock for writing. */
function stalls(thread: Thread, nowNs: number): boolean {
  if (thread.state !== 'working') return false
  const segment = segmentOf(thread)
  if (segment?.divisible !== true || wantedOf(segment.lock) !== 'read') return false
  const blocker = thread.process.lock.blocksFault(thread)
  if (blocker === null) return false
  wait(thread, blocker, nowNs)
  return true
}

function wait(thread: Thread, blocker: Thread | null, nowNs: number): void {
  thread.state = 'waiting'
  if (thread.waitingSinceNs < 0) {
    thread.waitingSinceNs = nowNs
    thread.waitingFor =
      blocker === null
        ? null
        : { name: blocker.name, label: `${labelOf(blocker)} (${segmentOf(blocker)?.lock ?? ''})` }
  }
}

function begin(
  thread: Thread,
  action: Extract<Action, { do: 'work' }>,
  nowNs: number,
  world: World,
): boolean {
  const { segment } = action
  const { lock } = thread.process
  const wanted = wantedOf(segment.lock)
  if (wanted !== 'nothing') {
    const blocker = segment.divisible ? lock.blocksFault(thread) : lock.holder(thread)
    const has = segment.divisible ? blocker === null : lock.acquire(thread, wanted)
    if (!has) {
      const first = thread.state !== 'waiting'
      wait(thread, blocker, nowNs)
      return first
    }
  }
  if (thread.waitingSinceNs >= 0) reportWait(thread, action.label, nowNs, world)
  thread.heldSinceNs = nowNs
  if (action.entry !== null && thread.progress === 0 && !world.enter(thread.process, action)) {
    lock.release(thread)
    if (isOver(thread)) return true
    if (action.onRefusal === 'fail') endThreads(thread.process)
    else skipOperation(thread, action.op)
    return true
  }
  if (segment.cpuNs === 0 && segment.filePages.length === 0) completeSegment(thread, nowNs, world)
  else thread.state = 'working'
  return true
}

/** The refusal has ended the process. */
const isOver = (thread: Thread): boolean => thread.state === 'done'

function reportWait(thread: Thread, label: string, nowNs: number, world: World): void {
  const ns = nowNs - thread.waitingSinceNs
  if (ns > 0)
    world.waited(
      {
        workload: thread.process.workload,
        waiter: thread.name,
        waitingFor: label,
        holder: thread.waitingFor?.name ?? '',
        holding: thread.waitingFor?.label ?? '',
        ns,
      },
      thread.waitingSinceNs,
    )
  thread.waitingSinceNs = -1
  thread.waitingFor = null
}

function skipOperation(thread: Thread, op: number): void {
  const { actions } = thread.plan
  while (thread.at < actions.length) {
    const action = actions[thread.at]
    if ((action?.do !== 'work' && action?.do !== 'refused') || action.op !== op) break
    thread.at++
  }
  thread.progress = 0
  thread.state = 'runnable'
}
