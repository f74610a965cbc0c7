/**
 * Layers as Chart.js takes them. An edit changes values and little else, so datasets and points are kept and changed in
 * place: new ones would cost more than the drawing. Sums are worked out here, once, and not by the stacking of Chart.js.
 */
import type { ChartDataset, Point } from 'chart.js'
import type { ChartModel } from '../../charts/model.ts'
import { hatch, type ColourOf } from './colours.ts'

type Dataset = ChartDataset<'line', Point[]>

export class Datasets {
  readonly #known = new Map<string, Dataset>()

  /** Those of a model, the first at the bottom; `hidden` layers are left out of the stack. */
  of({ timesS, layers }: ChartModel, hidden: readonly string[], colour: ColourOf): Dataset[] {
    const shown = layers.filter(({ id }) => !hidden.includes(id))
    for (const id of this.#known.keys()) if (!shown.some(layer => layer.id === id)) this.#known.delete(id)
    const sums = new Float64Array(timesS.length)
    const separator = colour('--surface-raised')
    return shown.map((layer, index) => {
      const dataset = this.#known.get(layer.id) ?? { data: [] }
      this.#known.set(layer.id, dataset)
      const ink = colour(layer.colour)
      for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + (layer.values[at] ?? 0)
      if (dataset.data.length === sums.length) put(dataset.data, timesS, sums)
      // Another length takes another list: Chart.js listens to changes of the one it has.
      else dataset.data = Array.from(sums, (y, at) => ({ x: timesS[at] ?? 0, y }))
      return Object.assign(dataset, {
        stepped: layer.shape === 'rate' ? ('before' as const) : false,
        fill: index === 0 ? 'origin' : '-1',
        backgroundColor: layer.isHatched === true ? hatch(ink) : ink,
        borderColor: layer.isHatched === true ? ink : separator,
        borderWidth: 1,
      })
    })
  }
}

function put(points: readonly Point[], timesS: readonly number[], values: Float64Array): void {
  for (const [at, point] of points.entries()) {
    point.x = timesS[at] ?? 0
    point.y = values[at] ?? 0
  }
}
