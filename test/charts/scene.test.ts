import { describe, expect, it } from 'vitest'
import type { ChartModel } from '../../charts/model.ts'
import { estimatedWidth, sceneOf, shortened, valueTicks, type Shape } from '../../charts/scene.ts'
import { svgOf } from '../../charts/svg.ts'

const chart: ChartModel = {
  id: 'locked',
  title: 'Locked memory',
  unit: 'GiB',
  timesS: [0, 30, 60],
  layers: [
    { id: 'a', label: 'a', colour: '--kind-locked', shape: 'level', values: [0, 2, 2] },
    { id: 'b', label: '<b>&"', colour: '--kind-locked', isHatched: true, shape: 'rate', values: [1, 1, 1] },
  ],
  lines: [{ label: 'MemTotal 4 GiB', value: 4 }],
  summary: 'At most 3 GiB.',
  emptyText: 'Nothing is locked.',
}
const scene = sceneOf(chart, { width: 400, height: 200, marks: [{ number: 1, atS: 30, isBad: true }] })
const of = <K extends Shape['kind']>(kind: K): Extract<Shape, { kind: K }>[] =>
  scene.shapes.filter((shape): shape is Extract<Shape, { kind: K }> => shape.kind === kind)

describe('a chart as shapes', () => {
  it.each([
    [0, [0, 1]],
    [4, [0, 1, 2, 3, 4]],
    [503, [0, 200, 400, 600]],
    [0.9, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  ])('an axis up to %d has ticks at round values from zero, six at most', (most, ticks) => {
    expect(valueTicks(most)).toEqual(ticks)
  })

  it('layers lie on each other, and a limit stands above them with its label', () => {
    const [a, b] = of('area')
    const lowest = Math.max(...b!.points.map(([, y]) => y))
    expect(Math.min(...a!.points.map(([, y]) => y))).toBeLessThan(lowest)
    expect(of('text').map(({ text }) => text)).toContain('MemTotal 4 GiB')
  })

  it('everything stays within the picture', () => {
    for (const shape of scene.shapes)
      for (const [x, y] of shape.kind === 'text' ? [[shape.x, shape.y] as const] : shape.points) {
        expect(x).toBeGreaterThanOrEqual(0)
        expect(x).toBeLessThanOrEqual(400)
        expect(y).toBeGreaterThanOrEqual(0)
        expect(y).toBeLessThanOrEqual(200)
      }
  })

  it('a chart without layers says why', () => {
    const { shapes } = sceneOf({ ...chart, layers: [] }, { width: 400, height: 200 })
    expect(shapes.some(shape => shape.kind === 'text' && shape.text === 'Nothing is locked.')).toBe(true)
  })

  it('a name that would fill the row is cut with a sign that says so', () => {
    expect(shortened('a'.repeat(40), 60, 10)).toBe(`${'a'.repeat(9)}…`)
    expect(shortened('推論推論推論', 35, 10)).toBe('推論…')
    expect(estimatedWidth('推', 10)).toBeGreaterThan(estimatedWidth('a', 10))
  })
})

describe('a chart as SVG', () => {
  it('of a page takes the colours of the page; alone it has its own', () => {
    expect(svgOf(scene, { id: 'x' })).toContain('fill="var(--kind-locked)"')
    expect(svgOf(scene, { id: 'x', theme: 'dark' })).toContain('fill="#4ea8e0"')
  })

  it('writes a name that is a tag as text', () => {
    const svg = svgOf(scene, { id: 'x' })
    expect(svg).not.toContain('<b>')
    expect(svg).toContain('&#60;b&#62;&#38;&#34;')
  })

  it('says in words what it shows', () => {
    expect(svgOf(scene, { id: 'x' })).toContain('<desc id="x-d">At most 3 GiB.</desc>')
  })
})
