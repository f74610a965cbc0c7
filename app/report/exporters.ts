/** All exporters: those that write text, and those that need Node to draw. */
import { chosenScene, CHART_PARTS } from '../../formats/export/chart-files.ts'
import type { ExportHead, ExportOptions, ExportSubject, TextExporter } from '../../formats/export/exporter.ts'
import { TEXT_EXPORTERS } from '../../formats/export/index.ts'
import type { Paper } from './pdf.ts'

export interface DrawOptions extends ExportOptions {
  readonly paper?: Paper | undefined
}

export interface DrawnExporter extends ExportHead {
  readonly of: 'run'
  readonly isDrawn: true
  /** Null where the subject has no such part. */
  readonly write: (subject: ExportSubject, options: DrawOptions) => Promise<Uint8Array | null>
}

export type Exporter = TextExporter | DrawnExporter

const pdf: DrawnExporter = {
  of: 'run',
  isDrawn: true,
  id: 'pdf',
  title: 'Report, PDF',
  help: 'To print and to hand on: A4 or Letter, tagged, with bookmarks.',
  extensions: ['pdf'],
  mediaType: 'application/pdf',
  parts: [],
  // Its libraries take a tenth of a second to load: only where they are wanted.
  write: async ({ report }, { paper }) =>
    (await import('./pdf.ts')).pdfOf(report, paper === undefined ? {} : { paper }),
}

const png: DrawnExporter = {
  of: 'run',
  isDrawn: true,
  id: 'png',
  title: 'Chart, PNG',
  help: 'One chart as a picture.',
  extensions: ['png'],
  mediaType: 'image/png',
  parts: CHART_PARTS,
  write: async (subject, options) => {
    const { measured, pngOf } = await import('./png.ts')
    const scene = chosenScene(subject, options, measured())
    return scene === null ? null : pngOf(scene, options.theme ?? 'light')
  },
}

/** In the order of menus. */
export const EXPORTERS: readonly Exporter[] = [
  pdf,
  ...TEXT_EXPORTERS.slice(0, -1),
  png,
  ...TEXT_EXPORTERS.slice(-1),
]

export const EXPORT_IDS = EXPORTERS.map(({ id }) => id)

export const exporterNamed = (id: string): Exporter | undefined => EXPORTERS.find(one => one.id === id)

/** What a file of that name would be; undefined where its ending says nothing. */
export function exporterOfFile(name: string, among: readonly Exporter[] = EXPORTERS): Exporter | undefined {
  const extension = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase()
  return extension === undefined ? undefined : among.find(({ extensions }) => extensions.includes(extension))
}
