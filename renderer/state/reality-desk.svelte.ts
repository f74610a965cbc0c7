/** Measurements of the plan on screen: what there is, the one that is looked at, the one that is being made. */
import type {
  AppEvent,
  MeasurementHead,
  Output,
  ProcessEntry,
  RealityPlace,
  RealityView,
} from '../../app/contract.ts'
import { api, ask } from '../api.ts'

export type Way = 'run' | 'follow' | 'load'
export type Tab = 'measurement' | 'fidelity'
type Live = Extract<AppEvent, { event: 'reality.live' }>

export class RealityDesk {
  place = $state.raw<RealityPlace | null>(null)
  heads = $state.raw<readonly MeasurementHead[]>([])
  view = $state.raw<RealityView | null>(null)
  /** The measurement under way, as far as it is. */
  live = $state.raw<Live | null>(null)
  fidelity = $state.raw<Output<'reality.fidelity'> | null>(null)
  processes = $state.raw<readonly ProcessEntry[]>([])
  failure = $state<string | null>(null)
  tab = $state<Tab>('measurement')
  way = $state<Way>('run')
  isLoaded = $state(false)
  isMeasuring = $state(false)
  progress = $state.raw<{ done: number; of: number | null }>({ done: 0, of: null })
  /** What a new measurement is made with; the unit is in the name. */
  seconds = $state(20)
  memoryPercent = $state(10)
  followSeconds = $state(60)
  intervalS = $state(0.5)
  children = $state(false)
  align = $state<'start' | 'growth'>('start')
  workload = $state('')
  #planId = ''
  #working: AbortController | null = null

  #isListening = false

  /** Not before the page itself listens: what a shell keeps for the first who listens is for the page. */
  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    api.subscribe(event => {
      if (event.event === 'reality.live' && event.planId === this.#planId) this.live = event
      if (event.event === 'store.changed' && event.what === 'measurements') void this.#list()
    })
  }

  /** Shows the measurements of a plan; the newest first. */
  async open(planId: string, workloads: readonly string[]): Promise<void> {
    this.#listen()
    if (!workloads.includes(this.workload)) this.workload = workloads[0] ?? ''
    if (planId === this.#planId && this.isLoaded) return this.#refresh()
    this.#planId = planId
    Object.assign(this, { view: null, live: null, fidelity: null, failure: null, isLoaded: false })
    await this.#try(async () => {
      this.place ??= await ask('reality.place', {})
      await this.#list()
      const [first] = this.heads
      if (first !== undefined) await this.show(first.id)
    })
    this.isLoaded = true
    void this.rests()
  }

  /** The plan may have changed: what is shown is compared with it anew. */
  async #refresh(): Promise<void> {
    const id = this.view?.head.id
    await this.#try(async () => {
      if (id !== undefined) this.view = await ask('reality.check', { id })
    })
    void this.rests()
  }

  async show(id: string): Promise<void> {
    this.tab = 'measurement'
    await this.#try(async () => {
      this.view = await ask('reality.check', { id })
    })
  }

  async remove(id: string): Promise<void> {
    await this.#try(async () => {
      await ask('reality.delete', { id })
      if (this.view?.head.id === id) this.view = null
    })
  }

  async move(offsetS: number): Promise<void> {
    const id = this.view?.head.id
    if (id === undefined || !Number.isFinite(offsetS)) return
    await this.#try(async () => {
      this.view = await ask('reality.align', { id, offsetS })
    })
  }

  run(): Promise<void> {
    const asked = { planId: this.#planId, seconds: this.seconds, memoryShare: this.memoryPercent / 100 }
    return this.#measure(options => ask('reality.run', asked, options))
  }

  follow(pid: number): Promise<void> {
    const asked = {
      ...{ planId: this.#planId, pid, workload: this.workload, seconds: this.followSeconds },
      ...{ intervalS: this.intervalS, children: this.children, offset: this.#offset() },
    }
    return this.#measure(options => ask('reality.follow', asked, options))
  }

  load(files: readonly { readonly name: string; readonly text: string }[]): Promise<void> {
    if (files.length === 0) return Promise.resolve()
    const asked = {
      ...{ planId: this.#planId, workload: this.workload, files: [...files] },
      ...{ intervalS: this.intervalS, offset: this.#offset() },
    }
    return this.#measure(() => ask('reality.load', asked))
  }

  /** Ends a measurement; of a process that is followed, what was seen stays. */
  stop(): void {
    this.#working?.abort()
  }

  async list(): Promise<void> {
    await this.#try(async () => {
      this.processes = await ask('reality.processes', {})
    })
  }

  async rests(): Promise<void> {
    const subject = { planId: this.#planId }
    await this.#try(async () => {
      this.fidelity = await ask('reality.fidelity', { subject })
    })
  }

  #offset(): number | 'growth' {
    return this.align === 'growth' ? 'growth' : 0
  }

  async #measure(
    make: (options: {
      signal: AbortSignal
      onProgress: (progress: { done: number; of: number | null }) => void
    }) => Promise<RealityView>,
  ): Promise<void> {
    const working = (this.#working = new AbortController())
    Object.assign(this, { isMeasuring: true, live: null, failure: null, tab: 'measurement' })
    this.progress = { done: 0, of: null }
    try {
      this.view = await make({
        signal: working.signal,
        onProgress: progress => void (this.progress = progress),
      })
    } catch (error) {
      if (!working.signal.aborted) this.failure = error instanceof Error ? error.message : String(error)
    } finally {
      Object.assign(this, { isMeasuring: false, live: null })
    }
    if (working.signal.aborted) await this.#newest()
  }

  /** What was kept of a measurement that was stopped comes a moment later. */
  async #newest(): Promise<void> {
    const before = this.heads[0]?.id
    for (let times = 0; times < 20 && this.heads[0]?.id === before; times += 1) {
      await new Promise(resolve => setTimeout(resolve, 150))
      await this.#list()
    }
    const [first] = this.heads
    if (first !== undefined && first.id !== before) await this.show(first.id)
  }

  async #list(): Promise<void> {
    const planId = this.#planId
    if (planId === '') return
    const heads = await ask('reality.list', { planId })
    if (planId === this.#planId) this.heads = heads
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      this.failure = null
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    }
  }
}

export const realityDesk = new RealityDesk()
