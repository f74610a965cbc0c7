import { describe, expect, it } from 'vitest'
import { claimedTwice, claimsIn, kernelMap } from '../../scripts/kernel-map.ts'

const file = 'engine/mm/mlock.ts'

/** A doc comment with the given lines, above the given code. */
const source = (lines: readonly string[], code: string): string =>
  ['/**', ...lines.map(line => ` * ${line}`), ' */', code].join('\n')

describe('the kernel map', () => {
  it('reads the kernel’s name, its file and ours', () => {
    const text = source(
      ['Kernel: mlock_fixup(), mm/mlock.c', 'Policy.'],
      'export function mlockFixup(): void {}',
    )
    expect(claimsIn(file, text)).toEqual([
      { name: 'mlock_fixup', kernelFile: 'mm/mlock.c', note: '', ours: 'mlockFixup', file },
    ])
  })

  it('takes several names, also over several lines', () => {
    const text = source(
      [
        'Kernel: do_mlock(), sys_mlock(),',
        '  sys_mlock2(), mm/mlock.c',
        'Kernel: can_do_mlock(), mm/mlock.c',
      ],
      'export const doMlock = () => 0',
    )
    expect(claimsIn(file, text).map(({ name }) => name)).toEqual([
      'do_mlock',
      'sys_mlock',
      'sys_mlock2',
      'can_do_mlock',
    ])
  })

  it.each([
    'function x() {}',
    'export interface x {',
    'const x = 1',
    'export type x = 1',
    '  x(k: Kernel) {',
    '  x: 1,',
  ])('finds our name in %s', code => {
    expect(claimsIn(file, source(['Kernel: y(), mm/y.c'], code))[0]?.ours).toBe('x')
  })

  it('keeps a note behind the file', () => {
    const text = source(['Kernel: clear_page_mlock(), mm/mlock.c (until 5.17)'], 'function x() {}')
    expect(claimsIn(file, text)).toMatchObject([{ name: 'clear_page_mlock', note: 'until 5.17' }])
    expect(kernelMap(claimsIn(file, text))).toContain('| `mm/mlock.c` (until 5.17) |')
  })

  it('a line with a file alone claims no name', () => {
    expect(claimsIn(file, source(['Kernel: mm/mlock.c'], "import { x } from './x.ts'"))).toEqual([])
  })

  it('refuses a line without a file, and one above no declaration', () => {
    expect(() => claimsIn(file, source(['Kernel: mlock_fixup()'], 'function x() {}'))).toThrow('kernel file')
    expect(() => claimsIn(file, source(['Kernel: y(), mm/y.c'], ''))).toThrow('no declaration')
  })

  it('names what is claimed twice, with both places', () => {
    const [a, b] = ['a', 'b'].flatMap(name =>
      claimsIn(`engine/mm/${name}.ts`, source(['Kernel: f(), mm/f.c'], name)),
    )
    expect(claimedTwice([a!, b!])).toEqual(['f: a in engine/mm/a.ts, b in engine/mm/b.ts'])
    expect(claimedTwice([a!])).toEqual([])
  })

  it('is sorted by the kernel’s file and name', () => {
    const text =
      source(['Kernel: z(), mm/a.c'], 'z') +
      '\n' +
      source(['Kernel: a(), mm/b.c', 'Kernel: a2(), mm/a.c'], 'a')
    const rows = kernelMap(claimsIn(file, text)).split('\n').slice(7, -1)
    expect(rows.map(row => row.split('|')[1]?.trim())).toEqual(['`a2`', '`z`', '`a`'])
  })
})
