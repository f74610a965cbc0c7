import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PTE, PTE_PRESENT, PTE_ZERO } from '../../engine/mm/mm-types.ts'
import { RunList, SPAN, type Run, type RunKind } from '../../engine/runs.ts'

/** The model: one entry per position. A state is a letter and, for `target`, a number that goes up with the position. */
const SIZE = 40
type Cell = { state: string; target: number } | null

interface Letters extends Run {
  state: string
  target: number
}

const LETTERS: RunKind<Letters> = {
  part: (run, start, end) => ({ start, end, state: run.state, target: run.target + (start - run.start) }),
  continues: (run, next) => run.state === next.state && run.target + (run.end - run.start) === next.target,
}

const range = fc.tuple(fc.nat(SIZE), fc.nat(SIZE)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
const step = fc.record({
  what: fc.constantFrom('put', 'take', 'change'),
  range,
  state: fc.constantFrom('a', 'b'),
  target: fc.nat(3).map(n => n * 100),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

class Model {
  readonly cells: Cell[] = Array.from({ length: SIZE }, () => null)
  readonly list = new RunList<Letters>(LETTERS)

  apply({ what, range: [start, end], state, target }: Step): void {
    if (what === 'take') {
      const gone = this.list.take(start, end)
      expect(spread(gone)).toEqual(positions(this.cells, start, end))
      this.cells.fill(null, start, end)
    } else if (what === 'put') {
      if (start === end) return
      this.list.put({ start, end, state, target: target + start })
      for (let i = start; i < end; i++) this.cells[i] = { state, target: target + i }
    } else {
      for (const run of this.list.cut(start, end)) run.state = state
      this.list.heal(start, end)
      for (let i = start; i < end; i++) this.cells[i] &&= { ...this.cells[i]!, state }
    }
  }
}

function positions(cells: readonly Cell[], start: number, end: number): (readonly [number, Cell])[] {
  return cells
    .map((cell, i) => [i, cell] as const)
    .filter(([i, cell]) => cell !== null && i >= start && i < end)
}

function spread(runs: readonly Letters[]): [number, Cell][] {
  return runs.flatMap(({ start, end, state, target }) =>
    Array.from({ length: end - start }, (_, i): [number, Cell] => [start + i, { state, target: target + i }]),
  )
}

function modelAfter(steps: readonly Step[]): Model {
  const model = new Model()
  for (const s of steps) model.apply(s)
  return model
}

const history = fc.array(step, { maxLength: 25 })
const overHistories = (check: (model: Model, start: number, end: number) => void) => {
  fc.assert(
    fc.property(history, range, (steps, [start, end]) => {
      check(modelAfter(steps), start, end)
    }),
    { numRuns: 400 },
  )
}

describe('a list of runs', () => {
  it('says of every position what an array with an entry for each would say', () => {
    overHistories(({ list, cells }) => {
      expect(spread(list.items)).toEqual(positions(cells, 0, SIZE))
    })
  })

  it('is sorted, without overlaps, and without neighbours of equal state', () => {
    overHistories(({ list }) => {
      for (const [i, run] of list.items.entries()) {
        expect(run.start).toBeLessThan(run.end)
        const next = list.items[i + 1]
        if (next === undefined) continue
        expect(run.end).toBeLessThanOrEqual(next.start)
        expect(run.end === next.start && LETTERS.continues(run, next)).toBe(false)
      }
    })
  })

  it('finds the run at a position, and the next one, from wherever it looked before', () => {
    overHistories(({ list, cells }, start, end) => {
      for (const at of [start, end, start, 0, SIZE - 1]) {
        const cell = cells[at] ?? null
        const run = list.at(at)
        expect(
          run === undefined ? null : { state: run.state, target: run.target + (at - run.start) },
        ).toEqual(cell)
        const next = cells.findIndex((c, i) => i >= at && c !== null)
        const found = list.next(at)
        expect(found === undefined ? -1 : Math.max(found.start, at)).toBe(next)
        expect(list.indexAfter(at)).toBe(list.items.filter(r => r.end <= at).length)
      }
    })
  })

  it('counts what a range covers', () => {
    overHistories(({ list, cells }, start, end) => {
      const there = positions(cells, start, end).length
      expect(list.covered(start, end)).toBe(there)
      if (start < end) {
        expect(list.covers(start, end)).toBe(there === end - start)
        expect(list.any(start, end)).toBe(there > 0)
        expect(list.over(start, end)).toEqual(list.items.filter(r => r.end > start && r.start < end))
      }
    })
  })

  it('cuts at both ends of a range, and healing undoes it', () => {
    overHistories(({ list }, start, end) => {
      const before = list.items.map(run => ({ ...run }))
      const inside = list.cut(start, end)
      expect(inside.every(r => r.start >= start && r.end <= end)).toBe(true)
      expect(spread(inside)).toEqual(spread(before).filter(([i]) => i >= start && i < end))
      list.heal(start, end)
      expect(list.items).toEqual(before)
    })
  })

  it('does nothing on an empty range', () => {
    overHistories(({ list }, start) => {
      const before = list.items.map(run => ({ ...run }))
      expect(list.cut(start, start)).toEqual([])
      expect(list.take(start, start)).toEqual([])
      expect(list.items).toEqual(before)
    })
  })

  it('holds positions near the end of a 57-bit address space as exactly as those at 0', () => {
    const last = 2 ** 52
    const list = new RunList<Run>(SPAN)
    list.put({ start: 0, end: last })
    list.take(last - 3, last - 2)
    expect(list.items).toEqual([
      { start: 0, end: last - 3 },
      { start: last - 2, end: last },
    ])
    expect(list.covered(0, last)).toBe(last - 1)
  })
})

describe('a set of positions', () => {
  it('is one run however it was put together', () => {
    const pieces = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 })
    fc.assert(
      fc.property(pieces, order => {
        const list = new RunList<Run>(SPAN)
        for (const i of order) list.put({ start: i * 5, end: i * 5 + 5 })
        expect(list.items).toEqual([{ start: 0, end: 40 }])
      }),
    )
  })
})

describe('page table entries', () => {
  const entry = (start: number, end: number, target: number, bits: number) => ({ start, end, target, bits })

  it('join where the frames go on, and part where they do not', () => {
    const list = new RunList(PTE)
    list.put(entry(0, 4, 100, PTE_PRESENT))
    list.put(entry(4, 8, 104, PTE_PRESENT))
    list.put(entry(8, 9, 200, PTE_PRESENT))
    expect(list.items).toEqual([entry(0, 8, 100, PTE_PRESENT), entry(8, 9, 200, PTE_PRESENT)])
  })

  it('of zero pages all name the same page', () => {
    const list = new RunList(PTE)
    list.put(entry(0, 4, 0, PTE_PRESENT | PTE_ZERO))
    list.put(entry(4, 8, 0, PTE_PRESENT | PTE_ZERO))
    list.take(2, 3)
    expect(list.items).toEqual([
      entry(0, 2, 0, PTE_PRESENT | PTE_ZERO),
      entry(3, 8, 0, PTE_PRESENT | PTE_ZERO),
    ])
  })
})
