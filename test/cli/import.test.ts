import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exitCodes } from '../../cli/exit-codes.ts'
import { runProgram } from '../../cli/program.ts'
import { readPlan } from '../../formats/plan/read-plan.ts'

const sample = (name: string): string => join('test/formats/import/samples', name)

describe('holdfast import', () => {
  let out = ''
  let err = ''
  let folder = ''
  beforeEach(() => {
    out = err = ''
    folder = mkdtempSync(join(tmpdir(), 'import-'))
    vi.spyOn(process.stdout, 'write').mockImplementation(text => ((out += String(text)), true))
    vi.spyOn(process.stderr, 'write').mockImplementation(text => ((err += String(text)), true))
    vi.spyOn(console, 'error').mockImplementation(text => (err += `${String(text)}\n`))
  })
  afterEach(() => {
    vi.restoreAllMocks()
    rmSync(folder, { recursive: true })
  })

  it('makes a plan of several texts, and says what was taken and assumed, and where', async () => {
    const files = [sample('libvirt/container.xml')]
    const meminfo = join(folder, 'meminfo')
    writeFileSync(meminfo, 'MemTotal:       65536000 kB\nSwapTotal: 0 kB\nHugepagesize: 2048 kB\n')
    expect(await runProgram(['import', files[0] as string, meminfo])).toBe(exitCodes.holds)
    const plan = readPlan(out)
    expect(plan.ok).toBe(true)
    if (plan.ok) expect(plan.plan.scenario.workloads).toHaveLength(1)
    expect(err).toMatch(/^taken {10}.*container\.xml, line \d+: /m)
    expect(err).toMatch(/^assumed {9}the plan: No text says how many CPUs/m)
  })

  it('writes the plan to a file that is not there yet, and never over one that is', async () => {
    const file = join(folder, 'plan.json')
    expect(await runProgram(['import', sample('libvirt/container.xml'), '--out', file])).toBe(exitCodes.holds)
    const written = readFileSync(file, 'utf8')
    expect(readPlan(written).ok).toBe(true)
    expect(await runProgram(['import', sample('libvirt/container.xml'), '--out', file])).toBe(
      exitCodes.badInput,
    )
    expect(readFileSync(file, 'utf8')).toBe(written)
  })

  it('answers what it does not know with 2, and lets nothing through to the terminal', async () => {
    const file = join(folder, 'odd')
    writeFileSync(file, '\u001b[2Jnothing that is read')
    expect(await runProgram(['import', file])).toBe(exitCodes.badInput)
    expect(err).toContain('none of the formats')
    expect(err).not.toContain('\u001b')
    expect(await runProgram(['import', join(folder, 'absent')])).toBe(exitCodes.badInput)
    expect(err).toContain('there is no such file')
  })
})
