/** What guest memory is mapped from, and whether it is populated and locked. */
import { formatBytes, GIB, KIB, MIB } from '../../../engine/quantity.ts'
import type { GuestBacking } from '../../../engine/planner/limits/guest.ts'
import { quoted } from '../../safe-text.ts'
import type { Notes } from '../notes.ts'
import { childOf, childrenOf, type XmlElement } from '../xml.ts'

export interface DomainBacking {
  readonly backing: GuestBacking
  readonly hugePageBytes: number
  readonly prealloc: boolean
  readonly preallocThreads: number
  readonly locked: boolean
}

export function backingOf(domain: XmlElement, path: string, notes: Notes): DomainBacking {
  const element = childOf(domain, 'memoryBacking')
  const where = `${path}/memoryBacking`
  const hugePageBytes = hugePages(element, where, notes)
  const source = sourceOf(domain, element, where, notes)
  const allocation = childOf(element, 'allocation')
  const { mode = 'ondemand', threads = '0' } = allocation?.attributes ?? {}
  const immediate = mode === 'immediate'
  const locked = childOf(element, 'locked') !== undefined
  if (locked) notes.taken(`${where}/locked`, 'Its memory is locked: mem-lock=on.', element?.line)
  if (immediate)
    notes.taken(`${where}/allocation`, 'Its memory is allocated before it starts.', allocation?.line)
  if (hugePageBytes > 0 && !immediate)
    notes.assumed(
      `${where}/hugepages`,
      'libvirt preallocates whenever huge pages are asked for.',
      element?.line,
    )
  for (const name of ['nosharepages', 'discard'])
    if (childOf(element, name) !== undefined)
      notes.ignored(`${where}/${name}`, `${name} changes nothing that is planned.`, element?.line)
  return {
    backing: hugePageBytes > 0 ? 'hugetlb' : source,
    hugePageBytes: hugePageBytes > 0 ? hugePageBytes : 2 * MIB,
    prealloc: immediate || hugePageBytes > 0,
    preallocThreads: notes.count(threads, `${where}/allocation/@threads`, allocation?.line, 65536) ?? 0,
    locked,
  }
}

/** Size of the huge pages; 0 for none. A page of 4 KiB is how a domain says that it wants none. */
function hugePages(element: XmlElement | undefined, path: string, notes: Notes): number {
  const hugepages = childOf(element, 'hugepages')
  if (hugepages === undefined) return 0
  const pages = childrenOf(hugepages, 'page').flatMap(page => {
    const { size = '', unit = 'KiB', nodeset } = page.attributes
    const bytes = notes.bytes(size, 'libvirt', `${path}/hugepages/page/@size`, page.line, unit)
    return bytes === undefined || bytes === 0 ? [] : [{ bytes, nodeset, line: page.line }]
  })
  const chosen = pages.find(page => page.nodeset === undefined) ?? pages[0]
  if (chosen === undefined) {
    notes.assumed(
      `${path}/hugepages`,
      'Huge pages of the host’s default size, taken to be 2 MiB.',
      hugepages.line,
    )
    return 2 * MIB
  }
  if (chosen.bytes <= 4 * KIB) {
    notes.taken(`${path}/hugepages`, 'Pages of 4 KiB are no huge pages.', chosen.line)
    return 0
  }
  notes.taken(`${path}/hugepages`, `Huge pages of ${formatBytes(chosen.bytes)}.`, chosen.line)
  if (pages.some(page => page.bytes !== chosen.bytes))
    notes.assumed(
      `${path}/hugepages`,
      'Its NUMA nodes have pages of several sizes; one is planned.',
      hugepages.line,
    )
  else if (chosen.nodeset !== undefined)
    notes.assumed(
      `${path}/hugepages`,
      `They are for the nodes ${quoted(chosen.nodeset)}; all of its memory is planned so.`,
      chosen.line,
    )
  if (chosen.bytes !== 2 * MIB && chosen.bytes !== GIB)
    notes.ignored(`${path}/hugepages`, `${formatBytes(chosen.bytes)} is not a size of x86-64.`, chosen.line)
  return chosen.bytes
}

const SOURCES: Readonly<Record<string, GuestBacking>> = { memfd: 'memfd', file: 'file', anonymous: 'anon' }

function sourceOf(
  domain: XmlElement,
  element: XmlElement | undefined,
  path: string,
  notes: Notes,
): GuestBacking {
  const source = childOf(element, 'source')
  const type = source?.attributes['type']
  if (type !== undefined) {
    const backing = Object.hasOwn(SOURCES, type) ? SOURCES[type] : undefined
    if (backing !== undefined) {
      notes.taken(`${path}/source`, `Memory comes from ${type}.`, source?.line)
      return backing
    }
    notes.notUnderstood(
      `${path}/source`,
      `A source of type ${quoted(type)}; memfd, file and anonymous are known.`,
      source?.line,
    )
  }
  const shared =
    childOf(element, 'access')?.attributes['mode'] === 'shared' ||
    childrenOf(childOf(domain, 'cpu', 'numa'), 'cell').some(cell => cell.attributes['memAccess'] === 'shared')
  if (!shared || type !== undefined) return 'anon'
  notes.assumed(`${path}/access`, 'Shared memory without a source is a file of libvirt.', element?.line)
  return 'file'
}
