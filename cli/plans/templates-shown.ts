/** What `holdfast plan` does. */
import { writeFileSync } from 'node:fs'
import { TEMPLATES, templateNamed, type Template } from '../../formats/plan/templates.ts'
import { sentenceOf } from '../read-input.ts'
import { didYouMean } from '../suggest.ts'
import { json } from '../text/json.ts'
import { table } from '../text/table.ts'
import { print, standardPaper } from '../text/terminal.ts'

type Usage = (sentence: string) => never

export function listTemplates(asJson: boolean): void {
  const rows = TEMPLATES.map(({ id, title, doc }) => ({ id, title, doc }))
  if (asJson) console.log(json(rows))
  else {
    const columns = [{ title: 'name' }, { title: 'what it shows' }]
    print(
      standardPaper(),
      table(
        standardPaper(),
        columns,
        rows.map(({ id, title }) => [id, title]),
      ),
    )
  }
}

/** A template as its file has it. */
const textOf = ({ document }: Template): string => `${JSON.stringify(document, null, 2)}\n`

function template(name: string, usage: Usage): Template {
  const found = templateNamed(name)
  if (found !== undefined) return found
  const names = TEMPLATES.map(({ id }) => id)
  return usage(
    `there is no template ${JSON.stringify(name.slice(0, 64))}.${didYouMean(name, names)} See: holdfast plan list`,
  )
}

export function showTemplate(name: string, usage: Usage): void {
  process.stdout.write(textOf(template(name, usage)))
}

export function newPlan(
  name: string,
  { out, force }: { readonly out?: string; readonly force?: true },
  usage: Usage,
): void {
  const chosen = template(name, usage)
  const text = textOf(chosen)
  const file = out ?? `${chosen.id}.json`
  if (file === '-') {
    process.stdout.write(text)
    return
  }
  try {
    writeFileSync(file, text, { flag: force === true ? 'w' : 'wx' })
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST'
    usage(
      isThere
        ? `${file} is there already; --force overwrites it`
        : `cannot write ${file}: ${sentenceOf(error)}`,
    )
  }
  console.error(`Wrote ${file}. Run it: holdfast run ${file}`)
}
