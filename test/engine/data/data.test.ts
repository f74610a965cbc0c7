import { describe, expect, it } from 'vitest'
import { DEVICES, deviceNamed } from '../../../engine/data/devices.ts'
import { GUESTS } from '../../../engine/data/guests.ts'
import { dramBytesPerS, HOSTS } from '../../../engine/data/hosts.ts'
import { modelParams, nrParams } from '../../../engine/data/model-params.ts'
import { modelNamed, MODELS } from '../../../engine/data/models.ts'
import { GIB, TIB } from '../../../engine/quantity.ts'

const unique = (ids: readonly string[]) => expect(new Set(ids).size).toBe(ids.length)

describe('hosts', () => {
  it('bandwidth is channels × transfers × 8 bytes', () => {
    expect(HOSTS.map(host => [host.id, Math.round(dramBytesPerS(host) / 1e9)])).toEqual([
      ['edge-64', 51],
      ['ai-desk-128', 90],
      ['epyc-256', 461],
      ['icl-512', 410],
      ['milan-1t', 410],
      ['spr-1t', 614],
      ['genoa-1.5t', 922],
      ['turin-3t', 1152],
      ['big-4t', 563],
    ])
  })

  it('swap is on a device that exists', () => {
    for (const { swapBytes, swapDevice } of HOSTS)
      expect(swapDevice === undefined ? 0 : deviceNamed(swapDevice)?.latencyNs).toEqual(
        swapBytes === 0 ? 0 : expect.any(Number),
      )
    expect(HOSTS.at(-1)).toMatchObject({
      title: '4 × 28 cores, 4 TiB DDR4-2933',
      ramBytes: 4 * TIB,
      nrNodes: 4,
    })
  })
})

describe('guests and devices', () => {
  it('ids are unique, and a huge page divides the memory of a guest', () => {
    unique([...HOSTS, ...GUESTS, ...DEVICES, ...MODELS].map(({ id }) => id))
    for (const { hugePageBytes, ramBytes, backing } of GUESTS)
      expect(backing === 'hugetlb' ? ramBytes % hugePageBytes : hugePageBytes).toBe(0)
    expect(GUESTS.find(({ id }) => id === 'realtime')).toMatchObject({ lock: 'on', hugePageBytes: GIB })
  })

  it('tails are beyond medians, and only zram compresses', () => {
    for (const { id, latencyNs, p99Ns, compressionRatio } of DEVICES) {
      expect(p99Ns).toBeGreaterThan(latencyNs)
      expect(compressionRatio > 1).toBe(id.startsWith('zram'))
    }
  })

  it('from the fastest to the slowest read, disks come after compressed memory', () => {
    expect(DEVICES.map(({ latencyNs }) => latencyNs)).toEqual(
      DEVICES.map(({ latencyNs }) => latencyNs).toSorted((a, b) => a - b),
    )
  })
})

describe('models', () => {
  it.each(MODELS)('$id: the shape has the published number of weights', model => {
    expect(Math.abs(nrParams(model) / 1e9 / model.paramsG - 1)).toBeLessThan(0.006)
  })

  it.each(MODELS.filter(({ experts }) => experts !== undefined))(
    '$id: and so has what one token uses',
    model => {
      const { attention, dense, experts, embedding } = modelParams(model)
      const share = model.experts!.used / model.experts!.count
      const active = (attention + dense + embedding + experts * share) / 1e9
      // Some publishers leave the input embedding out.
      const withoutInput = active - (model.vocab * model.hidden) / 1e9
      const nearest = Math.min(...[active, withoutInput].map(one => Math.abs(one / model.activeParamsG - 1)))
      expect(nearest).toBeLessThan(0.03)
    },
  )

  it.each(
    MODELS.flatMap(model => model.files.map(file => ({ ...file, model, name: `${model.id} ${file.type}` }))),
  )('$name: the file has the bits per weight of its type', ({ type, gigabytes, model }) => {
    const bits = (gigabytes * 8) / model.paramsG
    const [low, high] = { Q4_K_M: [4.75, 5.25], Q8_0: [8.3, 8.55], F16: [15.9, 16.2], MXFP4: [4.3, 4.7] }[
      type
    ] as [number, number]
    expect(bits).toBeGreaterThan(low)
    expect(bits).toBeLessThan(high)
  })

  it('one that is not there is not found', () => expect(modelNamed('Llama-9')).toBeUndefined())
})
