/** Everything that is exported as text, in the order of menus. A new one is a file and a line here. */
import { svg } from './chart-files.ts'
import { csv } from './csv-files.ts'
import type { TextExporter } from './exporter.ts'
import { json } from './json/write.ts'
import { planFile } from './plan-file.ts'
import { html, markdown } from './report-files.ts'

export const TEXT_EXPORTERS: readonly TextExporter[] = [html, markdown, csv, json, svg, planFile]
