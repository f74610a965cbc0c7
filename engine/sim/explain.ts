/** Why the figures of a run are what they are: formula, inputs with value and source, rule, how far to trust it. */
import { PAGE_SIZE } from '../units.ts'
import { curveFigure, HOST_FIGURES, WORKLOAD_FIGURES, type FigureKind, type InputId } from './figures.ts'
import type { Explanation, RunResult } from './result.ts'
import type { Run } from './run.ts'
import type { TaskGroup } from './task-group.ts'

type Input = Explanation['inputs'][number]
type Result = Omit<RunResult, 'explanations'>
type Workload = RunResult['workloads'][number]

/** What one access costs that finds its page in memory, in a large working set: a TLB miss and a cache miss. Assumed. */
export const PLAIN_ACCESS_NS = 100

/**
 * An explanation for every figure: `host.<field>`, `<workload>.<field>` of the summaries, and `<scope>/<curve>` of the
 * curves.
 */
export function explanationsOf(run: Run, result: Result): Explanation[] {
  const host = Object.entries(HOST_FIGURES).map(([field, kind]) => explain(run, `host.${field}`, kind, null))
  const workloads = result.workloads.flatMap(workload =>
    Object.entries(WORKLOAD_FIGURES).map(([field, kind]) =>
      explain(run, `${workload.workload}.${field}`, kind, workload),
    ),
  )
  const curves = result.series.flatMap(({ scope, name }) => {
    const kind = curveFigure(name)
    const workload = result.workloads.find(each => each.workload === scope) ?? null
    return kind === undefined ? [] : [explain(run, `${scope}/${name}`, kind, workload)]
  })
  return [...host, ...workloads, ...curves]
}

function explain(run: Run, figure: string, kind: FigureKind, workload: Workload | null): Explanation {
  const { formula, rule, trust } = kind
  return { figure, formula, rule, trust, inputs: kind.inputs.flatMap(id => inputOf(run, id, workload)) }
}

const bytes = (name: string, value: number, source: string): Input => ({ name, value, unit: 'bytes', source })
const count = (name: string, value: number, source: string): Input => ({ name, value, unit: 'count', source })

function inputOf(run: Run, id: InputId, workload: Workload | null): Input[] {
  const find = INPUTS[id]
  const group = workload === null ? undefined : run.groups.find(g => g.spec.name === workload.workload)
  const input = find({ run, workload, group })
  return input === null ? [] : [input]
}

interface Found {
  readonly run: Run
  readonly workload: Workload | null
  readonly group: TaskGroup | undefined
}

const PROFILE = 'machine profile'

const INPUTS: Readonly<Record<InputId, (found: Found) => Input | null>> = {
  ramBytes: ({ run }) => bytes('installed RAM', run.scenario.machine.ramBytes, PROFILE),
  memTotal: ({ run }) =>
    bytes('MemTotal', run.host.memory.totalPages * PAGE_SIZE, 'computed from installed RAM'),
  pools: ({ run }) => bytes('hugetlb pools', run.host.memory.poolPages * PAGE_SIZE, PROFILE),
  reserve: ({ run }) => bytes('host reserve', run.host.memory.reservePages * PAGE_SIZE, PROFILE),
  high: ({ run }) =>
    bytes(
      'high watermarks',
      run.host.memory.marks.highPages * PAGE_SIZE,
      `computed: min_free_kbytes ${run.host.memory.minFreeKib}, __setup_per_zone_wmarks()`,
    ),
  swap: ({ run }) => bytes('SwapTotal', run.host.space.slots * PAGE_SIZE, PROFILE),
  swappiness: ({ run }) => count('vm.swappiness', run.scenario.machine.swappiness, PROFILE),
  overcommitRatio: ({ run }) => ({
    name: 'vm.overcommit_ratio',
    value: run.scenario.machine.overcommit.ratioPercent,
    unit: '%',
    source: PROFILE,
  }),
  costs: ({ run }) => ({ name: 'cost table', value: run.costs.id, unit: '', source: run.costs.source }),
  costsError: ({ run }) => ({
    name: 'error of the table, 95th percentile',
    value: run.costs.residuals.looP95Error * 100,
    unit: '%',
    source: 'rows left out of the fit and predicted',
  }),
  lockedPerTask: ({ group }) =>
    group === undefined
      ? null
      : bytes('VmLck of one task', group.counters.lockedVm * PAGE_SIZE, 'model of the kernel'),
  tasks: ({ group }) =>
    group === undefined ? null : count('tasks', group.instances, 'plan, less those that ended'),
  faults: ({ workload }) =>
    workload === null ? null : count('faults', workload.faultsAfterReady, 'populations'),
  majorFaults: ({ workload }) =>
    workload === null ? null : count('major faults', workload.majorFaultsAfterReady, 'populations'),
  plainAccess: () => ({ name: 'plain access', value: PLAIN_ACCESS_NS, unit: 'ns', source: 'assumed' }),
}
