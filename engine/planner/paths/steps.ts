/** The text of a path and its steps: `machine.thp.enabled`, `workloads[llm].params.touchedShare`. */

export type Step = string | number

/** Stands for every item of a list. */
export const EVERY = '*'

/** Steps of a path; null where the text is none. A number in brackets is an index, anything else a name. */
export function stepsOf(text: string): Step[] | null {
  const trimmed = text.trim().replace(/^\$\.?/, '')
  if (trimmed === '' || trimmed.length > 512) return null
  const steps: Step[] = []
  for (let rest = trimmed; rest !== '';) {
    const key = /^\.?([A-Za-z0-9_-]+)/.exec(rest)
    const item = /^\[\s*([^\][]+?)\s*\]/.exec(rest)
    const [token, name] = item ?? key ?? []
    if (token === undefined || name === undefined) return null
    steps.push(item !== null && /^\d+$/.test(name) ? Number(name) : name.replace(/^(["'])(.*)\1$/, '$2'))
    rest = rest.slice(token.length)
    if (rest === '.') return null
  }
  return steps
}

/** Steps as text: list items in brackets. */
export function pathText(steps: readonly Step[]): string {
  return steps
    .map((step, i) => {
      if (typeof step === 'number' || steps[i - 1] === 'workloads') return `[${step}]`
      return i === 0 ? step : `.${step}`
    })
    .join('')
}

/** The value at a place of plain data; undefined where there is none. */
export function valueAt(data: unknown, steps: readonly Step[]): unknown {
  return steps.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Readonly<Record<Step, unknown>>)[step]
        : undefined,
    data,
  )
}

/** A copy of plain data with another value at a place; what is not on the way there is shared. */
export function withValueAt(data: unknown, steps: readonly Step[], value: unknown): unknown {
  const [step, ...rest] = steps
  if (step === undefined) return value
  if (Array.isArray(data))
    return data.map((item: unknown, i) => (i === step ? withValueAt(item, rest, value) : item))
  const record = (typeof data === 'object' && data !== null ? data : {}) as Readonly<Record<Step, unknown>>
  return { ...record, [step]: withValueAt(record[step], rest, value) }
}
