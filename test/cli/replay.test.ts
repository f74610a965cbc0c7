import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../cli/exit-codes.ts'
import { didYouMean } from '../../cli/suggest.ts'
import { CHANGES } from '../../engine/kernels/changes.ts'
import { KERNELS } from '../../engine/kernels/releases.ts'
import type { Observed } from '../../engine/program.ts'
import { replay } from '../../engine/sim/replay.ts'
import { readProgram } from '../../formats/replay/read-program.ts'
import { writeObserved } from '../../formats/replay/write-observed.ts'
import { exampleObserved, exampleText, programText } from '../formats/replay/sample.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'holdfast-replay-'))
afterAll(() => rmSync(folder, { recursive: true }))

const examples = readdirSync(join(root, 'examples'))
  .sort()
  .map(name => `examples/${name}`)

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function holdfast(args: readonly string[], input = ''): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['cli/main.ts', ...args], {
    cwd: root,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  return { code: status, out: stdout, err: stderr }
}

/** A file beside nothing else, with the given text. */
function fileWith(name: string, text: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const documents = (out: string): Observed[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Observed)

const replayed = (args: readonly string[]): Observed =>
  JSON.parse(holdfast(['replay', ...args]).out) as Observed
const vmLck = (observed: Observed): number[] => observed.steps.map(step => step.procs['p0']!.VmLck)
const vmPin = (observed: Observed): number[] => observed.steps.map(step => step.procs['p0']!.VmPin)
const results = (observed: Observed): unknown[] => observed.steps.map(step => step.result)

describe('holdfast replay', () => {
  it('prints the observables of a program, step by step', () => {
    const { code, out, err } = holdfast(['replay', '-'], exampleText)
    expect({ code, err }).toEqual({ code: exitCodes.holds, err: '' })
    expect(JSON.parse(out)).toEqual(exampleObserved)
    expect(out.split('\n')).toHaveLength(exampleObserved.steps.length + 2)
  })

  it('prints one document per line for several programs, in their order', () => {
    const { code, out } = holdfast(['replay', ...examples])
    expect(code).toBe(exitCodes.holds)
    const expected = examples.map(name => {
      const read = readProgram(readFileSync(join(root, name), 'utf8'))
      if (!read.ok) throw new Error(name)
      return JSON.parse(writeObserved(replay(read.program))) as Observed
    })
    expect(documents(out)).toEqual(expected)
  })

  it('writes to a file instead', () => {
    const out = join(folder, 'observed.json')
    expect(holdfast(['replay', '-', '--out', out], exampleText)).toEqual({ code: 0, out: '', err: '' })
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(exampleObserved)
    const refused = holdfast(['replay', '-', '--out', join(folder, 'no/such/folder')], exampleText)
    expect(refused.code).toBe(exitCodes.badInput)
    expect(refused.err).toContain('holdfast: cannot write')
  })

  it('draws', () => {
    expect(holdfast(['replay', '--draw', '-'], exampleText).out).toMatchInlineSnapshot(`
      "example on Linux 6.18
      two pages of four

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

        2 touch(a+8K, 8K, write) = 0
          2 touched · 2 minor faults · VmLck 8K · Mlocked 8K
          mmap-read: clear small page, map anon page, trap
          vma-read: clear small page, map anon page, trap
            0  8K 16K
          a |PP|pp|   rw locked | rw
      "
    `)
  })

  it('draws, and keeps the document too', () => {
    const out = join(folder, 'drawn.json')
    expect(holdfast(['replay', '-', '--draw', '--out', out], exampleText).out).toContain('a |PP|pp|')
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(exampleObserved)
  })
})

describe('the kernel of a replay', () => {
  it('is the one asked for, whatever the program says', () => {
    const file = fileWith(
      'unknown.json',
      programText([], { machine: { kernel: '2.6', thp: { enabled: 'never' } } }),
    )
    expect(replayed([file, '--kernel', 'debian12']).kernel).toBe('debian12')
  })

  it('decides what is there: mlock2 came with 4.4', () => {
    expect(results(replayed(['examples/01-lock-on-fault.json', '--kernel', '4.3']))[3]).toBe('ENOSYS')
    expect(results(replayed(['examples/01-lock-on-fault.json', '--kernel', '4.4']))[3]).toBe(0)
  })

  it('decides what is counted: memory that is locked already, before 4.9, twice', () => {
    const file = fileWith(
      'twice.json',
      programText([
        { op: 'mmap', as: 'a', length: 8192 },
        { op: 'mlock', on: 'a', length: 8192 },
        { op: 'mlock', on: 'a', length: 8192 },
      ]),
    )
    expect(results(replayed([file]))).toEqual([0, 0, 0])
    expect(results(replayed([file, '--kernel', '4.4']))).toEqual([0, 0, 'ENOMEM'])
    expect(results(replayed([file, '--minus', 'mlock-counts-overlap-once']))).toEqual([0, 0, 'ENOMEM'])
    expect(results(replayed([file, '--kernel', '4.4', '--plus', 'mlock-counts-overlap-once']))).toEqual([
      0, 0, 0,
    ])
  })

  it('takes several changes, in a list or one by one, and says them in the document', () => {
    const args = [
      'replay',
      '-',
      '--minus',
      'mlock2,madv-collapse',
      '--minus',
      'guard-regions',
      '--plus',
      'vm-pinned',
    ]
    const { kernel } = JSON.parse(holdfast(args, exampleText).out) as Observed
    expect(kernel).toBe('6.18 +vm-pinned -mlock2 -madv-collapse -guard-regions')
  })

  it('can be one that never was: pinned and locked memory under one limit', () => {
    const example = 'examples/06-locked-and-pinned.json'
    const today = replayed([example])
    expect(results(today)).toEqual([0, 0, 0, 'ENOSYS', 'ENOSYS', 0, 0])
    expect([vmLck(today).at(-1), vmPin(today).at(-1)]).toEqual([160, 64])
    const whatIf = replayed([example, '--plus', 'vm-pinned'])
    expect(results(whatIf)).toEqual([0, 0, 0, 0, 0, 0, 'ENOMEM'])
    expect(vmLck(whatIf).slice(2, 5)).toEqual([64, 0, 64])
    expect(vmPin(whatIf).slice(2, 5)).toEqual([0, 64, 0])
  })

  it('is refused with a guess where there is no such kernel or change', () => {
    const cases = [
      [['--kernel', '6.18.44'], '--kernel is "6.18.44", which is not on offer. Did you mean 6.18?'],
      [['--plus', 'vm-pined'], '--plus: there is no change "vm-pined". Did you mean vm-pinned?'],
      [['--minus', 'guard-region'], 'Did you mean guard-regions?'],
      [
        ['--plus', 'mlock2', '--minus', 'mlock2'],
        'the change mlock2 is asked for with --plus and with --minus',
      ],
      [['--live', '--kernel', '6.18'], "option '--live' cannot be used with option '--kernel"],
    ] as const
    for (const [args, sentence] of cases) {
      const { code, out, err } = holdfast(['replay', '-', ...args], exampleText)
      expect({ code, out }).toEqual({ code: exitCodes.badInput, out: '' })
      expect(err).toContain(sentence)
    }
  })

  it('is refused with the place where a program names one that is not on offer', () => {
    const text = programText([], { machine: { kernel: '6.13', thp: { enabled: 'never' } } })
    const { code, out, err } = holdfast(['replay', '-'], text)
    expect({ code, out }).toEqual({ code: exitCodes.badInput, out: '' })
    expect(err).toContain('standard input: $.machine.kernel: kernel is "6.13", which is not on offer.')
    expect(err).toContain('Offered are 3.7, ')
  })
})

describe('holdfast replay --live', () => {
  // Other live runs on this machine may be in the way for a while.
  const patience = 150_000

  it(
    'prints what the running kernel says, or a sentence why it cannot be asked',
    { timeout: patience },
    () => {
      const { code, out, err } = holdfast(['replay', '--live', '-'], exampleText)
      if (code === exitCodes.doesNotHold) expect([out, err.trim().split('\n').length]).toEqual(['', 1])
      else expect([code, (JSON.parse(out) as Observed).kernel]).toEqual([exitCodes.holds, release()])
    },
  )

  it('answers 1 with a sentence where no kernel can run the program', { timeout: patience }, () => {
    const { code, out, err } = holdfast(['replay', '--live', 'examples/06-locked-and-pinned.json'])
    expect({ code, out }).toEqual({ code: exitCodes.doesNotHold, out: '' })
    expect(err).toMatch(/^\S.*\.\n$/)
  })
})

describe('the pages about replays', () => {
  const page = (name: string): string => readFileSync(join(root, name), 'utf8')

  it.each([
    ['README.md', 'examples/03-lock-part-of-a-huge-page.json'],
    ['docs/formats.md', 'examples/01-lock-on-fault.json'],
  ])('%s shows what is printed', (name, example) => {
    const blocks = [...page(name).matchAll(/```\n( +\d+ \w+\([\s\S]*?)\n```/g)].map(([, block]) =>
      block!.trim(),
    )
    const { out } = holdfast(['replay', '--draw', example])
    expect(blocks).toHaveLength(1)
    expect(out).toContain(blocks[0])
  })

  it('README.md knows every example', () => {
    const named = [...page('README.md').matchAll(/^\| `(\d\d-[\w-]+)`/gm)].map(
      ([, name]) => `examples/${name!}.json`,
    )
    expect(named).toEqual(examples)
  })
})

describe('bad programs', () => {
  it('are told with every mistake and its place; good ones beside them still run', () => {
    const bad = fileWith('bad.json', programText([{ op: 'mlock', on: 'a', length: 'x' }, { op: 'mlok' }]))
    const { code, out, err } = holdfast(['replay', bad, examples[0]!, '-'], exampleText)
    expect(code).toBe(exitCodes.badInput)
    expect(documents(out).map(({ program }) => program)).toEqual(['lock-on-fault', 'example'])
    expect(err).toContain(`${bad}: $.ops[0].length: length is "x"`)
    expect(err).toContain(`${bad}: $.ops[0].on: `)
    expect(err).toContain(`${bad}: $.ops[1].op: op is "mlok"; allowed is one of mmap`)
  })

  it.each<readonly [string, string | Buffer, string]>([
    ['empty', '', 'empty: $'],
    ['not JSON', 'PK\u0003\u0004', 'not JSON: $'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'the text is not UTF-8'],
    ['another document', '[]', '$: the document is an empty list; allowed is an object'],
    ['deep', '['.repeat(100_000), 'deep: $'],
    ['a key that JavaScript has', '{"__proto__":{"format":"mlock-replay/1"}}', '__proto__'],
  ])('are refused: %s', (name, text, sentence) => {
    const { code, out, err } = holdfast(['replay', fileWith(name, text)])
    expect({ code, out }).toEqual({ code: exitCodes.badInput, out: '' })
    expect(err).toContain(sentence)
    expect(err).not.toContain('    at ')
  })

  it('do not write on a terminal what they like', () => {
    const text = programText([{ op: '\u001b]0;title\u0007', '\u001b[2J': 1 }])
    expect(holdfast(['replay', '-'], text).err.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  it.each([
    ['there/is/none', 'there/is/none: there is no such file'],
    ['examples', 'examples: this is a folder'],
  ])('cannot be read: %s', (file, sentence) => {
    const { code, err } = holdfast(['replay', file])
    expect(code).toBe(exitCodes.badInput)
    expect(err).toBe(`${sentence}\n`)
  })
})

describe('holdfast kernels', () => {
  it('lists what --kernel takes', () => {
    const { code, out } = holdfast(['kernels'])
    expect(code).toBe(exitCodes.holds)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map(line => line.split(' ')[0]),
    ).toEqual(KERNELS.map(({ name }) => name))
    expect(out).toMatch(/^6\.18 +Linux 6\.18 +compared with 6\.18\.44$/m)
  })

  it('lists what --plus and --minus take', () => {
    const { out } = holdfast(['kernels', '--changes'])
    for (const { id, effect } of CHANGES) {
      expect(out).toContain(id)
      expect(out).toContain(effect)
    }
    expect(out).toMatch(/^mlock2 +since 4\.4$/m)
    expect(out).toMatch(/^vm-pinned +only on request$/m)
  })

  it('lists both as JSON', () => {
    expect(JSON.parse(holdfast(['kernels', '--json']).out)).toEqual(KERNELS)
    const changes = JSON.parse(holdfast(['kernels', '--changes', '--json']).out) as unknown[]
    expect(changes).toEqual(CHANGES.map(({ apply: _, ...change }) => change))
  })
})

describe('a guess at what was meant', () => {
  it('is what a longer name begins with, else what takes the fewest changes, else nothing', () => {
    const kernels = KERNELS.map(({ name }) => name)
    expect(didYouMean('6.1.55-cloud', kernels)).toBe(' Did you mean 6.1?')
    expect(didYouMean('Debian12', kernels)).toBe(' Did you mean debian12?')
    expect(didYouMean('solaris', kernels)).toBe('')
    expect(didYouMean('6'.repeat(100_000), kernels)).toBe('')
  })
})
