import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { kernelNamed } from '../../../engine/kernels/releases.ts'
import { drawReplay } from '../../../engine/sim/draw.ts'
import { SIGNS } from '../../../engine/sim/page-signs.ts'
import {
  by,
  exit,
  file,
  fork,
  hugetlbfd,
  madvise,
  memfd,
  mlock,
  mmap,
  mmapAt,
  munlock,
  munmap,
  onfault,
  pin,
  program,
  read,
  secretmem,
  write,
  type Line,
  type Settings,
} from '../../conformance/programs/build.ts'

const drawn = (lines: readonly Line[], how: Settings = {}, width = 110): string =>
  drawReplay(program('drawn', 'A program.', lines, how).program, { width })

/** The last drawing of an area: its ruler, its pages with their modes. */
function picture(area: string, lines: readonly Line[], how: Settings = {}): string[] {
  const all = drawn(lines, how).split('\n')
  const at = all.findLastIndex(line => line.trimStart().startsWith(`${area} `) && line.includes('|'))
  const margin = all[at]!.indexOf('|')
  return all.slice(at - 1, at + 1).map(line => line.slice(margin))
}

const pages = (...args: Parameters<typeof picture>): string => picture(...args)[1]!.replace(/ {3}[^|]+.*/, '')

describe('a drawing', () => {
  it('tells a step: the call, its result, what refused it, faults, counters, the work under each lock', () => {
    const lines: Line[] = [mmap('a', 4), mlock('a', 2), mlock('a', 4), write('a+3', 1)]
    expect(drawn(lines, { limit: 2 })).toMatchInlineSnapshot(`
      "drawn on Linux 6.18
      A program.

      . absent  · p small page  · P small page, mlocked

        0 mmap(a, 16K, rw) = 0
          VmLck 0 · Mlocked 0
          mmap-write: change vma
            0    16K
          a |....|   rw

        1 mlock(a, 8K) = 0
          2 minor faults · VmLck 8K · Mlocked 8K
          mmap-write: change vma ×2
          mmap-read-droppable: clear small page ×2, map anon page ×2, populate step ×2
            0  8K 16K
          a |PP|..|   rw locked | rw

        2 mlock(a, 16K) = ENOMEM
          refused: RLIMIT_MEMLOCK; 4 pages asked for, 0 counted before, 2 allowed
          VmLck 8K · Mlocked 8K

        3 touch(a+12K, 4K, write) = 0
          1 touched · 1 minor fault · VmLck 8K · Mlocked 8K
          mmap-read: clear small page, map anon page, trap
            0  8K 16K
          a |PP|.p|   rw locked | rw
      "
    `)
  })

  it('shows only what looks different from before', () => {
    const text = drawn([mmap('a', 2), mmap('b', 2), write('b', 1)])
    expect(text.split('\n').filter(line => / a \|/.test(line))).toHaveLength(1)
  })

  it('names processes where there are several, and areas that are gone', () => {
    const text = drawn([mmap('a', 2), fork('p1'), munmap('a', 2), by('p1', mlock('a', 1)), by('p1', exit())])
    expect(text).toContain('p0 a nothing is mapped')
    expect(text).toContain('p1: mlock(a, 4K) = 0')
    expect(text).toContain('p1 a |P|.|   rw locked | rw')
    expect(text).toContain('p0 VmLck 0 · p1 VmLck 4K')
    expect(text).not.toContain('p1 a nothing is mapped')
    expect(text).not.toContain('$rt')
  })

  it('has a legend with the signs that occur and no others', () => {
    const text = drawn([mmap('a', 2), write('a', 1)])
    expect(text).toContain('. absent  · p small page\n')
    expect(text).not.toContain('hugetlb page')
  })

  it('keeps to the width', () => {
    const pieces = Array.from({ length: 90 }, (_, i) => mmapAt(`a+${i * i}`, i % 7 ? 1 : 2, 'r'))
    const text = drawn([mmap('a', '16M'), ...pieces], {}, 80)
    expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
    expect(text).toContain('… and so on from ')
    expect(text).toMatch(/and \d+ more/)
  })

  it('lets no control character of a program through', () => {
    const { program: plain } = program('drawn', 'red \u001b[31m and \u202e back', [mmap('a', 1)])
    const text = drawReplay({ ...plain, ops: [{ ...plain.ops[0]!, note: 'a\u0007\nb' }] })
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(text).toContain('# a b')
  })

  it('says what the kernel is called', () => {
    const { program: plain } = program('drawn', '', [mmap('a', 1)])
    const profile = kernelNamed('rhel9')!
    expect(drawReplay(plain, { profile, kernelTitle: profile.title })).toContain(
      'on RHEL 9 (5.14 with backports)',
    )
    expect(drawReplay(plain)).toContain('drawn on Linux 6.18')
  })
})

describe('the picture of an area', () => {
  it('has a letter per page, capitals where it is mlocked, and borders between VMAs', () => {
    expect(picture('a', [mmap('a', 8), write('a+2', 2), mlock('a+3', 2), onfault('a+6', 1)])).toEqual([
      '0   12K  24K 32K',
      '|..p|PP|.|_|.|   rw | rw locked | rw | rw locked onfault | rw',
    ])
  })

  it('leaves holes blank', () => {
    expect(pages('a', [mmap('a', 6), munmap('a+2', 2)])).toBe('|..|  |..|')
  })

  it('counts from the origin, below it too', () => {
    const [ruler] = picture('a', [mmap('a', 2, 'growsdown'), write('a-2', 1)])
    expect(ruler).toMatch(/^-8K /)
  })

  it('tells areas beyond 64 pages as runs', () => {
    expect(picture('a', [mmap('a', '8M'), write('a', 3), mlock('a+1M', '1M')])).toEqual([
      '0    12K  1M    2M     8M',
      '|ppp .×253|P×256|.×1536|   rw | rw locked | rw',
    ])
  })

  it('tells what strided accesses leave as one run', () => {
    expect(pages('a', [mmap('a', '8M'), write('a', '4M', '16K')])).toBe('|(p...)×255 p .×1027|')
  })

  it('tells large holes as runs too', () => {
    expect(pages('a', [mmap('a', 2), mmapAt('a+1M', 2)])).toBe('|..| hole×254 |..|')
  })

  it('shows a lock that ends inside a huge page', () => {
    const lines = [mmap('a', '4M'), madvise('a', '4M', 'hugepage'), write('a', '4M', '2M'), mlock('a', '3M')]
    expect(pages('a', lines, { thp: 'madvise', cap: true })).toBe('|H×512 l×256|f×256|')
  })

  it('shows zero pages, guards, pins, hugetlb pages and secret memory', () => {
    expect(pages('a', [mmap('a', 2), read('a', 1)])).toBe('|z.|')
    expect(pages('a', [mmap('a', 2), madvise('a', 1, 'guard_install')])).toBe('|g.|')
    expect(pages('a', [mmap('a', 4), mlock('a', 2), pin('a+1', 2)])).toBe('|PN|n.|')
    const files = { h: hugetlbfd('4M'), s: secretmem(2) }
    const huge = [mmap('a', '4M', 'shared file=h'), write('a', 1)]
    expect(pages('a', huge, { files, hugetlb: 2 })).toBe('|t×512 .×512|')
    expect(pages('a', [mmap('a', 2, 'shared file=s'), write('a', 1)], { files })).toContain('x')
  })

  it('shows what is in swap, of shared memory too, which has no entries then', () => {
    const how = { swap: '16M', files: { f: memfd(4) } } as const
    const out = (words: string) => [mmap('a', 4, words), write('a', 3), madvise('a', 2, 'pageout')]
    expect(pages('a', out(''), how)).toBe('|ssp.|')
    expect(pages('a', out('shared file=f'), how)).toBe('|ssp.|')
  })

  it('shows pages that another area holds locked', () => {
    const lines = [mmap('a', 2, 'shared file=f'), mmap('b', 2, 'shared file=f'), write('a', 2), read('b', 2)]
    const how = { files: { f: memfd(2) } }
    expect(pages('b', [...lines, mlock('a', 1)], how)).toBe('|mp|')
    expect(pages('b', [...lines, mlock('a', 1), munlock('a', 1)], how)).toBe('|pp|')
  })

  it('names the file and where in it', () => {
    const how = { files: { f: file(4) } }
    expect(picture('a', [mmap('a', 2, 'r shared file=f+2')], how)[1]).toBe('|..|   r f+8K shared')
  })
})

describe('docs/formats.md', () => {
  const page = readFileSync(new URL('../../../docs/formats.md', import.meta.url), 'utf8')

  it.each(SIGNS)('explains %s', (sign, meaning) => {
    expect(page.replaceAll(/ +\|/g, ' |')).toContain(`| \`${sign}\` | ${meaning} |`)
  })
})
