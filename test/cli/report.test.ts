import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Unwritable, writeWhole } from '../../cli/write-file.ts'

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-report-'))
  const workloads = [{ name: 'vault', kind: 'secrets' }]
  const plan = {
    format: 'holdfast-plan/1',
    name: 'A vault',
    machine: { preset: 'edge-64' },
    workloads,
    horizon: '10 s',
  }
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function holdfast(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}
const files = (): string[] => readdirSync(folder).sort()

describe('holdfast report', () => {
  it('writes a page that is named by the plan, and says where', () => {
    expect(holdfast('report', 'plan.json')).toEqual({
      status: 0,
      stdout: 'Report, HTML: a-vault.html\n',
      stderr: '',
    })
    expect(files()).toEqual(['a-vault.html', 'plan.json'])
  })

  it('takes the format from the ending, and leaves a file that is there unless it is told to', () => {
    expect(holdfast('report', 'plan.json', '-o', 'x.md').status).toBe(0)
    writeFileSync(join(folder, 'x.md'), 'mine')
    const again = holdfast('report', 'plan.json', '-o', 'x.md')
    expect(again).toMatchObject({ status: 2, stderr: 'x.md is there already; --force writes over it\n' })
    expect(readFileSync(join(folder, 'x.md'), 'utf8')).toBe('mine')
    expect(holdfast('report', 'plan.json', '-o', 'x.md', '--force').status).toBe(0)
    expect(readFileSync(join(folder, 'x.md'), 'utf8')).toContain('# A vault')
  })

  it('writes the report of a plan that does not hold, and answers 1', () => {
    const { status, stdout } = holdfast(
      'report',
      'plan.json',
      '--set',
      'workloads[0].limits.memlock=0',
      '--format',
      'md',
      '-o',
      '-',
    )
    expect([status, stdout.includes('The plan does not hold')]).toEqual([1, true])
  })

  it('tells what is wrong with a question before it works on it', () => {
    expect(holdfast('report', 'plan.json', '--format', 'docx')).toMatchObject({ status: 2 })
    expect(holdfast('report', 'plan.json', '-o', 'x.docx').stderr).toContain(
      'the ending of x.docx says nothing',
    )
    expect(holdfast('report', 'plan.json', '--date', 'soon').stderr).toContain('expected a day as YYYY-MM-DD')
    expect(holdfast('report', 'plan.json', '--compare', 'nowhere=1')).toMatchObject({ status: 2 })
    expect(files()).toEqual(['plan.json'])
  })
})

describe('holdfast export', () => {
  it('writes a table, and names those that there are', () => {
    const { stdout } = holdfast('export', 'plan.json', '--as', 'csv', '--table', 'limits', '-o', '-')
    expect(stdout).toMatch(/^process of,needs \[bytes\]/)
    expect(holdfast('export', 'plan.json', '--as', 'csv', '--table', 'x', '-o', '-').stderr).toContain(
      'this plan has inputs-run,',
    )
  })

  it('writes the plan, which is read again to the same plan', () => {
    expect(holdfast('export', 'plan.json', '--as', 'plan', '-o', 'again.json').status).toBe(0)
    const text = (): string => holdfast('export', 'again.json', '--as', 'plan', '-o', '-').stdout
    expect(text()).toBe(readFileSync(join(folder, 'again.json'), 'utf8'))
  })

  it('wants to know what to write', () => {
    expect(holdfast('export', 'plan.json').stderr).toContain(
      'say what to write with --as; there are pdf, html',
    )
  })
})

describe('a file', () => {
  it('is written whole or not at all, and nothing is left beside it', () => {
    writeWhole(join(folder, 'a'), 'one', false)
    expect(() => writeWhole(join(folder, 'a'), 'two', false)).toThrow(Unwritable)
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('one')
    writeWhole(join(folder, 'a'), 'two', true)
    expect(() => writeWhole(join(folder, 'none', 'a'), 'x', true)).toThrow(/the folder is not there/)
    expect(files()).toEqual(['a', 'plan.json'])
  })
})
