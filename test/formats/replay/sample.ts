import { readFileSync } from 'node:fs'
import type { Observed } from '../../../engine/program.ts'

const page = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8')

/** The example of the page about formats: the text of the program, and what a runner prints for it. */
export const exampleText = block('mlock-replay/1')
export const exampleObserved = JSON.parse(block('mlock-replay-observed/1')) as Observed

function block(format: string): string {
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, text = '']) => text)
  const found = blocks.find(text => (JSON.parse(text) as { format?: unknown }).format === format)
  if (found === undefined) throw new Error(`docs/formats.md has no example of ${format}`)
  return found
}

/** The example with other operations, files or settings, as text. */
export function programText(ops: readonly unknown[], rest: object = {}): string {
  return JSON.stringify({ ...(JSON.parse(exampleText) as object), ops, ...rest })
}
