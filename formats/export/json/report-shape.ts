/** The form of a report as JSON. */
import { z } from 'zod'
import { BUDGET_PARTS } from '../../../engine/planner/budget.ts'
import { REPORT_FORMAT } from '../report/document.ts'

const tone = z.enum(['good', 'warn', 'bad', 'dim'])
const note = z.int().min(1).describe('Number of the note that says what the figure rests on.')
const trust = z.enum(['exact', 'expected', 'estimated'])

const words = z
  .array(
    z.strictObject({
      text: z.string(),
      style: z.enum(['strong', 'code', 'dim']).optional(),
      note: note.optional(),
    }),
  )
  .describe('Running text, in pieces of one style.')

const cell = z.strictObject({
  text: z.string().describe('As people read it.'),
  value: z
    .union([z.number(), z.string(), z.boolean(), z.null()])
    .optional()
    .describe('In the unit of the column.'),
  tone: tone.optional(),
  style: z.enum(['strong', 'code']).optional(),
  note: note.optional(),
})

const column = z.strictObject({
  title: z.string(),
  unit: z.string().optional(),
  isNumber: z.literal(true).optional(),
  note: note.optional(),
  trust: trust.optional(),
})

const chart = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    unit: z.string(),
    timesS: z.array(z.number()),
    layers: z.array(
      z.strictObject({
        id: z.string(),
        label: z.string(),
        colour: z.string().describe('A role of the palette.'),
        isHatched: z.literal(true).optional(),
        shape: z.enum(['level', 'rate']),
        values: z.array(z.number()),
      }),
    ),
    lines: z.array(z.strictObject({ label: z.string(), value: z.number() })),
    clip: z
      .strictObject({ at: z.number(), peak: z.number(), peakAtS: z.number() })
      .optional()
      .describe('The axis ends below the highest values.'),
    activity: z.strictObject({ fromS: z.number(), toS: z.number() }).optional(),
    summary: z.string(),
    emptyText: z.string(),
  })
  .describe('Stacked areas over time, the first at the bottom.')

const command = z.string()

const block = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('paragraph'), words }),
  z.strictObject({ kind: z.literal('heading'), title: z.string() }),
  z.strictObject({ kind: z.literal('list'), items: z.array(words), isOrdered: z.boolean() }),
  z.strictObject({ kind: z.literal('facts'), facts: z.array(z.strictObject({ name: z.string(), words })) }),
  z.strictObject({
    kind: z.literal('verdict'),
    tone: z.enum(['good', 'warn', 'bad']),
    headline: z.string(),
    sentence: z.string(),
  }),
  z.strictObject({
    kind: z.literal('bar'),
    title: z.string(),
    totalBytes: z.number(),
    parts: z.array(
      z.strictObject({
        part: z.enum(BUDGET_PARTS),
        label: z.string(),
        colour: z.string(),
        bytes: z.number(),
        text: z.string(),
      }),
    ),
    words,
  }),
  z.strictObject({
    kind: z.literal('finding'),
    severity: z.enum(['error', 'warning', 'note']),
    title: z.string(),
    detail: z.string(),
    fix: z.string().nullable(),
  }),
  z.strictObject({
    kind: z.literal('table'),
    id: z.string(),
    title: z.string(),
    columns: z.array(column),
    rows: z.array(z.array(cell)),
  }),
  z.strictObject({
    kind: z.literal('figure'),
    id: z.string(),
    chart,
    marks: z.array(z.strictObject({ number: z.int(), atS: z.number(), isBad: z.boolean() })),
    caption: words,
  }),
  z.strictObject({
    kind: z.literal('file'),
    id: z.string(),
    path: z.string(),
    title: z.string(),
    lines: z.array(z.strictObject({ text: z.string(), why: z.string() })),
    text: z.string(),
    apply: z.array(command),
    verify: z.array(z.strictObject({ command, expect: z.string() })),
    undo: z.array(command),
  }),
])

/** {@link REPORT_FORMAT} */
export const reportShape = z
  .strictObject({
    format: z.literal(REPORT_FORMAT),
    title: z.string(),
    meta: z.strictObject({
      plan: z.string(),
      date: z.string().describe('Of the plan’s data: YYYY-MM-DD.'),
      kernel: z.string(),
      machine: z.string(),
      version: z.string(),
      holds: z.boolean(),
    }),
    sections: z.array(z.strictObject({ id: z.string(), title: z.string(), blocks: z.array(block) })),
    notes: z.array(
      z.strictObject({
        number: z.int(),
        figure: z.string(),
        formula: z.string(),
        inputs: z.array(z.strictObject({ name: z.string(), text: z.string(), source: z.string() })),
        rule: z.string(),
        trust: trust.nullable(),
      }),
    ),
  })
  .describe('A report of a plan: what is said, in order.')
