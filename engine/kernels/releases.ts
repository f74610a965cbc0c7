/** The kernels on offer: releases of the mainline, of stable updates, and of distributions. */
import { BASELINE, type KernelBehaviour } from './behaviour.ts'
import { CHANGES, type KernelChange } from './changes.ts'

/** A kernel: a mainline release, plus some changes, minus others. */
export interface KernelProfile {
  readonly release: string
  readonly plus?: readonly string[]
  readonly minus?: readonly string[]
}

export interface OfferedKernel extends KernelProfile {
  /** What programs and people call it. */
  readonly name: string
  readonly title: string
  /** Compared with the running kernel, field by field, in the conformance suite. */
  readonly measured?: string
  /** The machine it was measured on had protection keys: execute-only memory could not be read there. */
  readonly measuredWithProtectionKeys?: boolean
  /** Block size of the file system that it was measured on, where that is smaller than a page. */
  readonly measuredFileBlockBytes?: number
}

const STABLE_2026 = ['secretmem-per-user']

export const KERNELS: readonly OfferedKernel[] = [
  { name: '3.7', release: '3.7', title: 'Linux 3.7, before mm_populate' },
  { name: '3.10', release: '3.10', title: 'Linux 3.10' },
  { name: '4.3', release: '4.3', title: 'Linux 4.3, before mlock2' },
  { name: '4.4', release: '4.4', title: 'Linux 4.4' },
  { name: '4.18', release: '4.18', title: 'Linux 4.18' },
  { name: '5.4', release: '5.4', title: 'Linux 5.4' },
  {
    name: '5.10',
    release: '5.10',
    title: 'Linux 5.10',
    measured: '5.10.223',
    measuredWithProtectionKeys: true,
    measuredFileBlockBytes: 1024,
  },
  { name: '5.13', release: '5.13', title: 'Linux 5.13' },
  { name: '5.14', release: '5.14', title: 'Linux 5.14' },
  { name: '5.15', release: '5.15', title: 'Linux 5.15' },
  {
    name: '6.1',
    release: '6.1',
    plus: [...STABLE_2026, 'remove-needs-may-write', 'dontunmap-moved-part'],
    title: 'Linux 6.1 with the stable updates of 2026',
    measured: '6.1.192',
    measuredWithProtectionKeys: true,
    measuredFileBlockBytes: 1024,
  },
  { name: '6.6', release: '6.6', title: 'Linux 6.6' },
  { name: '6.8', release: '6.8', title: 'Linux 6.8' },
  {
    name: '6.12',
    release: '6.12',
    plus: [...STABLE_2026, 'dontunmap-moved-part'],
    title: 'Linux 6.12 with the stable updates of 2026',
    measured: '6.12.117',
    measuredWithProtectionKeys: true,
    measuredFileBlockBytes: 1024,
  },
  { name: '6.16', release: '6.16', title: 'Linux 6.16' },
  { name: '6.17', release: '6.17', title: 'Linux 6.17' },
  { name: '6.18', release: '6.18', plus: ['smaps-gu'], title: 'Linux 6.18', measured: '6.18.44' },
  { name: '6.19', release: '6.19', title: 'Linux 6.19' },
  { name: '7.0', release: '7.0', title: 'Linux 7.0' },
  { name: '7.1', release: '7.1', title: 'Linux 7.1' },
  {
    name: '7.2',
    release: '7.2',
    plus: STABLE_2026,
    title: 'Linux 7.2',
    measured: '7.2.12',
    measuredWithProtectionKeys: true,
    measuredFileBlockBytes: 1024,
  },
  {
    name: 'rhel8',
    release: '4.18',
    plus: ['madv-cold-pageout'],
    title: 'RHEL 8 (4.18)',
  },
  {
    name: 'rhel9',
    release: '5.14',
    plus: [
      'memlock-8m',
      'mlock-count',
      'madv-dontneed-locked',
      'anon-exclusive',
      'madv-collapse',
      'smaps-lf',
    ],
    title: 'RHEL 9 (5.14 with backports)',
  },
  { name: 'rhel10', release: '6.12', title: 'RHEL 10 (6.12)' },
  {
    name: 'debian12',
    release: '6.1',
    plus: [...STABLE_2026, 'remove-needs-may-write', 'dontunmap-moved-part'],
    title: 'Debian 12 (6.1)',
  },
  {
    name: 'debian13',
    release: '6.12',
    plus: [...STABLE_2026, 'dontunmap-moved-part'],
    title: 'Debian 13 (6.12)',
  },
  { name: 'ubuntu22.04', release: '5.15', title: 'Ubuntu 22.04 (5.15)' },
  { name: 'ubuntu24.04', release: '6.8', title: 'Ubuntu 24.04 (6.8)' },
]

/** The offered kernel of a name, such as `6.18` or `debian12`. */
export function kernelNamed(name: string): OfferedKernel | undefined {
  return KERNELS.find(kernel => kernel.name === name)
}

function releaseNumber(release: string): number {
  const [major = '0', minor = '0'] = release.split('.')
  return Number(major) * 1000 + Number(minor)
}

/** The changes that a profile has, in the order of their releases. */
export function changesOf(profile: KernelProfile): KernelChange[] {
  const plus = new Set(profile.plus)
  const minus = new Set(profile.minus)
  const limit = releaseNumber(profile.release)
  return CHANGES.filter(change => {
    if (minus.has(change.id)) return false
    return plus.has(change.id) || (change.since !== null && releaseNumber(change.since) <= limit)
  })
}

/** How a kernel behaves. The only code that compares releases. */
export function behaviourOf(profile: KernelProfile): KernelBehaviour {
  const known = behaviours.get(profile)
  if (known !== undefined) return known
  const behaviour = Object.freeze(changesOf(profile).reduce((b, change) => change.apply(b), { ...BASELINE }))
  behaviours.set(profile, behaviour)
  return behaviour
}

/** Profiles are constants, and so is what follows from them. */
const behaviours = new WeakMap<KernelProfile, KernelBehaviour>()
