/** Drawn over a chart: limits with their labels, numbered marks, the cursor, and what a drag selects. */
import type { Chart, Plugin } from 'chart.js'
import type { ChartModel, Mark } from '../../charts/model.ts'
import type { ColourOf } from './colours.ts'

export interface Overlay {
  lines: ChartModel['lines']
  marks: readonly Mark[]
  cursorS: number | null
  isPinned: boolean
  selection: readonly [number, number] | null
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
    drawSelection(chart, overlay)
    drawCursor(chart, overlay)
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

function drawSelection(chart: Chart<'line'>, { colour, selection }: Overlay): void {
  if (selection === null) return
  const { ctx, chartArea } = chart
  const [from, to] = selection
  ctx.globalAlpha = 0.18
  ctx.fillStyle = colour('--accent')
  ctx.fillRect(Math.min(from, to), chartArea.top, Math.abs(to - from), chartArea.bottom - chartArea.top)
  ctx.globalAlpha = 1
}

function drawCursor(chart: Chart<'line'>, { colour, cursorS, isPinned }: Overlay): void {
  const x = cursorS === null ? null : xOf(chart, cursorS)
  if (x === null) return
  chart.ctx.strokeStyle = colour(isPinned ? '--accent' : '--text')
  chart.ctx.lineWidth = isPinned ? 2 : 1
  stroke(chart.ctx, x, chart.chartArea.top, x, chart.chartArea.bottom)
}

function stroke(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath()
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
}
