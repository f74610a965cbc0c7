/** A trace of strace: its calls of memory as operations, which the model carries out again. */
import { trace } from '../../engine/workloads/generic.ts'
import { MIB } from '../../engine/quantity.ts'
import type { WorkloadSpec } from '../../engine/scenario.ts'
import { textOf } from './decode.ts'
import { nameFor } from './guest-import.ts'
import {
  MOST_CHARACTERS_OF_A_TRACE,
  type Importer,
  type ImportOptions,
  type ImportResult,
} from './importer.ts'
import { Notes, refused } from './notes.ts'
import { callsOf, isCallLine } from './strace/calls.ts'
import { Recorder } from './strace/recorder.ts'

/** Longer text is refused by plans. */
const MOST_CHARACTERS_OF_OPS = 1_000_000
const USUAL_MEMLOCK_BYTES = 8 * MIB

export const strace: Importer = {
  id: 'strace',
  title: 'strace of memory calls',
  yields: ['ops', 'workloads'],
  maxCharacters: MOST_CHARACTERS_OF_A_TRACE,
  recognises: head => head.split('\n', 200).some(isCallLine),
  read: (input, options = {}) => readTrace(textOf(input), options),
}

function readTrace(text: string, { fileName = '' }: ImportOptions): ImportResult {
  const notes = new Notes()
  const recorder = new Recorder(notes)
  let calls = 0
  for (const call of callsOf(text)) {
    calls++
    recorder.take(call)
    if (recorder.full) break
  }
  const { ops, files } = recorder
  if (ops.length === 0)
    return refused({
      path: '',
      found: `${calls} calls`,
      allowed: 'calls of mmap, mlock, madvise and others of memory',
      sentence: 'No call in this trace is about memory.',
    })
  notes.taken('', `${ops.length} operations of ${calls} calls.`)
  notes.assumed('', 'A trace shows no access to memory: what the program touches is not in it.')
  if (recorder.unknownPlaces > 0)
    notes.ignored(
      '',
      `${recorder.unknownPlaces} calls are about addresses that no call of this trace mapped.`,
    )
  if (recorder.full) notes.ignored('', `It is read up to ${ops.length} operations.`)
  const workload: WorkloadSpec = {
    name: nameFor(fileName.replace(/\.\w{1,8}$/, ''), 'trace'),
    kind: trace.id,
    params: { ops: JSON.stringify(ops), files: JSON.stringify(files) },
    count: 1,
    startS: 0,
    staggerS: 0,
    stopS: null,
    strategy: trace.defaultStrategy,
    strategyParams: {},
    limits: { memlockBytes: USUAL_MEMLOCK_BYTES, capIpcLock: false },
    memcg: { maxBytes: null, highBytes: null, swapMaxBytes: null },
    oomScoreAdj: 0,
  }
  const fits = String(workload.params['ops']).length <= MOST_CHARACTERS_OF_OPS
  if (!fits)
    notes.notUnderstood(
      '',
      'The operations are too many for a workload of a plan; they are listed all the same.',
    )
  return { ok: true, ops: { ops, files }, ...(fits ? { workloads: [workload] } : {}), notes: notes.list() }
}
