/** Operations that people state themselves are checked as a program of the replay format, areas and files included. */
import { PROGRAM_FORMAT } from '../../engine/program.ts'
import { SCENARIO_BOUNDS, type WorkloadSpec } from '../../engine/scenario.ts'
import { withDefaults } from '../../engine/scenario.ts'
import { jsonOf } from '../../engine/workloads/generic.ts'
import { workloadNamed } from '../../engine/workloads/index.ts'
import type { Place } from '../issues.ts'
import { readProgram } from '../replay/read-program.ts'
import { readAreas } from './areas.ts'
import type { Reading } from './reader.ts'

const MACHINE = { kernel: '6.18', thp: { enabled: 'madvise' } }
const PROCESS = { rlimitMemlock: 0, capIpcLock: false }

/** Checks areas, operations and files of the kinds that take them as text. */
export function checkProgramTexts(spec: WorkloadSpec, at: Place, to: Reading): void {
  const kind = workloadNamed(spec.kind)
  if (kind === undefined || !kind.params.some(param => param.id === 'ops')) return
  const texts = withDefaults(kind.params, spec.params)
  const valueOf = (id: string): unknown => jsonOf(String(texts[id] ?? 'null'))
  const before = to.issues.count
  const areas = 'areas' in texts ? readAreas(valueOf('areas'), at.at('areas'), to) : []
  if (to.issues.count > before || areas === undefined) return
  const maps = areas.map(area => ({ op: 'mmap', as: area.name, length: area.bytes }))
  const ops = valueOf('ops') as unknown[]
  const named = areas.flatMap(({ name, backing, file, bytes }) =>
    file !== undefined || backing === 'memfd' || backing === 'file'
      ? [[file?.name ?? name, { kind: file?.kind ?? (backing === 'memfd' ? 'memfd' : 'file'), bytes }]]
      : [],
  )
  const files = { ...(Object.fromEntries(named) as object), ...((valueOf('files') as object | null) ?? {}) }
  const program = {
    format: PROGRAM_FORMAT,
    name: 'operations',
    machine: MACHINE,
    process: PROCESS,
    files,
    ops: [...maps, ...ops],
  }
  const limits = { maxOps: SCENARIO_BOUNDS.maxOpsPerTask }
  const read = readProgram(JSON.stringify(program), limits)
  if (read.ok) return
  for (const issue of read.issues) {
    const { path, message } = within(issue.path, issue.message, maps.length)
    to.issues.say(
      at.at('ops'),
      `${path}: ${message}`,
      'operations of the replay format',
      `${path}: ${message}.`,
    )
  }
}

/** Places count from the stated operations, not from the mappings that were put before them. */
function within(path: string, message: string, before: number): { path: string; message: string } {
  const moved = path.replace(/^\$\.ops\[(\d+)\]/, (_, index: string) => `ops[${Number(index) - before}]`)
  return { path: moved.replace(/^\$\./, ''), message }
}
