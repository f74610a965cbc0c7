import type { Program } from '../../engine/program.ts'

/** A program as text that readProgram() reads: one operation per line, integers beyond 2^53 in full. */
export function writeProgram(program: Program): string {
  const { ops, ...head } = program
  const lines = ops.map(op => `  ${json(op)}`).join(',\n')
  return `${json(head).slice(0, -1)},\n "ops":[\n${lines}]}\n`
}

/** JSON.stringify for plain data, which throws on bigint. */
function json(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${json(item)}`).join(',')}}`
}
