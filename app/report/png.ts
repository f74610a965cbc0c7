/** A chart as pixels: the shapes of its scene on a canvas, without a browser. */
import { createCanvas, GlobalFonts, type SKRSContext2D } from '@napi-rs/canvas'
import { colourOf, type Theme } from '../../charts/colours.ts'
import { estimatedWidth, type Point, type Scene, type Shape } from '../../charts/scene.ts'
import { easternFont, fontBytes } from './fonts.ts'

/** Pixels for each unit of the scene: sharp on screens of twice the usual density. */
const SCALE = 2
const FAMILY = 'Holdfast'
const EASTERN = 'Holdfast Eastern'

let isRegistered = false

function registerFonts(): void {
  if (isRegistered) return
  isRegistered = true
  GlobalFonts.register(fontBytes('regular'), FAMILY)
  GlobalFonts.register(fontBytes('bold'), FAMILY)
  const eastern = easternFont()
  if (eastern !== null) GlobalFonts.register(eastern.bytes, EASTERN)
}

const fontOf = (size: number, isBold: boolean): string =>
  `${isBold ? 'bold ' : ''}${size}px "${FAMILY}", "${EASTERN}", sans-serif`

/** Widths as the picture will have them. */
export function measured(): (text: string, size: number) => number {
  registerFonts()
  const context = createCanvas(1, 1).getContext('2d')
  return (text, size) => {
    context.font = fontOf(size, false)
    return Math.max(context.measureText(text).width, estimatedWidth(text, size) * 0.5)
  }
}

export async function pngOf(scene: Scene, theme: Theme): Promise<Uint8Array> {
  registerFonts()
  const margin = 16
  const canvas = createCanvas((scene.width + 2 * margin) * SCALE, (scene.height + 2 * margin) * SCALE)
  const context = canvas.getContext('2d')
  context.scale(SCALE, SCALE)
  context.fillStyle = colourOf('--surface-raised', theme)
  context.fillRect(0, 0, scene.width + 2 * margin, scene.height + 2 * margin)
  context.translate(margin, margin)
  for (const shape of scene.shapes) draw(context, shape, theme)
  return canvas.encode('png')
}

function draw(context: SKRSContext2D, shape: Shape, theme: Theme): void {
  const colour = colourOf(shape.colour, theme)
  if (shape.kind === 'area') {
    along(context, shape.points)
    context.fillStyle = shape.isHatched ? (hatch(context, colour) ?? colour) : colour
    context.fill()
    return
  }
  if (shape.kind === 'path') {
    along(context, shape.points)
    context.setLineDash([...(shape.dash ?? [])])
    context.lineWidth = shape.width
    context.strokeStyle = colour
    context.stroke()
    context.setLineDash([])
    return
  }
  context.font = fontOf(shape.size, shape.isBold === true)
  context.textAlign = shape.anchor === 'middle' ? 'center' : shape.anchor
  context.fillStyle = colour
  context.fillText(shape.text, shape.x, shape.y)
}

function along(context: SKRSContext2D, points: readonly Point[]): void {
  context.beginPath()
  points.forEach(([x, y], at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)))
}

/** Diagonal lines on a faint ground of the same colour. */
function hatch(context: SKRSContext2D, colour: string): ReturnType<SKRSContext2D['createPattern']> | null {
  const tile = createCanvas(8, 8)
  const on = tile.getContext('2d')
  on.fillStyle = colour
  on.globalAlpha = 0.16
  on.fillRect(0, 0, 8, 8)
  on.globalAlpha = 1
  on.strokeStyle = colour
  on.lineWidth = 1.5
  on.beginPath()
  for (const shift of [-8, 0, 8]) {
    on.moveTo(shift, 8)
    on.lineTo(shift + 8, 0)
  }
  on.stroke()
  return context.createPattern(tile, 'repeat')
}
