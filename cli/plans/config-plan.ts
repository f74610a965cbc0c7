/** What `holdfast config` does: text for people, JSON, or a folder of files. */
import { processLimits } from '../../engine/planner/process-limits.ts'
import { configurationOf, CONFIG_TARGETS } from '../../formats/export/config/index.ts'
import type { TargetConfiguration } from '../../formats/export/config/target.ts'
import { sentenceOf } from '../read-input.ts'
import { didYouMean } from '../suggest.ts'
import { configText } from '../text/configuration.ts'
import { json } from '../text/json.ts'
import { print, standardPaper } from '../text/terminal.ts'
import { writeFolder } from '../write-folder.ts'
import { answer, loadPlan } from './load-plan.ts'
import type { PlanOptions } from './options.ts'

export interface ConfigOptions extends PlanOptions {
  readonly for?: readonly string[]
  readonly out?: string
}

export function configOfPlan(name: string, options: ConfigOptions, usage: (sentence: string) => never): void {
  const ids = CONFIG_TARGETS.map(({ id }) => id)
  const unknown = options.for?.find(id => !ids.includes(id))
  if (unknown !== undefined)
    usage(`--for ${unknown}: allowed are ${ids.join(', ')}.${didYouMean(unknown, ids)}`)
  const plan = loadPlan(name, options)
  if (plan === null) return
  const asked = CONFIG_TARGETS.filter(({ id }) => options.for?.includes(id) ?? true)
  const targets = configurationOf(plan.scenario, processLimits(plan.scenario), asked)
  if (options.out !== undefined) writeOut(options.out, targets, usage)
  if (options.json === true) console.log(json({ format: 'holdfast-config/1', targets }))
  else if (options.out === undefined) print(standardPaper(), configText(standardPaper(), targets))
  answer(targets.every(({ traps }) => traps.every(({ kind }) => kind !== 'refused')))
}

/** Files by target, at the path where they belong, and what is to be known of them. */
function writeOut(
  folder: string,
  targets: readonly TargetConfiguration[],
  usage: (sentence: string) => never,
): void {
  const files = targets.flatMap(({ id, files: own }) =>
    own.map(({ path, text }) => ({ path: `${id}/${path.replace(/^\/+/, '')}`, text })),
  )
  const plainPaper = { width: 100, unicode: true, ink: (_: unknown, text: string) => text }
  try {
    writeFolder(folder, [...files, { path: 'README.txt', text: `${configText(plainPaper, targets)}\n` }])
  } catch (error) {
    usage(`cannot write ${folder}: ${sentenceOf(error)}`)
  }
  console.error(`Wrote ${files.length} files to ${folder}; README.txt says what each line is for.`)
}
