/** A chart on a page: the shapes of its scene as lines and areas, sharp at every size. */
import { colourOf } from '../../../charts/colours.ts'
import type { Point, Scene, Shape } from '../../../charts/scene.ts'
import type { Pen } from './pen.ts'

export function drawScene(pen: Pen, { shapes }: Scene, x: number, y: number): void {
  const { doc } = pen
  doc.save().translate(x, y)
  for (const shape of shapes) draw(pen, shape)
  doc.restore()
}

function draw(pen: Pen, shape: Shape): void {
  const { doc } = pen
  const colour = colourOf(shape.colour)
  if (shape.kind === 'area') {
    if (shape.points.length < 3) return
    if (shape.isHatched) hatched(pen, shape.points, colour)
    else {
      along(pen, shape.points)
      doc.fillColor(colour).fill()
    }
    return
  }
  if (shape.kind === 'path') {
    along(pen, shape.points)
    if (shape.dash === undefined) doc.undash()
    else doc.dash(shape.dash[0] ?? 1, { space: shape.dash[1] ?? 1 })
    doc.lineWidth(shape.width).strokeColor(colour).stroke().undash()
    return
  }
  const { x, y, text, size, anchor, isBold } = shape
  const runs = [{ text, font: isBold === true ? 'bold' : 'regular', size, colour: shape.colour } as const]
  const lines = pen.lines(runs, 1e6)
  const width = lines[0]?.width ?? 0
  const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2
  pen.draw(lines, left, y, size)
}

function along({ doc }: Pen, points: readonly Point[]): void {
  points.forEach(([x, y], at) => (at === 0 ? doc.moveTo(x, y) : doc.lineTo(x, y)))
}

const STEP = 4

/** Diagonal lines on a faint ground of the same colour. */
function hatched(pen: Pen, points: readonly Point[], colour: string): void {
  const { doc } = pen
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const [left, right] = [extreme(xs, Math.min), extreme(xs, Math.max)]
  const [top, bottom] = [extreme(ys, Math.min), extreme(ys, Math.max)]
  doc.save()
  along(pen, points)
  doc.fillOpacity(0.16).fillColor(colour).fill().fillOpacity(1)
  along(pen, points)
  doc.clip()
  doc.lineWidth(0.9).strokeColor(colour)
  const height = bottom - top
  for (let x = left - height; x < right; x += STEP) doc.moveTo(x, bottom).lineTo(x + height, top)
  doc.stroke().restore()
}

const extreme = (values: readonly number[], of: (a: number, b: number) => number): number =>
  values.reduce((a, b) => of(a, b))
