/** How long the report of a large plan takes: the runs behind it, and each file that is made of them. */
import { describe, expect, test } from 'vitest'
import { pdfOf } from '../../app/report/pdf.ts'
import { htmlOf } from '../../formats/export/html/page.ts'
import { exportOf, jsonText } from '../../formats/export/json/write.ts'
import { markdownOf } from '../../formats/export/markdown.ts'
import { buildReport } from '../../formats/export/report/build.ts'
import { subjectOf } from '../support/reports.ts'

/** Two hundred guests of four sizes, each with a row of its own. */
const guests = Array.from({ length: 200 }, (_, at) => ({
  name: `guest-${String(at).padStart(3, '0')}`,
  kind: 'qemu-guest',
  params: { ram: `${8 + (at % 4) * 2} GiB`, vcpus: 4, memLock: 'on' },
  start: `${2 * at} s`,
  limits: { memlock: 'unlimited' },
}))
const plan = {
  format: 'holdfast-plan/1',
  name: 'Two hundred guests',
  machine: { preset: 'turin-3t' },
  workloads: guests,
  horizon: '30 min',
  sample: '10 s',
}
const started = performance.now()
// One variant is no comparison: what is measured is the plan itself.
const subject = await subjectOf(plan, 'workloads[*].params.memLock=on')
const gatheredMs = performance.now() - started

const { report, input } = subject

async function timed(
  what: string,
  make: () => string | Uint8Array | object | Promise<Uint8Array>,
): Promise<void> {
  const times: number[] = []
  let made: string | Uint8Array | object = ''
  for (let round = 0; round < 5; round++) {
    const started = performance.now()
    made = await make()
    times.push(performance.now() - started)
  }
  const size = made instanceof Uint8Array ? made.byteLength : typeof made === 'string' ? made.length : 0
  const sorted = times.toSorted((a, b) => a - b)
  console.log(
    `${what}: first ${(times[0] ?? 0).toFixed(0)} ms, median ${(sorted[2] ?? 0).toFixed(0)} ms${size > 0 ? `, ${(size / 1024).toFixed(0)} KiB` : ''}`,
  )
}

describe('a report of 200 guests', () => {
  test('runs, and every file that is made of them', async () => {
    console.log(`run and limits: ${gatheredMs.toFixed(0)} ms on one thread`)
    await timed('report as data', () => buildReport(input))
    await timed('HTML', () => htmlOf(report))
    await timed('Markdown', () => markdownOf(report))
    await timed('PDF', () => pdfOf(report))
    await timed('JSON with all curves', () => jsonText(exportOf(subject)))
    expect(report.meta.holds).toBe(true)
  }, 600_000)
})
