/**
 * A replay for people: every step with its result, what refused it, faults, counters, the locks and the work, and a
 * picture of each area that looks different from before. The signs stand in `page-signs.ts`.
 */
import type { Refusal } from '../errno.ts'
import type { Kernel, Task } from '../mm/kernel.ts'
import { observeSystem } from '../mm/task-mmu.ts'
import type { Op } from '../op.ts'
import type { Program } from '../program.ts'
import { KIB_PER_PAGE } from '../units.ts'
import type { Phase, WorkKind } from '../work.ts'
import { areaPicture, type AreaPicture } from './area-picture.ts'
import { opText, sizeText } from './op-text.ts'
import { SIGNS, type Sign } from './page-signs.ts'
import { Replay, type Outcome, type ReplayOptions } from './replay.ts'

export interface DrawOptions extends ReplayOptions {
  /** What the kernel is called in the title. */
  readonly kernelTitle?: string
  /** Characters a line should not exceed; lines that cannot be broken may. */
  readonly width?: number
}

const WIDTH = 110
/** Every line under the one of the operation. */
const INDENT = '    '

/** The picture of every area with mappings, by process and area. */
type Pictures = ReadonlyMap<string, AreaPicture>

/** Runs a program and draws it. The legend at the top has the signs that occur. */
export function drawReplay(program: Program, options: DrawOptions = {}): string {
  const width = options.width ?? WIDTH
  const run = new Replay(program, options)
  // What it took to make files and the first process is no operation's work.
  run.kernel.log.take()
  const used = new Set<Sign>()
  let before = picturesOf(run, width)
  const untouched = linesOf(before.get('p0 $rt'))
  const steps = program.ops.flatMap((op, index) => {
    const outcome = run.apply(op)
    const after = picturesOf(run, width)
    // A new process shows its runtime page only if there is something to see.
    const changed = [...after].filter(([key, picture]) => {
      const seen = before.has(key) ? linesOf(before.get(key)) : key.endsWith(' $rt') ? untouched : ''
      return linesOf(picture) !== seen
    })
    for (const [, { signs }] of changed) for (const sign of signs) used.add(sign)
    const several = run.kernel.tasks.length > 1
    const pictures = [...pictureLines(changed, several), ...goneLines(before, after, several)]
    before = after
    return [...stepLines(run.kernel, index, op, outcome, width), ...pictures.map(line => INDENT + line), '']
  })
  const title = `${program.name} on ${options.kernelTitle ?? `Linux ${program.machine.kernel}`}`
  const head = [title, ...saidLines(program.doc, width), '', ...legendLines(used, width), '']
  return [...head, ...steps].join('\n')
}

/** The meaning of signs, as in `P small page, mlocked`. */
function legendLines(used: ReadonlySet<Sign>, width: number): string[] {
  const entries = SIGNS.filter(([sign]) => used.has(sign)).map(([sign, meaning]) => `${sign} ${meaning}`)
  return wrapped('  · ', entries, width)
}

/** A program comes from anywhere: what it says must not control a terminal. */
function saidLines(text: string | undefined, width: number): string[] {
  const said = text?.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').split(/\s+/) ?? []
  return wrapped(' ', said.filter(Boolean), width)
}

function picturesOf({ kernel, windows }: Replay, width: number): Pictures {
  const pictures = new Map<string, AreaPicture>()
  for (const task of kernel.tasks)
    for (const window of windows) {
      const vmas = task.mm.vmas.filter(vma => vma.start >= window.low && vma.end <= window.high)
      // Room for the names beside it, as far as they have a usual length.
      const room = width - INDENT.length - 8
      if (vmas.length > 0)
        pictures.set(`${task.name} ${window.name}`, areaPicture(kernel, vmas, window, room))
    }
  return pictures
}

const linesOf = (picture: AreaPicture | undefined): string => picture?.lines.join('\n') ?? ''

/** The process is named only where there are several. */
const named = (key: string, several: boolean): string => (several ? key : key.slice(key.indexOf(' ') + 1))

/** The name stands beside the first line of pages, under the ruler. */
function pictureLines(pictures: readonly [string, AreaPicture][], several: boolean): string[] {
  return pictures.flatMap(([key, { lines }]) => {
    const name = named(key, several)
    const margin = ' '.repeat(name.length)
    return lines.map((line, i) => `${i === 1 ? name : margin} ${line}`.trimEnd())
  })
}

/** Areas that lost their last mapping, of processes that have others. */
function goneLines(before: Pictures, after: Pictures, several: boolean): string[] {
  const alive = new Set([...after.keys()].map(key => key.split(' ')[0]))
  const gone = [...before.keys()].filter(key => !after.has(key) && alive.has(key.split(' ')[0]))
  return gone.map(key => `${named(key, several)} nothing is mapped`)
}

function stepLines(k: Kernel, index: number, op: Op, outcome: Outcome, width: number): string[] {
  const room = width - INDENT.length
  const head = `${String(index).padStart(3)} ${opText(op)} = ${outcome.result}`
  const below = [
    ...saidLines(op.note, room - 2).map(line => `# ${line}`),
    ...refusalLines(outcome.refusal),
    ...wrapped(' · ', [...faultsText(outcome), ...countersText(k)], room),
    ...workLines(outcome.phases, room),
  ]
  return [head, ...below.map(line => INDENT + line)]
}

/** `refused: RLIMIT_MEMLOCK; 16 pages asked for, 4 counted before, 16 allowed`. */
function refusalLines(refusal: Refusal | null): string[] {
  if (refusal === null) return []
  const { rule, asked, counted, limit } = refusal
  const numbers =
    asked === undefined
      ? ''
      : `; ${asked} page${asked === 1 ? '' : 's'} asked for, ${counted ?? 0} counted before, ${limit ?? 0} allowed`
  return [`refused: ${rule}${numbers}`]
}

function faultsText({ touched, minflt, majflt }: Outcome): string[] {
  return [
    ...(touched === null ? [] : [`${touched} touched`]),
    ...(minflt > 0 ? [`${minflt} minor fault${minflt === 1 ? '' : 's'}`] : []),
    ...(majflt > 0 ? [`${majflt} major fault${majflt === 1 ? '' : 's'}`] : []),
  ]
}

function countersText(k: Kernel): string[] {
  const { Mlocked, Unevictable } = observeSystem(k)
  const several = k.tasks.length > 1
  return [
    ...k.tasks.flatMap(task => taskText(task, several ? `${task.name} ` : '')),
    `Mlocked ${kib(Mlocked)}`,
    ...(Unevictable === Mlocked ? [] : [`Unevictable ${kib(Unevictable)}`]),
  ]
}

function taskText({ mm }: Task, who: string): string[] {
  const pinned = mm.pinnedVm > 0 ? [`${who}VmPin ${pagesText(mm.pinnedVm)}`] : []
  const swapped = mm.swapEntries > 0 ? [`${who}VmSwap ${pagesText(mm.swapEntries)}`] : []
  return [`${who}VmLck ${pagesText(mm.lockedVm)}`, ...pinned, ...swapped]
}

const kib = (value: number): string => sizeText(value * 1024)
const pagesText = (nrPages: number): string => kib(nrPages * KIB_PER_PAGE)

/** What the head of a step says already: that there was a call, and how many faults and accesses. */
const TOLD: readonly WorkKind[] = ['systemCall', 'handleFault', 'touchPage']

/** One line per lock that was held, with what was done under it: `mmap-write: change vma`. */
function workLines(phases: readonly Phase[], width: number): string[] {
  return phases.flatMap(({ lock, work }) => {
    const untold = work.filter(({ kind }) => !TOLD.includes(kind))
    if (untold.length === 0) return []
    const items = untold.map(({ kind, amount }) => (amount === 1 ? words(kind) : `${words(kind)} ×${amount}`))
    const [first = '', ...rest] = wrapped(', ', items, width - lock.length - 2)
    return [`${lock}: ${first}`, ...rest.map(line => ' '.repeat(lock.length + 2) + line)]
  })
}

/** `clearSmallPage` as `clear small page`. */
const words = (kind: string): string => kind.replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)

/** Items joined by a separator, broken into lines between them. */
function wrapped(separator: string, items: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + separator.length + item.length <= width)
      lines[lines.length - 1] = last + separator + item
    else lines.push(item)
  }
  return lines
}
