/** Drawn over a chart: limits with their labels, numbered marks, and where a spike was cut. */
import type { Chart, Plugin } from 'chart.js'
import { clock, figure } from '../format.ts'
import type { ChartModel, Mark } from '../../charts/model.ts'
import type { ColourOf } from './colours.ts'

export interface Overlay {
  lines: ChartModel['lines']
  marks: readonly Mark[]
  clip: { readonly at: number; readonly peak: number; readonly peakAtS: number; readonly unit: string } | null
  colour: ColourOf
}

const FONT = '11px system-ui, sans-serif'

export const instrument = (overlay: Overlay): Plugin<'line'> => ({
  id: 'instrument',
  afterDatasetsDraw(chart) {
    const { ctx } = chart
    ctx.save()
    ctx.font = FONT
    for (const line of overlay.lines) drawLimit(chart, overlay, line)
    for (const mark of grouped(chart, overlay.marks)) drawMark(chart, overlay, mark)
    drawClip(chart, overlay)
    ctx.restore()
  },
})

function xOf(chart: Chart<'line'>, atS: number): number | null {
  const { x } = chart.scales
  if (x === undefined || atS < x.min || atS > x.max) return null
  return Math.round(x.getPixelForValue(atS)) + 0.5
}

function drawLimit(chart: Chart<'line'>, { colour }: Overlay, line: ChartModel['lines'][number]): void {
  const { ctx, chartArea, scales } = chart
  const { y } = scales
  if (y === undefined || line.value > y.max) return
  const at = Math.round(y.getPixelForValue(line.value)) + 0.5
  ctx.strokeStyle = colour('--text-dim')
  ctx.setLineDash([4, 3])
  stroke(ctx, chartArea.left, at, chartArea.right, at)
  ctx.setLineDash([])
  ctx.fillStyle = colour('--text-dim')
  ctx.textAlign = 'right'
  ctx.textBaseline = at - chartArea.top > 16 ? 'bottom' : 'top'
  ctx.fillText(line.label, chartArea.right - 4, at + (ctx.textBaseline === 'top' ? 3 : -2))
}

interface Label extends Omit<Mark, 'number'> {
  readonly text: string
  readonly first: number
}

/** Marks that would lie on each other share a label: 1–4. */
function grouped(chart: Chart<'line'>, marks: readonly Mark[]): readonly Label[] {
  const labels: Label[] = []
  let edge = -Infinity
  for (const { number, atS, isBad } of marks) {
    const x = xOf(chart, atS)
    if (x === null) continue
    const before = labels.at(-1)
    if (before !== undefined && x - edge < 22) {
      const text = `${before.first}–${number}`
      labels[labels.length - 1] = { ...before, text, isBad: before.isBad || isBad }
    } else {
      labels.push({ atS, isBad, first: number, text: String(number) })
      edge = x
    }
  }
  return labels
}

function drawMark(chart: Chart<'line'>, { colour }: Overlay, mark: Label): void {
  const { ctx, chartArea } = chart
  const x = xOf(chart, mark.atS)
  if (x === null) return
  const ink = colour(mark.isBad ? '--bad' : '--text-dim')
  ctx.strokeStyle = ink
  ctx.setLineDash([1, 3])
  stroke(ctx, x, chartArea.top, x, chartArea.bottom)
  ctx.setLineDash([])
  const { text } = mark
  const width = Math.max(14, ctx.measureText(text).width + 6)
  const left = Math.min(Math.max(x - width / 2, chartArea.left), chartArea.right - width)
  ctx.fillStyle = mark.isBad ? ink : colour('--surface-raised')
  ctx.beginPath()
  ctx.roundRect(left, chartArea.top - 15, width, 14, 4)
  ctx.fill()
  ctx.stroke()
  ctx.fillStyle = colour(mark.isBad ? '--surface-raised' : '--text')
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  ctx.fillText(text, left + width / 2, chartArea.top - 7.5)
}

/** A torn edge says that the axis ends below the highest values, and how high they are. */
function drawClip(chart: Chart<'line'>, { colour, clip }: Overlay): void {
  const x = clip === null ? null : xOf(chart, clip.peakAtS)
  if (clip === null || x === null) return
  const { ctx, chartArea } = chart
  const text = `▲ ${figure(clip.peak)} ${clip.unit} at ${clock(clip.peakAtS)}`
  const width = ctx.measureText(text).width
  const isLeft = x + width + 14 < chartArea.right
  ctx.textAlign = isLeft ? 'left' : 'right'
  ctx.textBaseline = 'top'
  const at = isLeft ? x + 8 : x - 8
  ctx.fillStyle = colour('--surface-raised')
  ctx.fillRect(isLeft ? at - 2 : at - width - 2, chartArea.top + 1, width + 4, 15)
  ctx.fillStyle = colour('--text')
  ctx.fillText(text, at, chartArea.top + 3)
  ctx.fillStyle = colour('--surface-raised')
  ctx.strokeStyle = colour('--text-dim')
  ctx.beginPath()
  ctx.moveTo(x - 5, chartArea.top + 8)
  for (const [dx, dy] of [
    [-2, 4],
    [1, 8],
    [4, 4],
    [7, 8],
  ] as const)
    ctx.lineTo(x + dx, chartArea.top + dy)
  ctx.stroke()
}

function stroke(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}
