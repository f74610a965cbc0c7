/** Zones of a machine: include/linux/mmzone.h, arch/x86. Quantities are pages. */
import { PAGE_SIZE } from '../units.ts'

/** Lowest first, in the order of the kernel's enum zone_type. */
export const ZONE_NAMES = ['DMA', 'DMA32', 'Normal'] as const
export type ZoneName = (typeof ZONE_NAMES)[number]

/** A zone of one node. `managedPages` is what the page allocator owns: `managed` of /proc/zoneinfo. */
export interface Zone {
  readonly node: number
  readonly name: ZoneName
  readonly managedPages: number
}

const MIB = 1024 * 1024
/** Of the first 16 MiB, what is left after the first MiB: 3840 pages on the x86 machines that were looked at. */
const DMA_PAGES = 3840
/** Memory below 4 GiB, 3 GiB of it in front of the PCI hole, less zone DMA. */
const DMA32_PRESENT_PAGES = (3 * 1024 * MIB) / PAGE_SIZE - 4096
/** Managed share of zone DMA32: 772915 of 782336 pages on Linux 6.18 in a virtual machine of 24 GiB. */
const DMA32_MANAGED_SHARE = 0.988

/**
 * Pages that the page allocator owns on a machine with this much memory installed: MemTotal in pages.
 * Estimate: struct pages take 1/64, the kernel, firmware and tables 64 MiB and 0.2 %. On a virtual machine of 24 GiB it is
 * 0.1 % low, larger hosts were not measured; better to give MemTotal itself to {@link zonesOfMachine}.
 */
export function managedPagesOf(installedBytes: number): number {
  const bytes = installedBytes * (1 - 1 / 64 - 0.002) - 64 * MIB
  return Math.max(0, Math.floor(bytes / PAGE_SIZE))
}

/**
 * The populated zones of an x86-64 machine: DMA, DMA32 and Normal on node 0, Normal on each further node.
 * `managedPages` is MemTotal in pages; the zones add up to it exactly.
 * Estimate: the share of DMA32 assumes a PCI hole from 3 GiB on (some machines begin it at 2 GiB), memory is spread over the
 * nodes evenly. A wrong split moves single watermarks, never their sum.
 */
export function zonesOfMachine(managedPages: number, nodes: number): readonly Zone[] {
  const perNode = Math.floor(managedPages / nodes)
  const first = managedPages - perNode * (nodes - 1)
  const dma = Math.min(first, DMA_PAGES)
  const dma32 = Math.min(first - dma, Math.round(DMA32_PRESENT_PAGES * DMA32_MANAGED_SHARE))
  const zones: Zone[] = [
    { node: 0, name: 'DMA', managedPages: dma },
    { node: 0, name: 'DMA32', managedPages: dma32 },
    { node: 0, name: 'Normal', managedPages: first - dma - dma32 },
  ]
  for (let node = 1; node < nodes; node++) zones.push({ node, name: 'Normal', managedPages: perNode })
  return zones.filter(zone => zone.managedPages > 0)
}

/** Managed pages of all zones: totalram_pages(), MemTotal. */
export function totalManagedPages(zones: readonly Zone[]): number {
  return zones.reduce((sum, zone) => sum + zone.managedPages, 0)
}
