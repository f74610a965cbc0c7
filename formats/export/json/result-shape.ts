/** The form of a run, of limits and of a comparison as JSON. Bytes, seconds and nanoseconds, as the names say. */
import { z } from 'zod'
import { RESULT_FORMAT } from '../../../engine/sim/result.ts'
import { HOST_FIGURES, WORKLOAD_FIGURES } from '../../../engine/sim/figures.ts'

const trust = z.enum(['exact', 'expected', 'estimated'])
const amount = z.number()
const limit = z.union([z.number(), z.literal('unlimited')])
const byName = z.record(z.string(), z.number().nullable())

export const finding = z.strictObject({
  id: z.string(),
  severity: z.enum(['error', 'warning', 'note']),
  workload: z.string().nullable(),
  title: z.string(),
  detail: z.string(),
  fix: z.string().nullable(),
  numbers: byName,
})

const event = z.strictObject({
  atS: amount,
  kind: z.string(),
  workload: z.string(),
  instance: z.int(),
  instances: z.int(),
  text: z.string(),
})

const refusal = z.strictObject({
  atS: amount,
  workload: z.string(),
  instance: z.int(),
  instances: z.int(),
  call: z.string(),
  errno: z.string(),
  rule: z.string(),
  askedBytes: amount.nullable(),
  countedBytes: amount.nullable(),
  limitBytes: amount.nullable(),
  consequence: z.string(),
})

const wait = z.strictObject({
  atS: amount,
  workload: z.string(),
  waiter: z.string(),
  waitingFor: z.string(),
  holder: z.string(),
  holding: z.string(),
  ns: amount,
})

/** Fields of summaries follow the list of figures: one that is added there is here as well. */
const fields = (figures: Readonly<Record<string, { readonly formula: string }>>): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(figures).map(([name, { formula }]) => [name, amount.nullable().describe(formula)]),
  )

const host = z.looseObject(fields(HOST_FIGURES))
const workload = z.looseObject({
  workload: z.string(),
  ...fields(WORKLOAD_FIGURES),
  access: z.strictObject({ medianNs: amount, p99Ns: amount, p999Ns: amount, meanNs: amount }),
})

const verdict = z.strictObject({ holds: z.boolean(), sentence: z.string() })

export const result = z
  .looseObject({
    format: z.literal(RESULT_FORMAT),
    scenario: z.string(),
    kernel: z.string(),
    costs: z.string(),
    horizonS: amount,
    timesS: z.array(amount).describe('Times of all curves, in seconds.'),
    series: z.array(
      z.looseObject({
        scope: z.string().describe('`host` or the name of a workload.'),
        name: z.string(),
        unit: z.enum(['bytes', 'count', 'per-second', 'ns-per-second', 'share']),
        trust,
        shape: z.enum(['level', 'rate']),
        values: z.array(z.number().nullable()).describe('One for each of timesS.'),
      }),
    ),
    verdict,
    host,
    workloads: z.array(workload),
    events: z.array(event),
    refusals: z.array(refusal),
    waits: z.array(wait),
    findings: z.array(finding),
    explanations: z.array(
      z.strictObject({
        figure: z.string(),
        formula: z.string(),
        inputs: z.array(
          z.strictObject({
            name: z.string(),
            value: z.union([z.number(), z.string(), z.null()]),
            unit: z.string(),
            source: z.string(),
          }),
        ),
        rule: z.string(),
        trust,
      }),
    ),
    steps: z.int(),
  })
  .describe('One run of the plan.')

const lines = z.array(
  z.strictObject({ label: z.string(), bytes: amount, rule: z.string(), source: z.string() }),
)

export const processLimit = z
  .looseObject({
    workload: z.string(),
    strategy: z.string(),
    currentBytes: limit,
    capIpcLock: z.boolean(),
    neededBytes: amount,
    checks: z.array(z.looseObject({ rule: z.string(), bytes: amount, text: z.string(), source: z.string() })),
    lockedNowBytes: amount,
    lockedFullBytes: amount,
    verdict: z.enum(['not needed', 'enough', 'not checked', 'too low']),
    sentence: z.string(),
    fixes: z.array(z.looseObject({ id: z.string(), title: z.string(), text: z.string(), note: z.string() })),
    systems: z.array(
      z.looseObject({
        id: z.string(),
        title: z.string(),
        memlockBytes: z.union([limit, z.literal('unset')]),
        memlockLines: lines,
        memoryBytes: amount.optional(),
        lines,
        notes: z.array(z.string()),
        warnings: z.array(z.string()),
      }),
    ),
  })
  .describe('RLIMIT_MEMLOCK that one process needs.')

export const comparison = z
  .looseObject({
    axis: z.string(),
    workload: z.string().nullable(),
    variants: z.array(
      z.looseObject({
        name: z.string(),
        summary: z.looseObject({ verdict }).nullable(),
        figures: byName,
      }),
    ),
    best: z.record(z.string(), z.array(z.string())),
    front: z.array(z.string()),
    sentences: z.array(z.string()),
    reasons: z.array(z.strictObject({ variant: z.string(), finding })),
    complete: z.boolean(),
  })
  .describe('Variants of the plan beside each other.')
