/**
 * libvirt domain XML, one or many: files, `virsh dumpxml`, several of them in one text or inside any other element
 * (status, snapshot, backup). Nothing of it is expanded or fetched.
 *
 *     <domain type='kvm'><name>rt7</name><memory unit='GiB'>32</memory><vcpu>8</vcpu>
 *       <memoryBacking><hugepages/><locked/></memoryBacking></domain>
 */
import type { GuestFacts } from '../../engine/planner/limits/guest.ts'
import type { WorkloadSpec } from '../../engine/scenario.ts'
import { textOf } from './decode.ts'
import type { ImportedLimits, Importer, ImportResult } from './importer.ts'
import { readDomain } from './libvirt/domain.ts'
import { Notes, refused } from './notes.ts'
import { blanked, childOf, found, parseXml, type XmlElement } from './xml.ts'

const MOST_DOMAINS = 1000

export const libvirt: Importer = {
  id: 'libvirt',
  title: 'libvirt domain XML',
  yields: ['workloads', 'limits'],
  recognises: head => /^[^<]{0,400}</.test(head) && /<(?:\w+:)?domain(?:\s[^<>]*)?>\s*</.test(blanked(head)),
  read: input => readDomains(textOf(input)),
}

function isDomain(element: XmlElement): boolean {
  const parts = ['name', 'memory', 'vcpu', 'os', 'devices', 'uuid']
  return element.name === 'domain' && element.children.some(child => parts.includes(child.name))
}

function readDomains(text: string): ImportResult {
  // What a shell printed around the elements is text between them, and does not matter.
  const xml = parseXml(text)
  if (!xml.ok) return refused(xml.issue)
  const domains = found(xml.roots, isDomain)
  if (domains.length === 0)
    return refused({
      path: '/',
      found: xml.roots.map(root => root.name).join(', ') || 'no element',
      allowed: 'one or more domain elements with name, memory or devices',
      sentence: 'There is no domain in this XML.',
    })
  const notes = new Notes()
  if (domains.length > MOST_DOMAINS)
    notes.ignored('/', `The first ${MOST_DOMAINS} of ${domains.length} domains are read.`)
  const guests: GuestFacts[] = []
  const workloads: WorkloadSpec[] = []
  const limits: ImportedLimits[] = []
  domains.slice(0, MOST_DOMAINS).forEach((element, i) => {
    const path = domains.length === 1 ? '/domain' : `/domain[${i + 1}]`
    const read = readDomain(element, path, notes)
    if (read === undefined) return
    guests.push(read.guest)
    limits.push(read.limits)
    if (read.workload !== undefined) workloads.push(read.workload)
  })
  if (guests.length === 0) {
    const path = childOf(domains[0], 'memory') === undefined ? '/domain' : '/domain/memory'
    const why = notes.list().find(note => note.kind === 'not understood')?.sentence ?? ''
    return refused({
      path,
      found: 'no size',
      allowed: 'memory, or NUMA cells with memory',
      sentence: `No domain states its memory. ${why}`,
    })
  }
  return { ok: true, workloads, guests, limits, notes: notes.list() }
}
