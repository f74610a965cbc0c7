import type { Op } from '../op.ts'
import { ParamReader, secondsParam, textParam } from '../params.ts'
import type { FileSpec } from '../program.ts'
import type { AreaNeed, ParamSpec, Params, SetupStep } from '../scenario.ts'
import { need } from './parts.ts'
import type { WorkloadKind } from './workload.ts'

/** The value of a JSON text; undefined where the text is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Texts that have to be JSON lists, with what is wrong. */
export function listProblems(specs: readonly ParamSpec[], params: Params, names: readonly string[]) {
  const reader = new ParamReader(specs, params)
  return names
    .filter(param => !Array.isArray(jsonOf(reader.text(param))))
    .map(param => ({ param, sentence: `${param} is not a JSON list` }))
}

/** Operations one after the other, each at least `gapS` after the one before it was done. */
export function opSteps(ops: readonly Op[], gapS: number): SetupStep[] {
  return ops.flatMap(op => {
    const done: SetupStep = { do: 'op', op, label: op.note ?? op.op, onRefusal: 'warn' }
    return gapS === 0 ? [done] : [done, { do: 'sleep', seconds: gapS } as const]
  })
}

const params: readonly ParamSpec[] = [
  textParam('areas', '[{"name":"memory","bytes":1073741824}]', {
    title: 'Areas',
    help: 'A list of areas: name, bytes, and if wanted backing, sharing, prot, role, file, access, as in docs/plan-format.md.',
    source: 'one area of 1 GiB',
  }),
  textParam('ops', '[{"op":"touch","on":"memory","length":1073741824,"access":"write"}]', {
    title: 'Operations',
    help: 'A list of operations on the areas, as in the replay format (docs/formats.md).',
    source: 'every page is written once',
  }),
  secondsParam('gap', 0, {
    title: 'Between operations',
    help: 'A pause after each operation.',
    source: 'none',
  }),
]

const AREA: Omit<AreaNeed, 'name' | 'bytes'> = {
  backing: 'anon',
  sharing: 'private',
  prot: 'rw',
  role: 'main',
  access: null,
}

export const generic: WorkloadKind = {
  id: 'generic',
  title: 'Any program',
  help: 'Areas and operations as you state them; strategies act on the areas first.',
  params,
  defaultStrategy: 'none',
  check: given => listProblems(params, given, ['areas', 'ops']),
  plan(context) {
    const reader = new ParamReader(params, context.params)
    const areas = jsonOf(reader.text('areas')) as (Partial<AreaNeed> & Pick<AreaNeed, 'name' | 'bytes'>)[]
    const ops = jsonOf(reader.text('ops')) as Op[]
    return need({
      areas: areas.map(area => ({ ...AREA, ...area })),
      work: opSteps(ops, reader.number('gap')),
      onLockRefusal: 'warn',
      assumptions: ['A refused operation is reported and the next one carried out.'],
    })
  },
}

const traceParams: readonly ParamSpec[] = [
  textParam('ops', '[]', {
    title: 'Operations',
    help: 'A list of operations as in the replay format (docs/formats.md), mappings included.',
    source: 'from a trace or a replay file',
  }),
  textParam('files', '{}', {
    title: 'Files',
    help: 'The files that the operations name, as in the replay format.',
    source: 'none',
  }),
  secondsParam('gap', 0, {
    title: 'Between operations',
    help: 'A pause after each operation.',
    source: 'none',
  }),
]

export const trace: WorkloadKind = {
  id: 'trace',
  title: 'Replayed trace',
  help: 'The operations of a recorded or written program, one after the other. Strategies find no memory of their own to act on, except mlockall.',
  params: traceParams,
  defaultStrategy: 'none',
  check: given => {
    const files = jsonOf(new ParamReader(traceParams, given).text('files'))
    const isObject = typeof files === 'object' && files !== null && !Array.isArray(files)
    return [
      ...listProblems(traceParams, given, ['ops']),
      ...(isObject ? [] : [{ param: 'files', sentence: 'files is not a JSON object' }]),
    ]
  },
  plan(context) {
    const reader = new ParamReader(traceParams, context.params)
    return need({
      areas: [],
      files: jsonOf(reader.text('files')) as Record<string, FileSpec>,
      work: opSteps(jsonOf(reader.text('ops')) as Op[], reader.number('gap')),
      onLockRefusal: 'warn',
      assumptions: ['Time between operations is what is stated, not what was recorded.'],
    })
  },
}
