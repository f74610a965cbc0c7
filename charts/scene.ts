/**
 * A chart as shapes with places: drawn alike as SVG, in PDF and as pixels. Colours are names of tokens, so that a page
 * can follow its reader's theme; lengths are points, or CSS pixels.
 */
import { clock, figure } from './format.ts'
import { tickStep, type ChartModel, type Layer, type Mark } from './model.ts'

export type Point = readonly [x: number, y: number]

export type Shape =
  | {
      readonly kind: 'area'
      readonly points: readonly Point[]
      readonly colour: string
      readonly isHatched: boolean
    }
  | {
      readonly kind: 'path'
      readonly points: readonly Point[]
      readonly colour: string
      readonly width: number
      readonly dash?: readonly number[]
    }
  | {
      readonly kind: 'text'
      readonly x: number
      /** Of the baseline. */
      readonly y: number
      readonly text: string
      readonly size: number
      readonly anchor: 'start' | 'middle' | 'end'
      readonly colour: string
      readonly isBold?: true
    }

export interface Scene {
  readonly width: number
  readonly height: number
  readonly title: string
  /** One sentence for those who do not see it. */
  readonly summary: string
  readonly shapes: readonly Shape[]
}

export interface SceneSettings {
  readonly width: number
  /** Of all, legend included. */
  readonly height: number
  readonly fontSize?: number
  readonly marks?: readonly Mark[]
  /** A title above, for a picture that stands alone. */
  readonly withTitle?: boolean
  /** Width of a text; an estimate if absent. */
  readonly measure?: (text: string, size: number) => number
}

/** Wide enough for the usual fonts; signs of East Asia are as wide as they are high. */
export const estimatedWidth = (text: string, size: number): number =>
  Array.from(text).reduce((sum, sign) => sum + ((sign.codePointAt(0) ?? 0) >= 0x2e80 ? 1 : 0.6), 0) * size

interface Frame {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly fromS: number
  readonly toS: number
  readonly most: number
}

const xOf = ({ left, right, fromS, toS }: Frame, atS: number): number =>
  left + ((atS - fromS) / Math.max(toS - fromS, 1e-9)) * (right - left)
const yOf = ({ top, bottom, most }: Frame, value: number): number => bottom - (value / most) * (bottom - top)

/** Everything that is drawn of a chart. */
export function sceneOf(chart: ChartModel, settings: SceneSettings): Scene {
  const { width, height, fontSize = 8, marks = [], withTitle = false, measure = estimatedWidth } = settings
  const legend = legendOf(chart, width, fontSize, measure)
  const titleHeight = withTitle ? fontSize * 2.2 : 0
  const ticks = valueTicks(chart.clip?.at ?? highest(chart))
  const most = ticks.at(-1) ?? 1
  const labels = ticks.map(figure)
  const labelWidth = Math.max(...labels.map(text => measure(text, fontSize)))
  const frame: Frame = {
    left: labelWidth + fontSize * 0.8,
    right: width - fontSize * 0.5,
    top: titleHeight + fontSize * (marks.length > 0 ? 3.1 : 2.1),
    bottom: height - legend.height - fontSize * 2.1,
    fromS: chart.timesS[0] ?? 0,
    toS: chart.timesS.at(-1) ?? 1,
    most,
  }
  return {
    ...{ width, height, title: `${chart.title} [${chart.unit}]`, summary: chart.summary },
    shapes: [
      ...(withTitle ? [text(0, fontSize * 1.3, chart.title, fontSize * 1.25, 'start', '--text', true)] : []),
      text(0, titleHeight + fontSize, chart.unit, fontSize, 'start', '--text-dim'),
      ...ticks.flatMap((tick, at) => valueTick(frame, tick, labels[at] ?? '', fontSize)),
      ...areas(chart, frame),
      ...timeTicks(frame, fontSize, measure),
      ...clipped(chart, frame, fontSize, measure),
      ...chart.lines.flatMap(line => limit(frame, line, fontSize)),
      ...markShapes(frame, marks, fontSize, measure),
      ...(chart.layers.length === 0 ? [nothing(frame, chart.emptyText, fontSize)] : []),
      ...legend.shapesAt(height - legend.height),
    ],
  }
}

function text(
  x: number,
  y: number,
  said: string,
  size: number,
  anchor: 'start' | 'middle' | 'end',
  colour: string,
  isBold = false,
): Shape {
  return {
    kind: 'text',
    x: round(x),
    y: round(y),
    text: said,
    size,
    anchor,
    colour,
    ...(isBold ? { isBold: true as const } : {}),
  }
}

const round = (value: number): number => Math.round(value * 100) / 100
const path = (points: readonly Point[], colour: string, width: number, dash?: readonly number[]): Shape => ({
  ...{ kind: 'path', points: points.map(([x, y]) => [round(x), round(y)] as const), colour, width },
  ...(dash === undefined ? {} : { dash }),
})

function highest({ layers, lines }: ChartModel): number {
  const points = layers[0]?.values.length ?? 0
  let most = Math.max(0, ...lines.map(({ value }) => value))
  for (let at = 0; at < points; at++)
    most = Math.max(
      most,
      layers.reduce((sum, layer) => sum + (layer.values[at] ?? 0), 0),
    )
  return most
}

/** At most six, from zero, at steps of 1, 2, 2.5 or 5; binary amounts would not be rounder with others. */
export function valueTicks(most: number): number[] {
  if (!(most > 0)) return [0, 1]
  const rough = most / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map(one => one * power).find(one => one >= rough) ?? rough
  const count = Math.ceil(most / step - 1e-9)
  return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(12)))
}

function valueTick(frame: Frame, tick: number, label: string, size: number): Shape[] {
  const y = yOf(frame, tick)
  const line = path(
    [
      [frame.left, y],
      [frame.right, y],
    ],
    tick === 0 ? '--line-strong' : '--line',
    tick === 0 ? 0.8 : 0.6,
  )
  return [line, text(frame.left - size * 0.5, y + size * 0.35, label, size, 'end', '--text-dim')]
}

function timeTicks(frame: Frame, size: number, measure: (text: string, size: number) => number): Shape[] {
  const { fromS, toS, bottom } = frame
  const step = tickStep(toS - fromS)
  const isShort = step < 1
  const shapes: Shape[] = []
  for (let atS = Math.ceil(fromS / step) * step; atS <= toS + step * 1e-6; atS += step) {
    const x = xOf(frame, atS)
    const label = clock(atS, isShort)
    const wide = measure(label, size) / 2
    const at = Math.min(Math.max(x, wide), frame.right + size * 0.5 - wide)
    shapes.push(
      path(
        [
          [x, bottom],
          [x, bottom + size * 0.35],
        ],
        '--line-strong',
        0.6,
      ),
      text(at, bottom + size * 1.5, label, size, 'middle', '--text-dim'),
    )
  }
  return shapes
}

/** Stacked, each with a hairline of the ground on top, so that neighbours are told apart without colour. */
function areas({ timesS, layers }: ChartModel, frame: Frame): Shape[] {
  let below = timesS.map(() => 0)
  return layers.flatMap(layer => {
    const above = below.map((value, at) => value + (layer.values[at] ?? 0))
    const top = outline(timesS, above, layer.shape, frame)
    const bottom = outline(timesS, below, layer.shape, frame)
    below = above
    const points = [...top, ...bottom.toReversed()]
    return [
      { kind: 'area', points, colour: layer.colour, isHatched: layer.isHatched === true } as const,
      path(top, '--surface-raised', 0.5),
    ]
  })
}

function outline(
  timesS: readonly number[],
  values: readonly number[],
  shape: Layer['shape'],
  frame: Frame,
): Point[] {
  const points: Point[] = []
  timesS.forEach((atS, at) => {
    const x = round(xOf(frame, atS))
    const y = round(Math.max(frame.top, yOf(frame, values[at] ?? 0)))
    const before = points.at(-1)
    if (shape === 'rate' && before !== undefined && before[1] !== y) points.push([x, before[1]])
    points.push([x, y])
  })
  return simplified(points)
}

/** Without points that lie on the line between their neighbours. */
function simplified(points: readonly Point[]): Point[] {
  const kept: Point[] = []
  for (const point of points) {
    const [a, b] = [kept.at(-2), kept.at(-1)]
    if (a !== undefined && b !== undefined && isBetween(a, b, point)) kept.pop()
    kept.push(point)
  }
  return kept
}

function isBetween(a: Point, b: Point, c: Point): boolean {
  if (c[0] < b[0] || b[0] < a[0]) return false
  const off = Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))
  const isInside = Math.min(a[1], c[1]) - 0.01 <= b[1] && b[1] <= Math.max(a[1], c[1]) + 0.01
  return isInside && off <= 0.02 * Math.hypot(c[0] - a[0], c[1] - a[1])
}

function limit(frame: Frame, { label, value }: ChartModel['lines'][number], size: number): Shape[] {
  const y = yOf(frame, value)
  const isHigh = y - frame.top < size * 1.6
  return [
    path(
      [
        [frame.left, y],
        [frame.right, y],
      ],
      '--text-dim',
      0.8,
      [4, 3],
    ),
    text(frame.right - 2, isHigh ? y + size * 1.1 : y - size * 0.4, label, size, 'end', '--text'),
  ]
}

/** Marks that would lie on each other share a label: 1–4. */
function markShapes(
  frame: Frame,
  marks: readonly Mark[],
  size: number,
  measure: (text: string, size: number) => number,
): Shape[] {
  const labels: { x: number; first: number; text: string; isBad: boolean }[] = []
  let edge = -Infinity
  for (const { number, atS, isBad } of marks) {
    const x = xOf(frame, atS)
    const last = labels.at(-1)
    if (last !== undefined && x - edge < size * 3) {
      last.text = `${last.first}–${number}`
      last.isBad ||= isBad
      continue
    }
    labels.push({ x, first: number, text: String(number), isBad })
    edge = x
  }
  return labels.flatMap(({ x, text: said, isBad }) => {
    const colour = isBad ? '--bad' : '--text'
    const wide = measure(said, size) / 2
    const at = Math.min(Math.max(x, frame.left + wide), frame.right - wide)
    return [
      path(
        [
          [x, frame.top - size * 0.5],
          [x, frame.bottom],
        ],
        colour,
        0.8,
        [1.5, 2.5],
      ),
      text(at, frame.top - size * 0.9, said, size, 'middle', colour, true),
    ]
  })
}

/** Where the axis ends below the highest value, that one stands in words at its place. */
function clipped(
  { clip, unit }: ChartModel,
  frame: Frame,
  size: number,
  measure: (text: string, size: number) => number,
): Shape[] {
  if (clip === undefined) return []
  const said = `▲ ${figure(clip.peak)} ${unit} at ${clock(clip.peakAtS)}`
  const half = measure(said, size) / 2
  const x = Math.min(Math.max(xOf(frame, clip.peakAtS), frame.left + half), frame.right - half)
  return [text(x, frame.top + size * 1.1, said, size, 'middle', '--text')]
}

const nothing = ({ left, right, top, bottom }: Frame, said: string, size: number): Shape =>
  text((left + right) / 2, (top + bottom) / 2, said, size, 'middle', '--text-dim')

interface Legend {
  readonly height: number
  readonly shapesAt: (top: number) => Shape[]
}

/** Names beside their colours, from the top of the stack down, in as many rows as they need. */
function legendOf(
  { layers, timesS }: ChartModel,
  width: number,
  size: number,
  measure: (text: string, size: number) => number,
): Legend {
  const row = size * 1.7
  const places: { layer: Layer; x: number; row: number; label: string }[] = []
  let [x, at] = [0, 0]
  for (const layer of timesS.length === 0 ? [] : layers.toReversed()) {
    const label = shortened(layer.label, width * 0.45, size, measure)
    const wide = size * 1.5 + measure(label, size) + size * 1.4
    if (x > 0 && x + wide > width + size) [x, at] = [0, at + 1]
    places.push({ layer, x, row: at, label })
    x += wide
  }
  const height = places.length === 0 ? 0 : (at + 1) * row + size * 0.4
  return {
    height,
    shapesAt: top =>
      places.flatMap(({ layer, x: left, row: line, label }) => {
        const y = top + size * 0.4 + line * row
        return [
          swatch(left, y + size * 0.15, size * 0.95, layer),
          text(left + size * 1.5, y + size * 0.95, label, size, 'start', '--text'),
        ]
      }),
  }
}

function swatch(x: number, y: number, side: number, { colour, isHatched }: Layer): Shape {
  const corners = [
    [x, y],
    [x + side, y],
    [x + side, y + side],
    [x, y + side],
  ] as const
  return {
    kind: 'area',
    points: corners.map(([a, b]) => [round(a), round(b)]),
    colour,
    isHatched: isHatched === true,
  }
}

/** A name that would fill the row, cut with a sign that says so. */
export function shortened(
  label: string,
  most: number,
  size: number,
  measure: (text: string, size: number) => number = estimatedWidth,
): string {
  if (measure(label, size) <= most) return label
  const signs = Array.from(label)
  while (signs.length > 1 && measure(`${signs.join('')}…`, size) > most) signs.pop()
  return `${signs.join('')}…`
}
