import { GIB, MIB } from '../quantity.ts'
import type { Sourced } from './provenance.ts'

/** A virtual machine to plan with: what a form starts from. */
export interface GuestProfile extends Sourced {
  readonly id: string
  readonly title: string
  readonly vcpus: number
  readonly ramBytes: number
  readonly backing: 'anon' | 'hugetlb'
  /** Size of one huge page of the backing; 0 without. */
  readonly hugePageBytes: number
  readonly lock: 'off' | 'on'
  readonly nrVfioDevices: number
}

type Draft = Partial<
  Pick<GuestProfile, 'id' | 'title' | 'backing' | 'hugePageBytes' | 'lock' | 'nrVfioDevices'>
>

function guest(vcpus: number, ramGib: number, more: Draft = {}): GuestProfile {
  return {
    id: `${vcpus}-${ramGib}`,
    title: `${vcpus} vCPU, ${ramGib} GiB`,
    vcpus,
    ramBytes: ramGib * GIB,
    backing: 'anon',
    hugePageBytes: 0,
    lock: 'off',
    nrVfioDevices: 0,
    provenance: 'assumed',
    source: 'usual sizes of guests',
    ...more,
  }
}

/** Guests on offer. */
export const GUESTS: readonly GuestProfile[] = [
  guest(1, 2),
  guest(2, 4),
  guest(2, 8),
  guest(4, 16),
  guest(8, 32),
  guest(16, 64),
  guest(16, 128),
  guest(32, 256),
  guest(64, 512),
  guest(8, 16, {
    id: 'realtime',
    title: 'Realtime, 8 vCPU, 16 GiB locked on 1 GiB pages',
    backing: 'hugetlb',
    hugePageBytes: GIB,
    lock: 'on',
  }),
  guest(16, 96, { id: 'gpu', title: 'GPU, 16 vCPU, 96 GiB with VFIO', nrVfioDevices: 1 }),
  guest(32, 256, {
    id: 'database',
    title: 'Database, 32 vCPU, 256 GiB on 2 MiB pages',
    backing: 'hugetlb',
    hugePageBytes: 2 * MIB,
  }),
]
