import type { Command } from 'commander'
import { CHANGES, type KernelChange } from '../../engine/kernels/changes.ts'
import { KERNELS, type OfferedKernel } from '../../engine/kernels/releases.ts'

interface KernelsOptions {
  readonly changes?: true
  readonly json?: true
}

/** `holdfast kernels`: what --kernel, --plus and --minus take. */
export function registerKernels(program: Command): void {
  program
    .command('kernels')
    .description('List the kernels that can be asked for, or the changes between them')
    .option('--changes', 'list the changes: name, first release, commit, effect')
    .option('--json', 'print JSON')
    .action(({ changes, json }: KernelsOptions) => {
      if (json === true)
        console.log(JSON.stringify(changes === true ? CHANGES.map(changeData) : KERNELS, null, 2))
      else
        console.log(changes === true ? CHANGES.map(changeText).join('\n\n') : table(KERNELS.map(kernelRow)))
    })
}

const kernelRow = ({ name, title, measured }: OfferedKernel): string[] => [
  name,
  title,
  measured === undefined ? '' : `compared with ${measured}`,
]

function table(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows
    .map(row =>
      row
        .map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2))
        .join('')
        .trimEnd(),
    )
    .join('\n')
}

/** What can be said of a change in JSON: everything but the function. */
const changeData = ({ id, since, commit, subject, effect }: KernelChange): Omit<KernelChange, 'apply'> => ({
  id,
  since,
  ...(commit === undefined ? {} : { commit }),
  ...(subject === undefined ? {} : { subject }),
  effect,
})

function changeText({ id, since, commit, subject, effect }: KernelChange): string {
  const origin = [commit, subject === undefined ? undefined : `"${subject}"`].filter(Boolean).join(' ')
  const lines = [
    `${id.padEnd(32)}${since === null ? 'only on request' : `since ${since}`}`,
    `  ${effect}`,
    ...(origin === '' ? [] : [`  ${origin}`]),
  ]
  return lines.join('\n')
}
