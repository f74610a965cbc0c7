import { GIB } from '../quantity.ts'
import type { Sourced } from './provenance.ts'

/** A host to plan for: what a form starts from. Every field may be edited. */
export interface HostProfile extends Sourced {
  readonly id: string
  readonly title: string
  readonly nrSockets: number
  readonly coresPerSocket: number
  readonly nrNodes: number
  readonly ramBytes: number
  readonly memoryChannels: number
  /** Million transfers a second of one channel of 8 bytes. */
  readonly megaTransfersPerS: number
  readonly swapBytes: number
  /** Id of the device in devices.ts that swap is on. */
  readonly swapDevice?: string
}

type Row = [
  id: string,
  sockets: number,
  cores: number,
  ramGib: number,
  channels: number,
  memory: `DDR${4 | 5}-${number}`,
  swap: [gib: number, device: string] | null,
  nodes: number,
]

/** Theoretical bandwidth of a host's memory in bytes a second: channels × transfers × 8 bytes. */
export function dramBytesPerS(host: Pick<HostProfile, 'memoryChannels' | 'megaTransfersPerS'>): number {
  return host.memoryChannels * host.megaTransfersPerS * 1e6 * 8
}

const ROWS: readonly Row[] = [
  ['edge-64', 1, 16, 64, 2, 'DDR4-3200', [8, 'zram-zstd'], 1],
  ['ai-desk-128', 1, 16, 128, 2, 'DDR5-5600', [16, 'nvme-client'], 1],
  ['epyc-256', 1, 32, 256, 12, 'DDR5-4800', [32, 'nvme-datacentre'], 1],
  ['icl-512', 2, 28, 512, 16, 'DDR4-3200', [64, 'nvme-datacentre'], 2],
  ['milan-1t', 2, 64, 1024, 16, 'DDR4-3200', [64, 'nvme-datacentre'], 2],
  ['spr-1t', 2, 48, 1024, 16, 'DDR5-4800', null, 2],
  ['genoa-1.5t', 2, 96, 1536, 24, 'DDR5-4800', [128, 'nvme-datacentre'], 2],
  ['turin-3t', 2, 128, 3072, 24, 'DDR5-6000', null, 2],
  ['big-4t', 4, 28, 4096, 24, 'DDR4-2933', [256, 'optane'], 4],
]

/** Hosts on offer. */
export const HOSTS: readonly HostProfile[] = ROWS.map(
  ([id, sockets, cores, ramGib, channels, memory, swap, nodes]) => ({
    id,
    title: `${sockets} × ${cores} cores, ${ramGib >= 1024 ? `${ramGib / 1024} TiB` : `${ramGib} GiB`} ${memory}`,
    nrSockets: sockets,
    coresPerSocket: cores,
    nrNodes: nodes,
    ramBytes: ramGib * GIB,
    memoryChannels: channels,
    megaTransfersPerS: Number(memory.slice('DDR4-'.length)),
    swapBytes: (swap?.[0] ?? 0) * GIB,
    ...(swap === null ? {} : { swapDevice: swap[1] }),
    provenance: 'assumed',
    source: 'a usual machine of its class; bandwidth is channels × transfers × 8 bytes',
  }),
)
