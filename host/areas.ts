/**
 * Where the areas of a program lie in the address space. Every area gets a window of 1 GiB with its origin in the
 * middle, so that nothing in one area can touch, merge with or share a page table with another.
 */
import type { Op } from '../engine/op.ts'
import { CannotRun } from './refusal.ts'
import { RUNTIME_BASE } from './tracee.ts'

const FIRST_WINDOW = 0x2000_0000_0000
const WINDOW = 0x4000_0000
const PAGE = 4096
const HUGE_PAGE = 0x20_0000

const RUNTIME_AREA = '$rt'
export const HEAP_AREA = '$heap'

export interface Area {
  readonly name: string
  /** Addresses: offset 0, and the window that belongs to the area. */
  readonly origin: number
  readonly low: number
  readonly high: number
}

export class Areas {
  /** In the order in which the program names them, then the runtime page and the heap. */
  readonly list: readonly Area[]
  readonly #byName: ReadonlyMap<string, Area>

  /** `window` is the address space of each area: twice the largest of them at least. */
  constructor(ops: readonly Op[], heapBase: bigint, window = WINDOW) {
    const heap = Number(heapBase)
    const half = window / 2
    this.list = [
      ...namesOf(ops).map((name, i) => {
        const origin = FIRST_WINDOW + i * window + half + phaseOf(name, ops)
        return { name, origin, low: origin - half, high: origin + half }
      }),
      { name: RUNTIME_AREA, origin: RUNTIME_BASE, low: RUNTIME_BASE, high: RUNTIME_BASE + PAGE },
      { name: HEAP_AREA, origin: heap, low: heap, high: heap + WINDOW },
    ]
    this.#byName = new Map(this.list.map(area => [area.name, area]))
  }

  address(name: string, offset: number | bigint | undefined): bigint {
    const area = this.#byName.get(name)
    if (area === undefined) throw new CannotRun('program', `The program has no area ${name}.`)
    return BigInt(area.origin) + BigInt(offset ?? 0)
  }
}

/** The areas that ops create, by the key that creates them. */
function namesOf(ops: readonly Op[]): string[] {
  const names = ops.flatMap(op => (op.op === 'mmap' ? [op.as] : op.op === 'mremap' ? [op.to] : []))
  return [...new Set(names.filter(name => name !== undefined))]
}

function phaseOf(name: string, ops: readonly Op[]): number {
  const phases = ops.flatMap(op =>
    (op.op === 'mmap' && op.as === name) || (op.op === 'mremap' && op.to === name) ? [op.phase ?? 0] : [],
  )
  const phase = Math.max(...phases)
  if (phase % PAGE !== 0 || phase < 0 || phase >= HUGE_PAGE)
    throw new CannotRun('program', `Area ${name} has the phase ${phase}: not a multiple of 4096 below 2 MiB.`)
  return phase
}
