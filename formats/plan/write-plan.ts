/** Plans as text: quantities as people write them, read back to the same plan. */
import type { Plan } from './read-plan.ts'
import { writeScenario } from './scenario.ts'
import { PLAN_FORMAT } from './upgrades.ts'

/** A plan as a file has it, two blanks deep, with a line break at the end. */
export function writePlan({ scenario, compare, claim }: Plan): string {
  const document = {
    format: PLAN_FORMAT,
    ...writeScenario(scenario),
    ...(compare === undefined ? {} : { compare: writeCompare(compare) }),
    ...(claim === undefined ? {} : { claim }),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function writeCompare({ axis, variants }: NonNullable<Plan['compare']>): object {
  if (axis !== null) return { axis, values: variants.map(variant => variant.set[axis]) }
  return { variants: variants.map(({ name, set }) => ({ name, set })) }
}
