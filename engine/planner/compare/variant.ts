/** Variants: one scenario with some fields set otherwise. */
import type { Misread } from '../../quantity.ts'
import type { Scenario } from '../../scenario.ts'
import type { Axis } from '../axis.ts'
import type { Catalog } from '../catalog.ts'
import { fieldAt, showValue, withField, withPath } from '../paths.ts'

export interface Variant {
  readonly name: string
  readonly scenario: Scenario
}

/** Variants as a plan names them: values of their fields by path. */
export interface NamedVariant {
  readonly name: string
  readonly set: Readonly<Record<string, unknown>>
}

export type MadeVariants =
  | { readonly ok: true; readonly variants: readonly Variant[] }
  | { readonly ok: false; readonly issues: readonly string[] }

/** One variant per value of an axis, named by the value. */
export function variantsOf(scenario: Scenario, axis: Axis, catalog: Catalog): MadeVariants {
  return made(
    axis.values.map(value => ({
      name: showValue(value, axis.field.spec),
      changed: withField(scenario, axis.field, value, catalog),
    })),
  )
}

/** Variants that each set several fields. */
export function namedVariants(
  scenario: Scenario,
  variants: readonly NamedVariant[],
  catalog: Catalog,
): MadeVariants {
  return made(
    variants.map(({ name, set }) => {
      let changed: ReturnType<typeof withPath> = { ok: true, scenario }
      for (const [path, value] of Object.entries(set)) {
        if (changed.ok) changed = withPath(changed.scenario, path, value, catalog)
      }
      return { name, changed }
    }),
  )
}

/** What a value of a field is called, for titles. */
export function axisTitle(scenario: Scenario, path: string, catalog: Catalog): string {
  const found = fieldAt(scenario, path, catalog)
  return found.ok ? found.field.path : path
}

function made(
  list: readonly {
    readonly name: string
    readonly changed: { readonly ok: true; readonly scenario: Scenario } | Misread
  }[],
): MadeVariants {
  const issues = list.flatMap(({ name, changed }) => (changed.ok ? [] : [`${name}: ${changed.message}`]))
  if (issues.length > 0) return { ok: false, issues }
  return {
    ok: true,
    variants: list.flatMap(({ name, changed }) => (changed.ok ? [{ name, scenario: changed.scenario }] : [])),
  }
}
