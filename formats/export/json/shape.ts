/** The form of the JSON export. `npm run schemas` writes it to `schemas/` as a JSON Schema. */
import { z } from 'zod'
import { PLAN_FORMAT } from '../../plan/upgrades.ts'
import { reportShape } from './report-shape.ts'
import { comparison, finding, processLimit, result } from './result-shape.ts'

export const EXPORT_FORMAT = 'holdfast-export/1'

const file = z.looseObject({
  path: z.string(),
  title: z.string(),
  workload: z.string().nullable(),
  lines: z.array(
    z.looseObject({ text: z.string(), why: z.string().optional(), source: z.string().optional() }),
  ),
  text: z.string(),
  apply: z.array(z.string()),
  verify: z.array(z.strictObject({ command: z.string(), expect: z.string() })),
  undo: z.array(z.string()),
})

const trap = z.looseObject({
  kind: z.enum(['refused', 'warning', 'note']),
  workload: z.string().nullable(),
  sentence: z.string(),
  fix: z.string(),
  source: z.string(),
})

export const exportShape = z
  .strictObject({
    format: z.literal(EXPORT_FORMAT),
    version: z.string().describe('Of Holdfast, which is that of its model.'),
    date: z.string().describe('Of the plan’s data: YYYY-MM-DD.'),
    plan: z
      .looseObject({ format: z.literal(PLAN_FORMAT), name: z.string() })
      .describe('The plan as its file has it (docs/plan-format.md).'),
    result,
    limits: z.array(processLimit),
    comparison: comparison.nullable(),
    compatibility: z.array(finding),
    configuration: z.array(
      z.looseObject({
        id: z.string(),
        title: z.string(),
        help: z.string(),
        files: z.array(file),
        traps: z.array(trap),
      }),
    ),
    report: reportShape,
  })
  .describe('Everything that Holdfast says of a plan.')

/** The published schemas, by the name of their file. */
export const SCHEMAS = {
  'holdfast-export-1.schema.json': { title: 'Holdfast export', shape: exportShape },
  'holdfast-report-1.schema.json': { title: 'Holdfast report', shape: reportShape },
} as const

/** A schema as its file has it (JSON Schema 2020-12). */
export function schemaText(name: keyof typeof SCHEMAS): string {
  const { title, shape } = SCHEMAS[name]
  const { $schema, ...schema } = z.toJSONSchema(shape, { target: 'draft-2020-12', io: 'output' })
  return `${JSON.stringify({ $schema, $id: name, title, ...schema }, null, 2)}\n`
}
