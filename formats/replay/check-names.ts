import { shown, type Issues, type Place } from '../issues.ts'
import type { Checked } from './fields.ts'

interface Known {
  readonly issues: Issues
  readonly files: ReadonlySet<string>
  readonly areas: Set<string>
  readonly phases: Map<string, number>
  readonly live: Set<string>
}

const MREMAP_DONTUNMAP = 4

/**
 * The rules that tie operations to one another and to the files: areas exist before they are used and are created
 * once, processes live while they act, files are declared. Reports every breach, in the order of the operations, and
 * gives the phase of every area that has one.
 */
export function checkNames(
  ops: readonly Checked[],
  files: ReadonlySet<string>,
  place: Place,
  issues: Issues,
): ReadonlyMap<string, number> {
  const known: Known = {
    issues,
    files,
    areas: new Set(['$rt', '$heap']),
    phases: new Map(),
    live: new Set(['p0']),
  }
  ops.forEach((op, index) => checkOp(op, place.at(index), known))
  return known.phases
}

function checkOp(op: Checked, place: Place, known: Known): void {
  checkProcess(op, place, known)
  checkFile(op, place, known)
  if (op['op'] === 'mmap') checkMmap(op, place, known)
  else checkUsed(op, place, known)
  if (op['op'] === 'mremap') checkMremap(op, place, known)
  checkPhase(op, place, known)
}

function checkProcess(op: Checked, place: Place, { live, issues }: Known): void {
  const pid = op['pid'] ?? 'p0'
  if (typeof pid !== 'string') return
  if (!live.has(pid))
    issues.add(place.at('pid'), 'noProcess', `pid is ${shown(pid)}, which does not live at this point`)
  const child = op['child']
  if (op['op'] === 'fork' && typeof child === 'string') {
    if (live.has(child))
      issues.add(place.at('child'), 'processExists', `child is ${shown(child)}, which is a live process`)
    live.add(child)
  }
  if (op['op'] === 'exit') live.delete(pid)
}

function checkFile(op: Checked, place: Place, { files, issues }: Known): void {
  const file = op['file']
  if (typeof file !== 'string' || files.has(file)) return
  const declared = files.size === 0 ? 'none are declared' : `declared are ${listed(files)}`
  issues.add(place.at('file'), 'noFile', `file is ${shown(file)}; ${declared}`)
}

function checkMmap(op: Checked, place: Place, known: Known): void {
  const { issues, areas } = known
  const both = 'as' in op && 'on' in op
  if (both) issues.add(place.at('as'), 'asAndOn', 'both as and on are given; allowed is exactly one of them')
  else if (!('as' in op) && !('on' in op))
    issues.add(place.at('as'), 'missing', 'as and on are missing; exactly one of them is needed')
  const area = op['as']
  if (typeof area !== 'string') {
    checkUsed(op, place, known)
    return
  }
  if (areas.has(area) && !area.startsWith('$'))
    issues.add(place.at('as'), 'areaExists', `as is ${shown(area)}, an area that exists; use on`)
  create('as', area, place, known)
  if (!both) ignored(op, 'offset', 'as', 'on', place, issues)
}

function checkMremap(op: Checked, place: Place, known: Known): void {
  if (typeof op['to'] === 'string') create('to', op['to'], place, known)
  else if (Array.isArray(op['flags']) && op['flags'].some(isDontunmap))
    known.issues.add(place.at('to'), 'missing', 'to is missing; dontunmap needs it')
}

const isDontunmap = (flag: unknown): boolean =>
  flag === 'dontunmap' || (typeof flag === 'number' && (flag & MREMAP_DONTUNMAP) !== 0)

function create(key: string, area: string, place: Place, { issues, areas }: Known): void {
  if (!area.startsWith('$')) areas.add(area)
  else
    issues.add(place.at(key), 'reservedName', `${key} is ${shown(area)}; names with $ in front are reserved`)
}

function checkUsed(op: Checked, place: Place, { issues, areas }: Known): void {
  const area = op['on']
  if (typeof area === 'string' && !areas.has(area))
    issues.add(
      place.at('on'),
      'noArea',
      `on is ${shown(area)}, which no operation before this one has created`,
    )
}

/** An area has one phase, wherever it is stated. */
function checkPhase(op: Checked, place: Place, { issues, phases }: Known): void {
  const phase = op['phase']
  if (typeof phase !== 'number') return
  const area = op['as'] ?? op['to']
  if (typeof area !== 'string') {
    ignored(op, 'phase', 'on', op['op'] === 'mremap' ? 'to' : 'as', place, issues)
    return
  }
  const other = phases.get(area)
  if (other === undefined) phases.set(area, phase)
  else if (other !== phase)
    issues.add(
      place.at('phase'),
      'twoPhases',
      `phase is ${phase}, but area ${shown(area)} already has ${other}`,
    )
}

/** A key that would have no effect here; 0, which is what it stands for anyway, passes. */
function ignored(op: Checked, key: string, beside: string, only: string, place: Place, issues: Issues): void {
  if ((op[key] ?? 0) !== 0)
    issues.add(
      place.at(key),
      'noEffect',
      `${key} is ${shown(op[key])} beside ${beside}; it goes only with ${only}`,
    )
}

function listed(names: ReadonlySet<string>): string {
  const shownNames = [...names].slice(0, 10).join(', ')
  return names.size > 10 ? `${shownNames} and ${names.size - 10} more` : shownNames
}
