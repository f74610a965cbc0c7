import { describe, expect, it } from 'vitest'
import { managedPagesOf, totalManagedPages, zonesOfMachine } from '../../../engine/mm/mmzone.ts'

const GIB_PAGES = 2 ** 18

describe('zones of a machine', () => {
  it('are DMA, DMA32 and Normal on node 0, and Normal on each further node', () => {
    const named = zonesOfMachine(1024 * GIB_PAGES, 2).map(({ node, name }) => `${String(node)} ${name}`)
    expect(named).toEqual(['0 DMA', '0 DMA32', '0 Normal', '1 Normal'])
  })

  it('have no Normal zone below 3 GiB, and no DMA32 below 15 MiB', () => {
    expect(zonesOfMachine(2 * GIB_PAGES, 1).map(({ name }) => name)).toEqual(['DMA', 'DMA32'])
    expect(zonesOfMachine(2000, 1)).toEqual([{ node: 0, name: 'DMA', managedPages: 2000 }])
  })

  it('add up to MemTotal, whatever the number of nodes', () => {
    for (const nodes of [1, 2, 3, 4, 8]) {
      expect(totalManagedPages(zonesOfMachine(6_171_021, nodes))).toBe(6_171_021)
    }
  })

  it('split a virtual machine of 24 GiB as Linux 6.18 did', () => {
    const [dma, dma32] = zonesOfMachine(6_171_021, 1)
    expect(dma?.managedPages).toBe(3840)
    expect(Math.abs((dma32?.managedPages ?? 0) - 772_915)).toBeLessThan(100)
  })

  it('hold a little less than what is installed', () => {
    // MemTotal of 24684096 KiB where 24 GiB less a hole of 640 KiB were present.
    expect(Math.abs(managedPagesOf(6_291_358 * 4096) / 6_171_024 - 1)).toBeLessThan(0.002)
    expect(managedPagesOf(1024)).toBe(0)
  })
})
