import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { importInput } from '../../../formats/import/index.ts'
import { csvOfCurves, csvOfTable, csvText } from '../../../formats/export/csv.ts'
import { STYLES } from '../../../formats/export/html/styles.ts'
import { STYLES_SHA256 } from '../../../formats/export/html/styles-hash.ts'
import { htmlOf } from '../../../formats/export/html/page.ts'
import { TEXT_EXPORTERS } from '../../../formats/export/index.ts'
import { exportShape, SCHEMAS, schemaText } from '../../../formats/export/json/shape.ts'
import { exportOf, jsonText } from '../../../formats/export/json/write.ts'
import { escaped, markdownOf } from '../../../formats/export/markdown.ts'
import { planFile } from '../../../formats/export/plan-file.ts'
import { tablesOf } from '../../../formats/export/report/document.ts'
import { readPlan } from '../../../formats/plan/read-plan.ts'
import { TEMPLATES } from '../../../formats/plan/templates.ts'
import { z } from 'zod'
import { HOSTILE, subjectOf, templateDocument } from '../../support/reports.ts'

const hostile = await subjectOf(HOSTILE)
const server = await subjectOf(templateDocument('model-server'))

describe('a report as HTML', () => {
  const page = htmlOf(hostile.report)

  it('has no script, no style beside its own, and fetches nothing', () => {
    expect(page).not.toMatch(/<script|<img|<link|<iframe|<object|<[^>]+\s(?:on\w+|src)=|url\(http/i)
    expect(page).not.toMatch(/<[^>]+\sstyle=/)
    expect(page.match(/<style>/g)).toHaveLength(1)
    expect(page).not.toMatch(/(?:href|src)="(?!#)/)
  })

  it('is held to that by its own policy, whose hash is that of its style sheet: npm run schemas', () => {
    const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(page) ?? []
    expect(style).toBe(STYLES)
    expect(STYLES_SHA256).toBe(createHash('sha256').update(style).digest('base64'))
    expect(page).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${STYLES_SHA256}&#39;`)
  })

  it('writes names as text', () => {
    expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;')
    expect(page).toContain('Хост &#60;img src=x onerror=alert(1)&#62; 計画 &#38; שלום \\u{202e}evil\\u{202c}')
  })

  it('every reference and every way back leads somewhere', () => {
    const ids = new Set(Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id]) => id))
    const targets = Array.from(page.matchAll(/href="#([^"]+)"/g), ([, id]) => id)
    expect(targets.filter(id => !ids.has(id))).toEqual([])
    expect(ids.size).toBe(Array.from(page.matchAll(/ id="([^"]+)"/g)).length)
  })
})

describe('a report as Markdown', () => {
  const text = markdownOf(hostile.report)

  it('escapes what Markdown or HTML would act on', () => {
    expect(escaped('a|b*c_d`e <b> [x](y) # ~')).toBe('a\\|b\\*c\\_d\\`e \\<b\\> \\[x\\](y) \\# \\~')
    expect(escaped('- item')).toBe('\\- item')
    expect(text).not.toMatch(/(?<!\\)<script/)
    expect(text).toContain('\\[link\\](javascript')
  })

  it('has as many cells in every row as in its head', () => {
    const cells = (line: string): number => line.replace(/\\\|/g, '').split('|').length
    const blocks = text.split('\n\n').filter(block => block.startsWith('|'))
    expect(blocks.length).toBeGreaterThan(10)
    for (const block of blocks) expect(new Set(block.split('\n').map(cells)).size).toBe(1)
  })

  it('defines every footnote that it refers to', () => {
    const defined = new Set(Array.from(text.matchAll(/^\[\^(\d+)\]: /gm), ([, n]) => n))
    expect(Array.from(text.matchAll(/\[\^(\d+)\](?!:)/g), ([, n]) => n).filter(n => !defined.has(n))).toEqual(
      [],
    )
  })
})

describe('tables as CSV', () => {
  it('have the unit in the title and the figure as it is', () => {
    const limits = tablesOf(server.report).find(({ id }) => id === 'limits')
    const [head, row] = csvOfTable(limits!).split('\r\n')
    expect(head).toBe(
      'process of,needs [bytes],has [bytes],locks under it [bytes],would lock [bytes],verdict',
    )
    expect(row).toBe(
      `llama,${server.input.limits[0]?.neededBytes},8388608,0,${server.input.limits[0]?.lockedFullBytes},too low`,
    )
  })

  it('hold no formula that a spreadsheet would work out', () => {
    expect(csvText(['a'], [['=1+1'], ['@x'], [-1]])).toBe("a\r\n'=1+1\r\n'@x\r\n-1\r\n")
  })

  it('hold every curve at every time of the run', () => {
    const { timesS, series } = server.input.result
    const lines = csvOfCurves(server.input.result).trimEnd().split('\r\n')
    expect(lines).toHaveLength(timesS.length + 1)
    expect(lines[1]?.split(',')).toHaveLength(series.length + 1)
  })
})

describe('everything as JSON', () => {
  it.each(Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[])(
    'schemas/%s is up to date: npm run schemas',
    name => {
      expect(readFileSync(new URL(`../../../schemas/${name}`, import.meta.url), 'utf8')).toBe(
        schemaText(name),
      )
    },
  )

  it.each(TEMPLATES.filter(({ id }) => id !== 'kvm-host').map(({ id }) => id))(
    '%s has the form that is published',
    async id => {
      const written: unknown = JSON.parse(jsonText(exportOf(await subjectOf(templateDocument(id)))))
      expect(z.prettifyError(exportShape.safeParse(written).error ?? new z.ZodError([]))).toBe('')
    },
  )

  it('the published schema itself takes what is written, and nothing else', () => {
    const text = readFileSync(
      new URL('../../../schemas/holdfast-export-1.schema.json', import.meta.url),
      'utf8',
    )
    const { $id: _, ...schema } = JSON.parse(text) as Record<string, unknown>
    const published = z.fromJSONSchema(schema)
    const written = JSON.parse(jsonText(exportOf(hostile))) as Record<string, unknown>
    expect(published.safeParse(written).error?.issues ?? []).toEqual([])
    expect(published.safeParse({ ...written, format: 'other' }).success).toBe(false)
    expect(published.safeParse({ ...written, limits: [{}] }).success).toBe(false)
  })
})

describe('what is exported comes back', () => {
  it.each(['plan', 'json'])('as the same plan from %s', id => {
    const text = id === 'plan' ? planFile.write(server.input.plan) : jsonText(exportOf(server))
    const imported = importInput({ text })
    expect(imported).toMatchObject({ ok: true, plan: { scenario: server.input.plan.scenario } })
    const read = readPlan(planFile.write(server.input.plan))
    expect(read.ok && read.plan).toEqual(server.input.plan)
  })
})

describe('all formats', () => {
  it('have ids and help of their own', () => {
    expect(new Set(TEXT_EXPORTERS.map(({ id }) => id)).size).toBe(TEXT_EXPORTERS.length)
    expect(TEXT_EXPORTERS.filter(({ help }) => help === '')).toEqual([])
  })

  it('say the same figures: every cell of every table, in HTML, Markdown and JSON', () => {
    const [html, markdown, json] = [
      htmlOf(server.report),
      markdownOf(server.report),
      jsonText(exportOf(server)),
    ]
    const texts = tablesOf(server.report).flatMap(({ rows }) =>
      rows.flatMap(row => row.map(({ text }) => text)),
    )
    const figures = [...new Set(texts)].filter(text => /^[\d.,]+( [\wµ]+)?$/.test(text))
    expect(figures.length).toBeGreaterThan(80)
    for (const figure of figures) {
      expect(html).toContain(`>${figure}<`)
      expect(markdown).toContain(`| ${figure} `)
      expect(json).toContain(JSON.stringify(figure))
    }
  })
})
