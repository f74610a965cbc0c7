/** Charts as pictures. */
import type { Scene } from '../../charts/scene.ts'
import { sceneOf } from '../../charts/scene.ts'
import { svgOf } from '../../charts/svg.ts'
import type { ExportOptions, ExportPart, ExportSubject, RunExporter } from './exporter.ts'
import { figuresOf } from './report/document.ts'

export const CHART_PARTS: readonly ExportPart[] = [
  { id: 'host-memory', title: 'Host memory' },
  { id: 'locked', title: 'Locked memory' },
  { id: 'fault-cost', title: 'Fault cost' },
  { id: 'mmap-lock', title: 'mmap lock' },
]

/** The scene of a chart of the report; null where the run has none. */
export function chosenScene(
  { report }: ExportSubject,
  { part = CHART_PARTS[0]?.id }: ExportOptions,
  measure?: (text: string, size: number) => number,
): Scene | null {
  const figure = figuresOf(report).find(({ chart }) => chart.id === part)
  if (figure === undefined) return null
  const settings = { width: 1000, height: 480, fontSize: 14, withTitle: true, marks: figure.marks }
  return sceneOf(figure.chart, { ...settings, ...(measure === undefined ? {} : { measure }) })
}

export const svg: RunExporter = {
  of: 'run',
  id: 'svg',
  title: 'Chart, SVG',
  help: 'One chart as a drawing, sharp at every size.',
  extensions: ['svg'],
  mediaType: 'image/svg+xml',
  parts: CHART_PARTS,
  write: (subject, options) => {
    const scene = chosenScene(subject, options)
    return scene === null ? null : `${svgOf(scene, { id: 'chart', theme: options.theme ?? 'light' })}\n`
  },
}
