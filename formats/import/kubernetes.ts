/**
 * Kubernetes objects as YAML or JSON: guests of KubeVirt, and Pods or what makes them.
 *
 *     kind: VirtualMachine
 *     spec: {template: {spec: {domain: {cpu: {cores: 8}, memory: {guest: 32Gi, hugepages: {pageSize: 1Gi}}}}}}
 */
import type { GuestFacts } from '../../engine/planner/limits/guest.ts'
import type { WorkloadSpec } from '../../engine/scenario.ts'
import { quoted } from '../safe-text.ts'
import { textOf } from './decode.ts'
import type { ImportedLimits, Importer, ImportResult } from './importer.ts'
import { readKubevirt } from './kubernetes/kubevirt.ts'
import { readPod } from './kubernetes/pod.ts'
import { Notes, refused } from './notes.ts'
import {
  at,
  listAt,
  MOST_CHARACTERS_OF_YAML,
  parseYaml,
  textAt,
  type YamlDocument,
} from './yaml-documents.ts'

export const kubernetes: Importer = {
  id: 'kubernetes',
  title: 'Kubernetes YAML: KubeVirt guests, Pods',
  yields: ['workloads', 'limits'],
  maxCharacters: MOST_CHARACTERS_OF_YAML,
  recognises: head =>
    (/^["']?kind["']?\s*:/m.test(head) &&
      /(?:^|[{,\s])["']?(?:apiVersion|spec|metadata)["']?\s*:/m.test(head)) ||
    /^\s*\{[^{}]{0,200}"(?:apiVersion|kind)"\s*:/.test(head),
  read: input => readObjects(textOf(input)),
}

/** An object, and what is in it that matters. */
interface Found {
  readonly kind: 'guest' | 'pod'
  readonly spec: unknown
  readonly name: string
  readonly path: readonly (string | number)[]
  readonly document: YamlDocument
}

const MOST_OBJECTS = 1000

function readObjects(text: string): ImportResult {
  const yaml = parseYaml(text)
  if (!yaml.ok) return refused(yaml.issue)
  const notes = new Notes()
  const objects = yaml.documents
    .flatMap(document => objectsIn(document, document.value, [], notes))
    .slice(0, MOST_OBJECTS)
  const guests: GuestFacts[] = []
  const workloads: WorkloadSpec[] = []
  const limits: ImportedLimits[] = []
  for (const { kind, spec, name, path, document } of objects) {
    const where = pathOf(path)
    const line = document.lineOf(path)
    if (kind === 'pod') {
      const read = readPod(spec, name, { path: where, line }, notes)
      limits.push(...read.limits)
      workloads.push(...read.workloads)
      continue
    }
    const read = readKubevirt(spec, name, { path: where, line }, notes)
    if (read === undefined) continue
    guests.push(read.guest)
    limits.push(read.limits)
    if (read.workload !== undefined) workloads.push(read.workload)
  }
  if (objects.length === 0)
    return refused({
      path: '$.kind',
      found: yaml.documents.map(({ value }) => textAt(value, 'kind') ?? 'nothing').join(', '),
      allowed: 'VirtualMachine, VirtualMachineInstance, Pod, or what makes them',
      sentence: 'There is no guest and no Pod in it.',
    })
  return { ok: true, guests, workloads, limits, notes: notes.list() }
}

const pathOf = (path: readonly (string | number)[]): string => ['$', ...path].join('.')

/** Where the description of a guest or of a Pod stands in the objects that have one. */
const PLACES: readonly (readonly string[])[] = [
  ['spec', 'template', 'spec'],
  ['spec', 'virtualMachineTemplate', 'spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  ['spec'],
]

function objectsIn(
  document: YamlDocument,
  value: unknown,
  path: readonly (string | number)[],
  notes: Notes,
): Found[] {
  const kind = textAt(value, 'kind')
  const items = listAt(value, 'items')
  if (items.length > 0 && (kind ?? '').endsWith('List'))
    return items.flatMap((item, i) => objectsIn(document, item, [...path, 'items', i], notes))
  const name = textAt(value, 'metadata', 'name') ?? textAt(value, 'metadata', 'generateName') ?? kind ?? ''
  for (const place of PLACES) {
    const spec = at(value, ...place)
    const whole = [...path, ...place]
    if (at(spec, 'domain') !== undefined) return [{ kind: 'guest', spec, name, path: whole, document }]
    if (listAt(spec, 'containers').length > 0) return [{ kind: 'pod', spec, name, path: whole, document }]
  }
  if (kind !== undefined)
    notes.ignored(
      pathOf(path),
      `${quoted(kind)} ${quoted(name)} is no guest and no Pod.`,
      document.lineOf(path),
    )
  return []
}
