/**
 * What `uname -r` says: a mainline release, or the kernel of a distribution, which its suffix gives away.
 *
 *     6.12.9-1
 *     5.14.0-427.13.1.el9_4.x86_64
 *     6.1.0-18-amd64
 *     6.8.0-31-generic
 */
import { changesOf, KERNELS, type OfferedKernel } from '../../engine/kernels/releases.ts'
import { quoted } from '../safe-text.ts'

export interface KnownRelease {
  readonly kernel: OfferedKernel
  /** Whether it is that kernel, or the last one on offer before it. */
  readonly isExact: boolean
  readonly sentence: string
}

/** Suffixes by which distributions mark their kernels, and the kernel on offer; the release has to be its own, too. */
const DISTRIBUTIONS: readonly { readonly suffix: RegExp; readonly name: string }[] = [
  { suffix: /\.el8(?:[_.]|$)/, name: 'rhel8' },
  { suffix: /\.el9(?:[_.]|$)/, name: 'rhel9' },
  { suffix: /\.el10(?:[_.]|$)/, name: 'rhel10' },
  { suffix: /^6\.1\.\d+-\d+(?:-\w+)*-(?:amd64|arm64)$/, name: 'debian12' },
  { suffix: /\+deb13(?:[-+.]|$)/, name: 'debian13' },
  { suffix: /^5\.15\.0-\d+-[a-z][\w-]*$/, name: 'ubuntu22.04' },
  { suffix: /^6\.8\.0-\d+-[a-z][\w-]*$/, name: 'ubuntu24.04' },
]

const valueOf = (release: string): number => {
  const [major = '0', minor = '0'] = release.split('.')
  return Number(major) * 1000 + Number(minor)
}

/** Undefined where the text begins with no release, or with one before all that are on offer. */
export function knownRelease(text: string): KnownRelease | undefined {
  const release = text.trim().slice(0, 100)
  const [, major, minor] = /^(?:Linux \S+ )?(\d{1,2})\.(\d{1,3})/.exec(release) ?? []
  if (major === undefined || minor === undefined) return undefined
  const sought = valueOf(`${major}.${minor}`)
  const marked = DISTRIBUTIONS.find(({ suffix }) => suffix.test(release))?.name
  const own = KERNELS.find(({ name, release: of }) => name === marked && valueOf(of) === sought)
  if (own !== undefined)
    return { kernel: own, isExact: true, sentence: `Linux ${quoted(release)} is ${own.title}.` }
  const before = KERNELS.filter(({ name }) => /^\d/.test(name) && valueOf(name) <= sought)
  const nearest = before.sort((a, b) => valueOf(b.name) - valueOf(a.name))[0]
  if (nearest === undefined) return undefined
  const isExact = valueOf(nearest.name) === sought
  const sentence = isExact
    ? `Linux ${quoted(release)} is ${nearest.title}.`
    : `Linux ${quoted(release)} is planned as ${nearest.title}, the last before it.`
  return { kernel: nearest, isExact, sentence }
}

/** Ids of the changes that a kernel on offer has. */
export const changeIdsOf = (kernel: OfferedKernel): ReadonlySet<string> =>
  new Set(changesOf(kernel).map(({ id }) => id))
