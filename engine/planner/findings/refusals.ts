/** Calls that the kernel turned down: which rule, with which numbers, and what would let them pass. */
import { formatBytes } from '../../quantity.ts'
import type { Scenario } from '../../scenario.ts'
import type { Finding, RunRefusal } from '../../sim/result.ts'
import { memlockFixes, roundedLimit } from '../limit-fixes.ts'
import { finding, whoText, type FindingRule } from './rule.ts'

type Explain = (refusal: RunRefusal, scenario: Scenario) => { readonly detail: string; readonly fix: string }

const sizes = ({ askedBytes, countedBytes, limitBytes }: RunRefusal): string =>
  askedBytes === null || limitBytes === null
    ? ''
    : ` ${formatBytes(askedBytes)} were asked for, ${formatBytes(countedBytes ?? 0)} were counted already, ` +
      `the limit is ${formatBytes(limitBytes)}: it is too low by ${formatBytes(shortBy({ askedBytes, countedBytes, limitBytes }))}.`

/** By how much a limit is too low, in bytes. */
function shortBy({
  askedBytes,
  countedBytes,
  limitBytes,
}: Pick<RunRefusal, 'askedBytes' | 'countedBytes' | 'limitBytes'>): number {
  return Math.max(0, (askedBytes ?? 0) + (countedBytes ?? 0) - (limitBytes ?? 0))
}

const raiseMemlock: Explain = refusal => {
  const needed = roundedLimit((refusal.askedBytes ?? 0) + (refusal.countedBytes ?? 0))
  const places = memlockFixes(needed).map(({ title, text }) => `${title}: ${text}`)
  return {
    detail: `The memlock limit would have to be ${formatBytes(needed)}.`,
    fix: `Raise the limit to ${formatBytes(needed)}, or give the process CAP_IPC_LOCK. ${places.join('; ')}.`,
  }
}

const biggerPool: Explain = refusal => {
  const short = Math.ceil(shortBy(refusal) / 2 ** 21)
  return {
    detail: 'The pool has too few free huge pages, reservations of others left out.',
    fix: `Enlarge the pool${short > 0 ? ` by at least ${short} pages of 2 MiB` : ''}: vm.nr_hugepages for the default size, hugepagesz= and hugepages= on the kernel command line for 1 GiB.`,
  }
}

/** By the beginning of the rule's name. */
const EXPLANATIONS: readonly (readonly [beginning: string, explain: Explain])[] = [
  ['RLIMIT_MEMLOCK', raiseMemlock],
  ['hugetlb pool', biggerPool],
  [
    'overcommit',
    () => ({
      detail: 'With vm.overcommit_memory=2 the kernel promises no more than CommitLimit.',
      fix: 'Set vm.overcommit_memory to 0 or 1, raise vm.overcommit_ratio, add swap, or map with MAP_NORESERVE.',
    }),
  ],
  [
    'kernel without mlock2',
    () => ({
      detail: 'mlock2 and lock on fault came with Linux 4.4.',
      fix: 'Run Linux 4.4 or later, or lock with mlock.',
    }),
  ],
  [
    'kernel without vm-pinned',
    () => ({
      detail: 'VM_PINNED was proposed in 2014 and never merged.',
      fix: 'Ask for the change on top of the kernel: vm-pinned.',
    }),
  ],
  [
    'unknown advice',
    () => ({
      detail: 'MADV_POPULATE_READ and MADV_POPULATE_WRITE came with Linux 5.14.',
      fix: 'Run Linux 5.14 or later, or touch the pages.',
    }),
  ],
  [
    'hole in range',
    () => ({
      detail: 'Part of the range is not mapped; what lies before it may have been done.',
      fix: 'Map the whole range first.',
    }),
  ],
  [
    'no page behind the access',
    () => ({
      detail:
        'The mapping was made without a reservation, and when it was touched there was no page: SIGBUS.',
      fix: 'Enlarge the pool, or do not map with MAP_NORESERVE, so that mmap fails instead.',
    }),
  ],
]

const OTHERWISE: Explain = ({ consequence }) => ({
  detail: '',
  fix: consequence === 'task ends' ? 'Let the program go on without, or take away what is in the way.' : '',
})

export const refusedCalls: FindingRule = {
  id: 'refused',
  check: (run, scenario) =>
    firstOfEach(run.refusals).map((refusal): Finding => {
      const [, explain] = EXPLANATIONS.find(([beginning]) => refusal.rule.startsWith(beginning)) ?? []
      const { detail, fix } = (explain ?? OTHERWISE)(refusal, scenario)
      const alike = run.refusals.filter(other => key(other) === key(refusal))
      const instances = alike.reduce((sum, other) => sum + other.instances, 0)
      const who = `${whoText(refusal.workload, instances)}: ${refusal.call} is refused with ${refusal.errno}`
      return finding(
        'refused',
        refusal.consequence === 'task ends' ? 'error' : 'warning',
        refusal.workload,
        {
          title: `${who} by ${refusal.rule}`,
          detail: `${detail}${sizes(refusal)} Consequence: ${refusal.consequence}.`.trim(),
          ...(fix === '' ? {} : { fix }),
        },
        {
          ...(refusal.askedBytes === null ? {} : { askedBytes: refusal.askedBytes }),
          ...(refusal.countedBytes === null ? {} : { countedBytes: refusal.countedBytes }),
          ...(refusal.limitBytes === null
            ? {}
            : { limitBytes: refusal.limitBytes, shortBytes: shortBy(refusal) }),
          instances,
        },
      )
    }),
}

const key = ({ workload, call, rule }: RunRefusal): string => [workload, call, rule].join('\0')

/** One refusal per workload, call and rule: the first. */
function firstOfEach(refusals: readonly RunRefusal[]): RunRefusal[] {
  const seen = new Set<string>()
  return refusals.filter(refusal => !seen.has(key(refusal)) && seen.add(key(refusal)).size > 0)
}
