/** One instance of a workload as a real process: its threads, its events, its accesses. */
import { closeSync, writeSync } from 'node:fs'
import type { MeasuredEvent, MeasuredStall } from '../../engine/planner/reality/measured.ts'
import type { Op } from '../../engine/op.ts'
import type { TaskEvent, WorkloadSpec } from '../../engine/scenario.ts'
import type { WorkloadScript } from '../../engine/sim/workload-script.ts'
import { Areas } from '../areas.ts'
import type { ProgramFiles } from '../files.ts'
import { checked, libc } from '../libc.ts'
import { closeRing } from '../pin.ts'
import { LiveProcess } from '../process.ts'
import { CannotRun } from '../refusal.ts'
import { setMemlockLimit, startProcess } from '../start-process.ts'
import type { Surroundings } from '../steps.ts'
import { MAP_SHARED, PROT_BITS, SYS } from '../system-calls.ts'
import { RUNTIME_BASE, Tracee, wait } from '../tracee.ts'
import { AccessList } from './access-list.ts'
import { Agent, itemsOf, type Came, type Item } from './agent.ts'
import type { TimedStep } from './job.ts'

/** Accesses in one list, and where it lies in the address space of a task. */
const MOST_IN_LIST = 16_384
const LIST = BigInt(RUNTIME_BASE) + 0x4000_0000n
export const LIST_BYTES = MOST_IN_LIST * 8
/** A list is made when so much time has gone by since the last one. */
const LIST_EVERY_S = 0.01
const MFD_CLOEXEC = 1
const HUGE = 2 * 2 ** 20
const UNLIMITED = 2n ** 64n - 1n

export type TaskState = 'waiting' | 'starting' | 'running' | 'failed' | 'killed' | 'stopped'

/** What a task tells: events and how long its steps took. */
export interface TaskWitness {
  readonly event: (event: MeasuredEvent) => void
  readonly step: (step: TimedStep) => void
}

interface Thread {
  readonly name: string
  readonly agent: Agent
  readonly items: Iterator<Item>
  item: Item | null
  beganS: number
  roundBeganS: number
  untilS: number
  isOver: boolean
  /** Whether its operation began before the task was ready: what it waits for then is set-up. */
  beganInSetUp: boolean
  /** Further agents that do parts of the same operation. */
  helpers: readonly Agent[]
  failed: Came
}

export interface LiveTaskSpec {
  readonly spec: WorkloadSpec
  readonly instance: number
  readonly startS: number
  readonly scripted: WorkloadScript
  readonly seed: number
}

export class LiveTask {
  readonly spec: WorkloadSpec
  readonly instance: number
  readonly startS: number
  readonly process: LiveProcess
  state: TaskState = 'waiting'
  readyAtS: number | null = null
  accessesWanted = 0
  accessesMade = 0
  readonly #witness: TaskWitness
  readonly #where: Surroundings
  readonly #threads: Thread[] = []
  readonly #extra: Agent[] = []
  readonly #events: TaskEvent[]
  readonly #list: AccessList
  readonly #listFd: number
  readonly #words = new Uint32Array(2 * MOST_IN_LIST)
  readonly #pending: { op: Op; label: string }[] = []
  readonly #skipped = new Set<string>()
  #accessing: number | null = null
  #listedS = 0
  #stall: MeasuredStall | null = null
  #hasList = false

  /** Starts the process; it does nothing until {@link advance} finds its time come. */
  constructor(given: LiveTaskSpec, files: ProgramFiles, witness: TaskWitness) {
    const { spec, instance, startS, scripted, seed } = given
    Object.assign(this, { spec, instance, startS })
    this.spec = spec
    this.instance = instance
    this.startS = startS
    this.#witness = witness
    const { script, need } = scripted
    this.#events = [...need.events]
    this.#listFd = checked('memfd_create', libc().memfd_create('holdfast-list', MFD_CLOEXEC))
    const { limits } = spec
    const memlock = limits.memlockBytes === 'unlimited' ? ('unlimited' as const) : limits.memlockBytes
    const started = startProcess(
      { rlimitMemlock: memlock, capIpcLock: limits.capIpcLock },
      [...files.fds, this.#listFd],
      false,
    )
    this.process = new LiveProcess(started.tracee)
    if (memlock === 'unlimited' && !limits.capIpcLock) liftLimit(started.tracee.pid)
    const ops = script.threads.flatMap(({ steps }) =>
      steps.flatMap(step => (step.do === 'op' ? [step.op] : step.do === 'repeat' ? step.ops : [])),
    )
    const largest = Math.max(HUGE, ...script.areas.map(({ bytes }) => bytes))
    const window = 2 ** Math.ceil(Math.log2(2 * largest + HUGE))
    const areas = new Areas([...ops, ...need.events.flatMap(event => event.ops)], started.heapBase, window)
    this.#where = { areas, files, hugePages: false, add: () => undefined }
    this.#list = new AccessList(script.areas, name => Number(areas.address(name, 0)), seed)
    script.threads.forEach((thread, i) => {
      const tracee = i === 0 ? started.tracee : this.#clone(started.tracee)
      this.#threads.push(this.#thread(thread.name, tracee, itemsOf(thread.steps)))
    })
  }

  get isAlive(): boolean {
    return this.state === 'waiting' || this.state === 'starting' || this.state === 'running'
  }

  get stall(): MeasuredStall | null {
    return this.#stall
  }

  /** Whether a thread works on something. */
  get isBusy(): boolean {
    return this.#threads.some(({ agent, helpers }) => agent.isBusy || helpers.some(each => each.isBusy))
  }

  /** Takes everything a step further that can be; never waits. `now` is seconds since the run began. */
  advance(now: () => number): void {
    const nowS = now()
    if (this.state === 'waiting') {
      if (nowS < this.startS) return
      this.state = 'starting'
      this.#tell('start', nowS, 'starts')
    }
    const { stopS } = this.spec
    if (stopS !== null && nowS >= stopS) {
      this.#tell('stop', nowS, 'ends as planned')
      return this.end('stopped')
    }
    for (const thread of this.#threads) {
      if (!this.isAlive) return
      this.#advanceThread(thread, now)
    }
    if (this.state === 'running') this.#dueEvents(now())
  }

  /** Ends the process, whatever it does. */
  end(state: TaskState): void {
    if (!this.isAlive) return
    this.state = state
    try {
      if (!this.isBusy) closeRing(this.process)
    } catch {
      // It does not answer any more, and is ended all the same.
    }
    killAll(this.process, [
      ...this.#threads.slice(1).map(({ agent }) => agent.tracee.pid),
      ...this.#extra.map(({ tracee }) => tracee.pid),
    ])
    closeSync(this.#listFd)
  }

  #thread(name: string, tracee: Tracee, items: Iterator<Item>): Thread {
    const agent = new Agent(tracee, this.process, this.#where)
    const times = { beganS: 0, roundBeganS: -1, untilS: 0 }
    return {
      ...{ name, agent, items, item: null, helpers: [], failed: 0, isOver: false, beganInSetUp: false },
      ...times,
    }
  }

  #clone(main: Tracee): Tracee {
    const made = main.thread()
    if (made instanceof Tracee) return made
    throw new CannotRun('system', `A thread cannot be started: errno ${made}.`)
  }

  #advanceThread(thread: Thread, now: () => number): void {
    // Short operations follow each other at once.
    for (let i = 0; i < 64 && this.isAlive; i++) {
      const nowS = now()
      if (thread.agent.isBusy || thread.helpers.length > 0) {
        const came = this.#pollAll(thread)
        if (came === null) return
        this.#finished(thread, came, nowS)
        continue
      }
      if (thread.isOver) {
        if (thread === this.#threads[0]) this.#idle(thread, nowS)
        return
      }
      if (nowS < thread.untilS) return
      const next = thread.items.next()
      if (next.done === true) {
        thread.isOver = true
        continue
      }
      this.#take(thread, next.value, nowS)
    }
  }

  #take(thread: Thread, item: Item, nowS: number): void {
    switch (item.do) {
      case 'sleep':
        thread.untilS = nowS + item.seconds
        return
      case 'round':
        thread.untilS = Math.max(nowS, thread.roundBeganS + item.periodS)
        thread.roundBeganS = -1
        return
      case 'ready':
        this.state = 'running'
        this.readyAtS = nowS
        this.#tell('ready', nowS, `ready ${(nowS - this.startS).toPrecision(4)} s after its start`)
        return
      case 'op':
        if (item.group !== undefined && this.#skipped.has(item.group)) return
        if (thread.roundBeganS < 0) thread.roundBeganS = nowS
        thread.item = item
        thread.beganS = performance.now() / 1000
        this.#begin(thread, item.op, item.threads ?? 1)
    }
  }

  /** One operation, by several threads where it is to be. */
  #begin(thread: Thread, op: Op, threads: number): void {
    const parts = threads > 1 ? partsOf(op, threads) : [op]
    thread.failed = 0
    thread.beganInSetUp = this.state === 'starting'
    while (this.#extra.length < parts.length - 1)
      this.#extra.push(new Agent(this.#clone(thread.agent.tracee), this.process, this.#where))
    thread.helpers = this.#extra.slice(0, parts.length - 1)
    thread.agent.begin(parts[0] ?? op)
    thread.helpers.forEach((helper, i) => helper.begin(parts[i + 1] ?? op))
  }

  #pollAll(thread: Thread): Came | null {
    for (const agent of [thread.agent, ...thread.helpers]) {
      if (!agent.isBusy) continue
      const came = agent.poll()
      if (came !== null && came !== 0) thread.failed = came
    }
    if (thread.agent.isBusy || thread.helpers.some(each => each.isBusy)) return null
    thread.helpers = []
    return thread.failed
  }

  #finished(thread: Thread, came: Came, nowS: number): void {
    thread.failed = 0
    if (came === 'gone') {
      this.#tell('killed', nowS, 'ended by the kernel: out of memory')
      return this.end('killed')
    }
    if (this.#accessing !== null && thread === this.#threads[0]) {
      this.accessesMade += this.#accessing
      this.#accessing = null
      return
    }
    const { item } = thread
    thread.item = null
    if (item?.do !== 'op') return
    const label = item.label ?? item.op.op
    this.#timed(thread, label, nowS)
    if (came === 0) return
    this.#tell('refused', nowS, `${label}: ${came}`)
    if (item.onRefusal === 'skip-group' && item.group !== undefined) this.#skipped.add(item.group)
    if (item.onRefusal !== 'fail') return
    this.#tell('failed', nowS, `${label}: ${came}`)
    this.end('failed')
  }

  #timed(thread: Thread, label: string, nowS: number): void {
    const ns = (performance.now() / 1000 - thread.beganS) * 1e9
    const isOther = thread !== this.#threads[0]
    if (isOther && thread.beganInSetUp && ns > (this.#stall?.longestNs ?? 0))
      this.#stall = { workload: this.spec.name, thread: thread.name, longestNs: ns }
    if (ns < 1e6) return
    const { spec, instance } = this
    this.#witness.step({
      workload: spec.name,
      instance,
      thread: thread.name,
      label,
      atS: nowS - ns / 1e9,
      ns,
    })
  }

  #dueEvents(nowS: number): void {
    const [event] = this.#events
    if (event === undefined || nowS < this.startS + event.atS) return
    this.#events.shift()
    this.#tell('event', nowS, event.label)
    for (const op of event.ops) this.#pending.push({ op, label: event.label })
  }

  /** The main thread has done its steps: what events ask for, then accesses. */
  #idle(thread: Thread, nowS: number): void {
    const pending = this.#pending.shift()
    if (pending !== undefined) {
      const item: Item = { do: 'op', onRefusal: 'warn', ...pending }
      return this.#take(thread, item, nowS)
    }
    if (this.state !== 'running' || this.#list.ratePerS === 0) return
    if (!this.#hasList) {
      this.#mapList(thread.agent.tracee)
      this.#listedS = nowS
      return
    }
    const elapsedS = nowS - this.#listedS
    if (elapsedS < LIST_EVERY_S) return
    this.#listedS = nowS
    const wanted = Math.round(elapsedS * this.#list.ratePerS)
    this.accessesWanted += wanted
    const count = Math.min(wanted, MOST_IN_LIST)
    if (count === 0) return
    this.#list.fill(this.#words, count)
    writeSync(this.#listFd, this.#words, 0, count * 8, 0)
    this.#accessing = count
    thread.agent.beginList(LIST, LIST + BigInt(count * 8))
  }

  /** The list is shared memory that we write and the task reads; it is kept out of its locks. */
  #mapList(tracee: Tracee): void {
    writeSync(this.#listFd, this.#words, 0, LIST_BYTES, 0)
    const bytes = BigInt(LIST_BYTES)
    const { value } = tracee.call(
      ...([
        SYS.mmap,
        LIST,
        bytes,
        BigInt(PROT_BITS.r),
        BigInt(MAP_SHARED | 0x10),
        BigInt(this.#listFd),
        0n,
      ] as const),
    )
    if (value !== LIST) {
      // No room within its limit: it runs without accesses, which shows in what it was to make.
      this.#listedS = Infinity
      return
    }
    tracee.call(SYS.munlock, LIST, bytes)
    this.#hasList = true
  }

  /** Bytes of the list that the process has mapped: resident, and none of its own. */
  get ownBytes(): number {
    return this.#hasList ? LIST_BYTES : 0
  }

  #tell(kind: MeasuredEvent['kind'], atS: number, text: string): void {
    this.#witness.event({ atS, kind, workload: this.spec.name, instance: this.instance, text })
  }
}

/** Unlimited, where that may be given; else the hard limit, which it has already. */
function liftLimit(pid: number): void {
  try {
    setMemlockLimit(pid, UNLIMITED)
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error
  }
}

/** A range cut into equal parts of whole pages, for the operations that act on ranges. */
function partsOf(op: Op, threads: number): Op[] {
  if (!('length' in op) || !('on' in op)) return [op]
  const whole = Number(op.length)
  const unit = whole >= 2 * HUGE ? HUGE : Math.max(4096, op.op === 'touch' ? (op.stride ?? 4096) : 4096)
  const pages = Math.floor(whole / unit)
  const from = Number(op.offset ?? 0)
  const n = Math.max(1, Math.min(threads, pages))
  return Array.from({ length: n }, (_, i) => {
    const start = Math.floor((pages * i) / n) * unit
    const end = i === n - 1 ? whole : Math.floor((pages * (i + 1)) / n) * unit
    return { ...op, offset: from + start, length: end - start }
  })
}

/** Ends a process and takes the status of each of its threads away, the main one last. */
function killAll(process: LiveProcess, others: readonly number[]): void {
  try {
    globalThis.process.kill(process.tracee.pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
  for (const thread of others) {
    try {
      wait(thread)
    } catch {
      // Taken away with the process.
    }
  }
  process.kill()
}
