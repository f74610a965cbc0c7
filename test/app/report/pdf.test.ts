import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isLacking } from '../../../app/report/fonts.ts'
import { measured, pngOf } from '../../../app/report/png.ts'
import { pdfOf } from '../../../app/report/pdf.ts'
import { chosenScene } from '../../../formats/export/chart-files.ts'
import { tablesOf } from '../../../formats/export/report/document.ts'
import { HOSTILE, subjectOf, templateDocument } from '../../support/reports.ts'

const missing = spawnSync('pdftotext', ['-v']).error === undefined ? null : 'no pdftotext on this machine'
const reason = missing === null ? '' : ` (skipped: ${missing})`

/** The text of a PDF, page by page, as another program reads it. */
function pagesOf(pdf: Uint8Array): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pdf-'))
  try {
    writeFileSync(join(folder, 'x.pdf'), pdf)
    const { stdout, status } = spawnSync('pdftotext', ['-layout', join(folder, 'x.pdf'), '-'], {
      encoding: 'utf8',
    })
    expect(status).toBe(0)
    return stdout.split('\f').slice(0, -1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const { report } = await subjectOf(templateDocument('model-server'))
const pdf = await pdfOf(report)
const raw = Buffer.from(pdf).toString('latin1')

describe('a report as PDF', () => {
  it('is tagged, has bookmarks, and says what it is', () => {
    expect(raw.startsWith('%PDF-1.7')).toBe(true)
    for (const mark of ['/StructTreeRoot', '/Marked true', '/Outlines', '/Lang']) expect(raw).toContain(mark)
  })

  it('is the same file when it is made again', async () => {
    expect(Buffer.from(await pdfOf(report)).equals(Buffer.from(pdf))).toBe(true)
  })

  it('is of the paper that was asked for', async () => {
    const letter = Buffer.from(await pdfOf(report, { paper: 'letter' })).toString('latin1')
    expect(raw).toContain('[0 0 595.28 841.89]')
    expect(letter).toContain('[0 0 612 792]')
  })

  it.skipIf(missing !== null)(`carries plan, date, version, kernel and number on every page${reason}`, () => {
    const pages = pagesOf(pdf)
    expect(pages.length).toBeGreaterThan(5)
    pages.forEach((page, at) => {
      expect(page).toContain('Model server: Llama 70B')
      expect(page).toMatch(/Linux 6\.18 on .* plan data of 2026-11-28 · Holdfast model \d/)
      expect(page).toContain(`${at + 1} of ${pages.length}`)
    })
  })

  it.skipIf(missing !== null)(`has verdict, findings and what to change on page one${reason}`, () => {
    const [first = ''] = pagesOf(pdf)
    for (const said of ['The plan does not hold', 'Findings', 'What to change']) expect(first).toContain(said)
  })

  it.skipIf(missing !== null)(`says every figure of every table as the report has it${reason}`, () => {
    // Blanks are places on paper: how many there are is a reader's guess.
    const tight = (text: string): string => text.replace(/\s+/g, '')
    const text = tight(pagesOf(pdf).join(' '))
    const figures = new Set(
      tablesOf(report).flatMap(({ rows, columns }) =>
        rows.flatMap(row => row.flatMap((cell, at) => (columns[at]?.isNumber === true ? cell.text : []))),
      ),
    )
    expect(figures.size).toBeGreaterThan(80)
    expect([...figures].filter(figure => !text.includes(tight(figure)))).toEqual([])
  })

  it.skipIf(missing !== null)(
    `repeats the head of a table on every page that it goes over${reason}`,
    async () => {
      const many = Array.from({ length: 120 }, (_, at) => ({
        name: `vault-${at}`,
        kind: 'secrets',
        start: `${at} s`,
      }))
      const long = await subjectOf({ ...HOSTILE, workloads: many, horizon: '10 min' })
      const pages = pagesOf(await pdfOf(long.report)).filter(page => /vault-\d+ +starts/.test(page))
      expect(pages.length).toBeGreaterThan(1)
      for (const page of pages) expect(page).toMatch(/at +until +instances +event +workload +what/)
    },
  )

  it('takes names of every kind', async () => {
    const hostile = await subjectOf(HOSTILE)
    expect((await pdfOf(hostile.report)).byteLength).toBeGreaterThan(50_000)
    expect(['推', 'ー', '한', 'Ж', 'ش', 'ש'].map(isLacking)).toEqual([true, true, true, false, false, false])
  })
})

describe('a chart as PNG', () => {
  it('has its size twice over, in both themes, and is not one colour', async () => {
    const subject = await subjectOf(templateDocument('out-of-memory'))
    const scene = chosenScene(subject, {}, measured())
    const [light, dark] = await Promise.all([pngOf(scene!, 'light'), pngOf(scene!, 'dark')])
    for (const png of [light, dark]) {
      const bytes = Buffer.from(png)
      expect(bytes.subarray(1, 4).toString()).toBe('PNG')
      expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([2064, 1024])
      expect(bytes.length).toBeGreaterThan(10_000)
    }
    expect(Buffer.from(light).equals(Buffer.from(dark))).toBe(false)
  })
})
