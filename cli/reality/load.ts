/** What `holdfast reality load` does. */
import { basename } from 'node:path'
import { readRecordings } from '../../formats/import/recordings.ts'
import { inputName, readInput, sentenceOf } from '../read-input.ts'
import { harmless } from '../text/harmless.ts'
import type { Fail } from '../with-app.ts'
import { plannedRun, tellMeasured } from './of-plan.ts'
import type { LoadOptions } from './options.ts'

export function loadForReal(paths: readonly string[], options: LoadOptions, fail: Fail): Promise<void> {
  const planned = plannedRun(options, fail)
  if (planned === null) return Promise.resolve()
  const files = paths.map(path => {
    try {
      return { name: basename(path), text: readInput(path) }
    } catch (error) {
      return fail(`${inputName(path)}: ${sentenceOf(error)}`)
    }
  })
  const read = readRecordings(files, { workload: planned.workload, intervalS: options.interval })
  if (read.issues.length > 0 || read.samples.length === 0)
    fail(harmless(read.issues.join('\n') || 'There is nothing that was measured in it.'))
  const { samples, facts, notes } = read
  const title = files.length === 1 ? (files[0]?.name ?? 'recording') : `${files.length} files`
  const measurement = {
    ...{ title, source: 'recorded' as const, samples, facts, notes },
    ...{ events: [], stalls: [], offsetS: 0 },
  }
  tellMeasured(planned, measurement, options)
  return Promise.resolve()
}
