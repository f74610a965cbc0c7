import { describe, expect, it } from 'vitest'
import { compare, type Comparison } from '../../../engine/planner/compare.ts'
import { inProcess } from '../../../engine/planner/executor.ts'
import { runScenario } from '../../../engine/planner/run.ts'
import { planOfTemplate, templateNamed } from '../../../formats/plan/templates.ts'

async function compared(
  id: string,
): Promise<{ figure: (variant: string, metric: string) => number; all: Comparison }> {
  const planned = planOfTemplate(templateNamed(id)!).compare!
  const all = await compare(inProcess(runScenario), {
    axis: planned.axis ?? 'variant',
    variants: planned.variants,
  })
  const figure = (variant: string, metric: string): number =>
    all.variants.find(({ name }) => name === variant)?.figures[metric] ?? NaN
  return { figure, all }
}

describe('the claim of a template', () => {
  it('lock on fault: 8 % of the model is locked, and the program is ready at once', async () => {
    const { figure } = await compared('lock-on-fault')
    expect(figure('mlock-onfault', 'locked') / figure('mlock', 'locked')).toBeCloseTo(0.08, 2)
    expect(figure('mlock', 'ready') / figure('mlock-onfault', 'ready')).toBeGreaterThan(100)
    expect(figure('mlock-onfault', 'VmLck')).toBe(figure('mlock', 'VmLck'))
    expect(figure('mlock-onfault', 'access')).toBeGreaterThan(figure('mlock', 'access'))
  })

  it('sparse memory: populating for writing is ready sooner than touching, and says the same', async () => {
    const { figure } = await compared('sparse-guest-memory')
    expect(figure('populate-write', 'ready') / figure('write', 'ready')).toBeLessThan(0.95)
    expect(figure('populate-write', 'rss')).toBe(figure('write', 'rss'))
  })

  it('the mmap lock: faults wait for all of a populate on 3.7, and not at all on 3.10', async () => {
    const { figure, all } = await compared('populate-under-lock')
    expect(figure('3.7, faults', 'stall')).toBeGreaterThan(0.9 * 1e9 * figure('3.7, faults', 'ready'))
    expect(figure('3.10, faults', 'stall')).toBe(0)
    const behind = all.reasons.find(({ variant }) => variant === '3.7, faults')?.finding
    expect(behind?.detail).toContain('wanted the mmap lock')
  })

  it('large folios: without the change none is mlocked, and reclaim scans them all in vain', async () => {
    const { figure } = await compared('straddling-folios')
    const [without, with_] = ['6.18 -mlock-large-folios', '6.18']
    expect(figure(with_, 'unevictable')).toBeGreaterThan(0.99 * figure(with_, 'locked'))
    expect(figure(without, 'unevictable')).toBe(0)
    expect(figure(without, 'VmLck')).toBe(figure(with_, 'VmLck'))
    expect(figure(without, 'scanned-locked') / figure(with_, 'scanned-locked')).toBeGreaterThan(100)
    // 128 ranges begin and end within a folio; which of the two folios are split is told by the count.
    expect(figure(with_, 'folios-split')).toBeCloseTo(128, 0)
  })

  it('pinned and locked: twice the limit when counted apart, a refusal when counted together', async () => {
    const { figure, all } = await compared('pinned-and-locked')
    expect(figure('counted apart', 'refused')).toBe(0)
    expect(figure('counted together (VM_PINNED)', 'refused')).toBe(1)
    const ids = (name: string): string[] =>
      all.reasons.filter(({ variant }) => variant === name).map(({ finding }) => finding.id)
    expect(ids('counted apart')).toContain('locked-and-pinned')
    expect(ids('counted together (VM_PINNED)')).toContain('refused')
  })
})
