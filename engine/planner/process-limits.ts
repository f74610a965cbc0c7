/** The RLIMIT_MEMLOCK that each process of a scenario needs, by the kernel's own rules, and how to set it. */
import type { Op } from '../op.ts'
import type { LimitBytes } from '../quantity.ts'
import type { Scenario, WorkloadSpec } from '../scenario.ts'
import { VM_LOCKED, VM_PINNED, type Vma } from '../mm/mm-types.ts'
import { DEFAULT_COSTS } from '../sim/default-costs.ts'
import type { Exemplar } from '../sim/exemplar.ts'
import { RunState } from '../sim/run-state.ts'
import type { TaskGroup } from '../sim/task-group.ts'
import { alignUp, PAGE_SIZE } from '../units.ts'
import { guestFacts } from './guest-facts.ts'
import { memlockFixes, type LimitFix } from './limit-fixes.ts'
import type { GuestFacts } from './limits/guest.ts'
import { computeLimits } from './limits/index.ts'
import type { LimitAnswer } from './limits/rule.ts'

/** One thing that the kernel compares with the limit. */
export interface LimitCheck {
  readonly rule: string
  readonly bytes: number
  readonly text: string
  readonly source: string
  /** What makes it up, by area of the process, the largest first; what no area names is the last. */
  readonly parts: readonly { readonly name: string; readonly bytes: number }[]
}

export interface ProcessLimit {
  readonly workload: string
  readonly strategy: string
  readonly currentBytes: LimitBytes
  readonly capIpcLock: boolean
  /** The least limit, in whole pages, under which nothing is refused for it. 0: nothing counts. */
  readonly neededBytes: number
  /** What makes it up. */
  readonly checks: readonly LimitCheck[]
  /** Locked under the present limit, of what would be locked without one. */
  readonly lockedNowBytes: number
  readonly lockedFullBytes: number
  readonly verdict: 'not needed' | 'enough' | 'not checked' | 'too low'
  readonly sentence: string
  /** Where to set it, if it is too low. */
  readonly fixes: readonly LimitFix[]
  /** What other systems would set for it, if it is a guest. */
  readonly systems: readonly LimitAnswer[]
  /** The guest as those systems see it; null where it is none. */
  readonly guest: GuestFacts | null
}

export function processLimits(scenario: Scenario): ProcessLimit[] {
  return scenario.workloads.map(spec => processLimit(scenario, spec))
}

function processLimit(scenario: Scenario, spec: WorkloadSpec): ProcessLimit {
  const free = alone(scenario, spec, 'unlimited')
  const now = alone(scenario, spec, spec.limits.memlockBytes, spec.limits.capIpcLock)
  const neededBytes = leastLimit(scenario, spec, free)
  const { memlockBytes: currentBytes, capIpcLock } = spec.limits
  const enough = currentBytes === 'unlimited' || currentBytes >= neededBytes
  const verdict =
    neededBytes === 0 ? 'not needed' : enough ? 'enough' : capIpcLock ? 'not checked' : 'too low'
  const guest = guestFacts(spec)
  return {
    workload: spec.name,
    strategy: spec.strategy,
    currentBytes,
    capIpcLock,
    neededBytes,
    checks: checksOf(free),
    lockedNowBytes: now.exemplar.counters.lockedVm * PAGE_SIZE,
    lockedFullBytes: free.exemplar.counters.lockedVm * PAGE_SIZE,
    verdict,
    sentence: SENTENCES[verdict],
    fixes:
      verdict === 'too low'
        ? memlockFixes(neededBytes).filter(({ id }) => id !== 'libvirt' || guest !== null)
        : [],
    systems: guest === null ? [] : computeLimits(guest),
    guest,
  }
}

const SENTENCES: Readonly<Record<ProcessLimit['verdict'], string>> = {
  'not needed': 'Nothing that it does is counted against the limit.',
  enough: 'The limit is high enough.',
  'not checked': 'The limit is too low, but CAP_IPC_LOCK lifts it.',
  'too low': 'The limit is too low.',
}

/** One instance by itself under a limit: its operations carried out by the model of the kernel. */
function alone(
  scenario: Scenario,
  spec: WorkloadSpec,
  memlockBytes: LimitBytes,
  capIpcLock = false,
): TaskGroup {
  const only = { ...spec, count: 1, staggerS: 0, limits: { memlockBytes, capIpcLock } }
  const [group] = new RunState({ ...scenario, workloads: [only] }, DEFAULT_COSTS).groups
  if (group === undefined) throw new Error(`${spec.name}: no task`)
  return group
}

const isRefused = (group: TaskGroup): boolean =>
  group.plans.some(({ actions }) =>
    actions.some(action => action.do === 'refused' && action.refusal.rule.startsWith('RLIMIT_MEMLOCK')),
  )

/** By halving: the model itself says from which limit on nothing is refused. */
function leastLimit(scenario: Scenario, spec: WorkloadSpec, free: TaskGroup): number {
  const passes = (pages: number): boolean => !isRefused(alone(scenario, spec, pages * PAGE_SIZE))
  if (passes(0)) return 0
  const { totalVm, lockedVm, pinnedVm } = free.exemplar.counters
  let low = 0
  // Ranges that are locked or pinned again count again on some kernels.
  let high = totalVm + lockedVm + pinnedVm + 1
  while (!passes(high)) {
    low = high
    high *= 2
    if (high > 2 ** 40) throw new Error(`${spec.name}: refused under every limit`)
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (passes(middle)) high = middle
    else low = middle
  }
  return alignUp(high * PAGE_SIZE, PAGE_SIZE)
}

function checksOf({ exemplar }: TaskGroup): LimitCheck[] {
  const { totalVm, lockedVm, pinnedVm } = exemplar.counters
  const ops: readonly Op[] = exemplar.script.threads.flatMap(({ steps }) =>
    steps.flatMap(step => (step.do === 'op' ? [step.op] : [])),
  )
  const parts = (counts: (vma: Vma) => boolean, total: number): LimitCheck['parts'] =>
    partsOf(exemplar, counts, total * PAGE_SIZE)
  const locksAll = ops.some(op => op.op === 'mlockall' && op.flags.includes('current'))
  const checks: LimitCheck[] = [
    {
      rule: 'locked',
      bytes: lockedVm * PAGE_SIZE,
      text: 'VmLck: whole ranges of mlock, mlock2 and MAP_LOCKED, absent pages too',
      source: 'do_mlock(), mm/mlock.c',
      parts: parts(vma => (vma.flags & VM_LOCKED) !== 0, lockedVm),
    },
    {
      rule: 'pinned',
      bytes: pinnedVm * PAGE_SIZE,
      text: 'VmPin: a counter of its own, compared with the same limit by itself',
      source: 'ib_umem_get(), drivers/infiniband/core/umem.c',
      parts: parts(vma => (vma.flags & VM_PINNED) !== 0, pinnedVm),
    },
    {
      rule: 'address space',
      bytes: locksAll ? totalVm * PAGE_SIZE : 0,
      text: 'VmSize: mlockall(MCL_CURRENT) compares all of the address space, huge pages too',
      source: 'SYSCALL_DEFINE1(mlockall), mm/mlock.c',
      parts: parts(() => true, totalVm),
    },
  ]
  return checks.filter(({ bytes }) => bytes > 0)
}

/** Bytes of address space that count, by area; what lies in none of them, or counts several times, is the rest. */
function partsOf(exemplar: Exemplar, counts: (vma: Vma) => boolean, totalBytes: number): LimitCheck['parts'] {
  const vmas = exemplar.replay.kernel.tasks[0]?.mm.vmas ?? []
  const named = exemplar.script.areas.map(({ name }) => {
    const window = exemplar.windowOf(name)
    const inside = vmas.filter(
      vma => window !== undefined && vma.start >= window.low && vma.end <= window.high && counts(vma),
    )
    return { name, bytes: inside.reduce((sum, { start, end }) => sum + end - start, 0) * PAGE_SIZE }
  })
  const rest = totalBytes - named.reduce((sum, { bytes }) => sum + bytes, 0)
  return [...named.toSorted((a, b) => b.bytes - a.bytes), { name: 'everything else', bytes: rest }].filter(
    ({ bytes }) => bytes > 0,
  )
}
