import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { columns } from '../../cli/columns.ts'
import { costsChecked, costsShown } from '../../cli/cost-tables.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { WORK_KINDS } from '../../engine/work.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
function holdfast(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['cli/main.ts', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  return { code: status, out: stdout, err: stderr }
}

interface CheckDocument {
  readonly rows: readonly { name: string; publishedNs: number; predictedNs: number; error: number }[]
  readonly residuals: { rows: number; medianError: number }
  readonly guestStarts: readonly unknown[]
}

describe('holdfast costs check', () => {
  const { text, holds } = costsChecked('text')

  it('prints every row, then the summary and the guest starts, no wider than a terminal', () => {
    const lines = text.split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80)
    expect(lines.filter(line => /^ {2}(read|write|populate|fallocate)/.test(line))).toHaveLength(190)
    expect(text).toContain('private 2 MiB, memfd (page cache: all pages)')
    expect(text).toContain('190 rows, 32 fitted costs (at most 40)')
    expect(text).toContain('4096 GiB, 16 threads')
    expect(holds).toBe(true)
  })

  it('has the same as JSON', () => {
    const { code, out } = holdfast('costs', 'check', '--json')
    expect(code).toBe(exitCodes.holds)
    const document = JSON.parse(out) as CheckDocument
    expect(document.rows).toHaveLength(190)
    expect(document.guestStarts).toHaveLength(9)
    for (const { publishedNs, predictedNs, error } of document.rows)
      expect(predictedNs / publishedNs - 1).toBeCloseTo(error, 3)
  })

  it('has the rows as CSV', () => {
    const lines = costsChecked('csv').text.split('\n')
    expect(lines).toHaveLength(191)
    expect(lines[0]).toBe(
      'mapping,size_bytes,backing,method,page_cache,published_ns,predicted_ns,error,leave_one_out_error',
    )
    expect(lines.every(line => line.split(',').length >= 9)).toBe(true)
  })

  it('refuses two forms at once', () => {
    const { code, err } = holdfast('costs', 'check', '--json', '--csv')
    expect(code).toBe(exitCodes.badInput)
    expect(err).toContain('exclude each other')
  })
})

describe('holdfast costs show', () => {
  it('lists every kind of work', () => {
    const lines = costsShown('text').split('\n')
    for (const kind of WORK_KINDS) expect(lines.some(line => line.startsWith(`${kind} `))).toBe(true)
    expect(Math.max(...lines.slice(1).map(line => line.length))).toBeLessThanOrEqual(80)
    expect(JSON.parse(costsShown('json'))).toMatchObject({ id: 'desktop-2021' })
  })
})

describe('columns', () => {
  it('are as wide as their widest cell', () => {
    expect(
      columns(
        [
          ['a', '10'],
          ['bcd', '5'],
        ],
        ['left', 'right'],
      ),
    ).toBe('a    10\nbcd   5')
  })
})
