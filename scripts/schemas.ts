/** Writes what is generated from the forms of exports: JSON Schemas, and the hash of the report's style sheet. */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { SCHEMAS, schemaText } from '../formats/export/json/shape.ts'
import { STYLES } from '../formats/export/html/styles.ts'

/** The file that holds the hash, as it has to be. */
export function hashText(styles: string): string {
  const hash = createHash('sha256').update(styles).digest('base64')
  return `/** SHA-256 of the style sheet, as a policy writes it. \`npm run schemas\` writes this file. */\nexport const STYLES_SHA256 = '${hash}'\n`
}

export const place = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url))

if (import.meta.main) {
  for (const name of Object.keys(SCHEMAS) as (keyof typeof SCHEMAS)[])
    writeFileSync(place(`schemas/${name}`), schemaText(name))
  writeFileSync(place('formats/export/html/styles-hash.ts'), hashText(STYLES))
}
