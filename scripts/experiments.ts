/**
 * Random access under a memory cgroup, on the running kernel and on the model.
 *
 *     npm run experiments -- [--only TEXT] [--directory DIR] [--save FILE] [--curves]
 *     npm run experiments -- --recorded [FILE] [--curves]
 *
 * Prints mean and largest error of each curve in per cent, after warm-up; with `--curves`, every sample as measured
 * and as predicted. It needs root, a memory cgroup of either version and a machine without swap. `--directory` is
 * where files on a disk go. With `--recorded`, the kernel is what it was when it was recorded.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { gunzipSync, gzipSync } from 'node:zlib'
import { errorTable } from '../host/experiments/compare.ts'
import type { ExperimentRecord } from '../host/experiments/experiment.ts'
import { experiments } from '../host/experiments/list.ts'
import { CURVES, predict } from '../host/experiments/predict.ts'
import { runExperiments } from '../host/experiments/run.ts'
import { CannotRun } from '../host/refusal.ts'

const stored = join(import.meta.dirname, '../test/conformance/recorded/6.18/experiments.json.gz')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    directory: { type: 'string', default: tmpdir() },
    save: { type: 'string' },
    recorded: { type: 'boolean', default: false },
    curves: { type: 'boolean', default: false },
  },
})

async function records(): Promise<ExperimentRecord[]> {
  const isWanted = ({ name }: { readonly name: string }): boolean => name.includes(values.only)
  if (values.recorded) {
    const text = gunzipSync(readFileSync(positionals[0] ?? stored)).toString()
    return (JSON.parse(text) as ExperimentRecord[]).filter(({ experiment }) => isWanted(experiment))
  }
  return runExperiments(experiments.filter(isWanted), {
    directory: values.directory,
    onStart: ({ name }) => console.error(name),
  })
}

function printCurves({ experiment, samples }: ExperimentRecord): void {
  const predictions = predict(experiment)
  console.log(`\n${experiment.name}\naccesses ${CURVES.map(curve => `${curve} model`).join(' ')}`)
  samples.forEach((sample, i) => {
    const pairs = CURVES.map(curve => `${sample[curve]} ${(predictions[i]?.[curve] ?? 0).toFixed(0)}`)
    console.log(`${sample.accesses} ${pairs.join(' ')}`)
  })
}

try {
  const found = await records()
  if (values.save !== undefined) writeFileSync(values.save, gzipSync(JSON.stringify(found), { level: 9 }))
  console.log(errorTable(found))
  if (values.curves) found.forEach(printCurves)
} catch (error) {
  if (!(error instanceof CannotRun)) throw error
  console.log(error.message)
}
