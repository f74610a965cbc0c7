import type { Sourced } from './provenance.ts'

/** A device that pages come from and go to: swap, or the disk of a file. */
export interface DeviceProfile extends Sourced {
  readonly id: string
  readonly title: string
  /** One random read of 4 KiB with nothing else in the queue. */
  readonly latencyNs: number
  /** The slowest of a hundred such reads. */
  readonly p99Ns: number
  /** Sequential transfer. */
  readonly bandwidthBytesPerS: number
  /** Reads that are served at once without waiting for each other. */
  readonly parallelism: number
  /** zram: bytes of pages that fit into a byte of RAM; 1 for a device. */
  readonly compressionRatio: number
  /** The middle of a range, or no measurement: shown as such. */
  readonly estimated: readonly ('latencyNs' | 'p99Ns' | 'bandwidthBytesPerS' | 'parallelism')[]
}

const GIB = 2 ** 30
const ZRAM = { compressionRatio: 1, parallelism: 64, provenance: 'published' } as const
const DISK = { compressionRatio: 1, provenance: 'published' } as const

/** Devices on offer. Tail latencies that nobody published are three times the median, and say so. */
export const DEVICES: readonly DeviceProfile[] = [
  {
    ...ZRAM,
    id: 'zram-lz4',
    title: 'zram, lz4',
    latencyNs: 1700,
    p99Ns: 3600,
    bandwidthBytesPerS: 7.8 * GIB,
    compressionRatio: 2.63,
    estimated: ['parallelism'],
    source: 'published zram comparison; bandwidth with many threads',
  },
  {
    ...ZRAM,
    id: 'zram-lzo-rle',
    title: 'zram, lzo-rle',
    latencyNs: 2200,
    p99Ns: 6600,
    bandwidthBytesPerS: 6.1 * GIB,
    compressionRatio: 2.74,
    estimated: ['p99Ns', 'parallelism'],
    source: 'published zram comparison; bandwidth with many threads',
  },
  {
    ...ZRAM,
    id: 'zram-zstd',
    title: 'zram, zstd',
    latencyNs: 5700,
    p99Ns: 13_000,
    bandwidthBytesPerS: 2.6 * GIB,
    compressionRatio: 3.37,
    estimated: ['parallelism'],
    source: 'published zram comparison; bandwidth with many threads',
  },
  {
    ...DISK,
    id: 'optane',
    title: 'Optane P5800X',
    latencyNs: 13_000,
    p99Ns: 39_000,
    bandwidthBytesPerS: 7.2e9,
    parallelism: 16,
    estimated: ['p99Ns', 'bandwidthBytesPerS', 'parallelism'],
    source: '74,875 reads a second one at a time, published',
  },
  {
    ...DISK,
    id: 'nvme-client',
    title: 'Client NVMe, PCIe 4',
    latencyNs: 50_000,
    p99Ns: 150_000,
    bandwidthBytesPerS: 6e9,
    parallelism: 32,
    estimated: ['p99Ns', 'bandwidthBytesPerS', 'parallelism'],
    source: '20,176 reads a second one at a time, published; bandwidth from 5 to 7 GB/s',
  },
  {
    ...DISK,
    id: 'nvme-datacentre',
    title: 'Datacentre NVMe, TLC',
    latencyNs: 90_000,
    p99Ns: 270_000,
    bandwidthBytesPerS: 5e9,
    parallelism: 64,
    estimated: ['latencyNs', 'p99Ns', 'bandwidthBytesPerS', 'parallelism'],
    provenance: 'assumed',
    source: '80 to 100 µs; 3 to 7 GB/s',
  },
  {
    ...DISK,
    id: 'sata-ssd',
    title: 'SATA SSD',
    latencyNs: 140_000,
    p99Ns: 420_000,
    bandwidthBytesPerS: 0.5e9,
    parallelism: 8,
    estimated: ['latencyNs', 'p99Ns', 'parallelism'],
    provenance: 'assumed',
    source: '120 to 160 µs; the bandwidth of the bus',
  },
  {
    ...DISK,
    id: 'hdd',
    title: 'Hard disk',
    latencyNs: 10_000_000,
    p99Ns: 30_000_000,
    bandwidthBytesPerS: 0.2e9,
    parallelism: 1,
    estimated: ['latencyNs', 'p99Ns'],
    provenance: 'assumed',
    source: '8 to 12 ms',
  },
]

/** A device by its id. */
export function deviceNamed(id: string): DeviceProfile | undefined {
  return DEVICES.find(device => device.id === id)
}
