import { describe, expect, it } from 'vitest'
import { readProgram } from '../../../formats/replay/read-program.ts'
import { exampleText, programText } from './sample.ts'

const mapped = { op: 'mmap', as: 'a', length: 16384 }

/** `path code` of every issue. */
function issuesOf(text: string): string[] {
  const read = readProgram(text)
  return read.ok ? [] : read.issues.map(({ path, code }) => `${path} ${code}`)
}
const of = (ops: readonly unknown[], rest: object = {}): string[] => issuesOf(programText(ops, rest))

function read(ops: readonly unknown[], rest: object = {}): unknown {
  const result = readProgram(programText(ops, rest))
  return result.ok ? result.program : result
}

describe('a program is read', () => {
  it('as the page about formats shows it', () => {
    expect(readProgram(exampleText)).toMatchObject({
      ok: true,
      program: { name: 'example', ops: { length: 3 } },
    })
  })

  it('with every operation', () => {
    const range = { on: 'a', length: 4096 }
    const ops = [
      mapped,
      {
        op: 'mmap',
        on: 'a',
        offset: 8192,
        length: 4096,
        prot: 'none',
        flags: ['locked', 0x40],
        file: 'f',
        fileOffset: 4096,
      },
      { op: 'mprotect', ...range, prot: 'rwx' },
      { op: 'mlock', ...range },
      { op: 'munlock', ...range },
      { op: 'mlock2', ...range, flags: ['onfault', 2] },
      { op: 'mlockall', flags: ['current', 'future', 'onfault'] },
      { op: 'munlockall' },
      { op: 'madvise', ...range, advice: 'guard_install' },
      {
        op: 'mremap',
        on: 'a',
        oldLength: 4096,
        newLength: 4096,
        flags: ['maymove', 'dontunmap'],
        to: 'b',
        toOffset: 4096,
        phase: 4096,
      },
      { op: 'remap_file_pages', ...range, pgoff: 1, flags: ['nonblock'] },
      { op: 'touch', on: 'a', offset: -4096, length: 1, access: 'write', stride: 1 },
      { op: 'fallocate', file: 'f', mode: ['keep_size', 'punch_hole'], offset: 0, length: 4096 },
      { op: 'ftruncate', file: 'f', length: 0 },
      { op: 'brk', delta: -1 },
      { op: 'touch', on: '$heap', length: 1, access: 'read', note: 'why' },
      { op: 'mlock', on: '$rt', length: 1 },
      { op: 'setrlimit', memlock: 18446744073709552 },
      { op: 'thpDisable', value: 1, exceptAdvised: true },
      { op: 'pin', ...range },
      { op: 'unpin', ...range },
      { op: 'mpin', ...range },
      { op: 'munpin', ...range },
      { op: 'fork', child: 'c' },
      { op: 'munmap', pid: 'c', ...range },
      { op: 'exit', pid: 'c' },
      { op: 'fork', child: 'c' },
    ]
    expect(of(ops, { files: { f: { kind: 'memfd', bytes: 8192, open: 'r', filled: true } } })).toEqual([])
  })

  it('with lengths beyond 2^53 kept to the last digit', () => {
    const text = programText([mapped, { op: 'mlock', on: 'a', length: 1 }]).replace(
      '"length":1}',
      '"length":18446744073709551615}',
    )
    expect(readProgram(text)).toMatchObject({ program: { ops: [{}, { length: 18446744073709551615n }] } })
  })

  it('with defaults for what the machine does not say', () => {
    expect(read([], { machine: { kernel: '6.18', thp: { enabled: 'never' } } })).toMatchObject({
      machine: { pageSize: 4096, swapBytes: 0, faultAroundBytes: 65536 },
    })
  })

  it('with null for a key that is not given', () => {
    const files = { f: { kind: 'file', bytes: 1, filled: null } }
    expect(read([{ ...mapped, on: null, file: null }], { files })).toMatchObject({ ops: [mapped] })
  })

  it('with the phase of an area where the area is created', () => {
    const late = { op: 'mremap', on: 'a', oldLength: 4096, newLength: 4096, to: 'a', phase: 8192 }
    expect(read([mapped, late])).toMatchObject({ ops: [{ ...mapped, phase: 8192 }, late] })
  })
})

describe('a mistake is named with its place', () => {
  it('all of them at once', () => {
    const ops = [
      { op: 'mmap', as: 'a', lenght: 4096 },
      { op: 'mlock', on: 'b', length: '1' },
      7,
      { op: 'mlok' },
    ]
    expect(of(ops, { extra: 1, name: 'a/b' })).toEqual([
      '$.name badValue',
      '$.extra unknownKey',
      '$.ops[0].lenght unknownKey',
      '$.ops[0].length missing',
      '$.ops[1].length badValue',
      '$.ops[2] badValue',
      '$.ops[3].op unknownOp',
      '$.ops[1].on noArea',
    ])
  })

  it('with what was found and what is allowed', () => {
    expect(readProgram(programText([{ ...mapped, prot: 'wr' }]))).toMatchObject({
      issues: [{ message: 'prot is "wr"; allowed is one of none, r, w, rw, x, rx, rwx' }],
    })
  })

  it('up to a limit, and then by number', () => {
    const read = readProgram(programText(Array.from({ length: 500 }, () => 1)), { maxIssues: 10 })
    expect(read.ok || read.issues.length).toBe(11)
    expect(read.ok || read.issues.at(-1)).toEqual({
      path: '$',
      code: 'more',
      message: '490 more issues are not listed',
    })
  })

  it.each([
    ['an area before it exists', [{ op: 'mlock', on: 'a', length: 1 }], '$.ops[0].on noArea'],
    ['an area created twice', [mapped, mapped], '$.ops[1].as areaExists'],
    [
      'an area created by a failing move and again',
      [mapped, { op: 'mremap', on: 'a', oldLength: 1, newLength: 1, to: 'b' }, { ...mapped, as: 'b' }],
      '$.ops[2].as areaExists',
    ],
    [
      'a source that only the move creates',
      [{ op: 'mremap', on: 'b', oldLength: 1, newLength: 1, to: 'b' }],
      '$.ops[0].on noArea',
    ],
    ['as and on together', [mapped, { ...mapped, as: 'b', on: 'a' }], '$.ops[1].as asAndOn'],
    ['neither as nor on', [{ op: 'mmap', length: 1 }], '$.ops[0].as missing'],
    ['a reserved name for a new area', [{ ...mapped, as: '$heap' }], '$.ops[0].as reservedName'],
    ['a reserved name nobody knows', [{ op: 'mlock', on: '$stack', length: 1 }], '$.ops[0].on noArea'],
    ['a phase that is not a whole page', [{ ...mapped, phase: 100 }], '$.ops[0].phase badValue'],
    ['a phase of 2 MiB', [{ ...mapped, phase: 2097152 }], '$.ops[0].phase badValue'],
    [
      'a phase that has no effect',
      [mapped, { op: 'mmap', on: 'a', length: 1, phase: 4096 }],
      '$.ops[1].phase noEffect',
    ],
    [
      'two phases',
      [
        { ...mapped, phase: 4096 },
        { op: 'mremap', on: 'a', oldLength: 1, newLength: 1, to: 'a', phase: 8192 },
      ],
      '$.ops[1].phase twoPhases',
    ],
    ['an offset that has no effect', [{ ...mapped, offset: 4096 }], '$.ops[0].offset noEffect'],
    [
      'dontunmap without to',
      [mapped, { op: 'mremap', on: 'a', oldLength: 1, newLength: 1, flags: ['dontunmap'] }],
      '$.ops[1].to missing',
    ],
    ['a process that never was', [{ op: 'munlockall', pid: 'x' }], '$.ops[0].pid noProcess'],
    [
      'a process that is gone',
      [
        { op: 'fork', child: 'c' },
        { op: 'exit', pid: 'c' },
        { op: 'exit', pid: 'c' },
      ],
      '$.ops[2].pid noProcess',
    ],
    [
      'a child with the name of a live process',
      [{ op: 'fork', child: 'p0' }],
      '$.ops[0].child processExists',
    ],
    ['a file that is not declared', [{ ...mapped, file: 'f' }], '$.ops[0].file noFile'],
    [
      'a touch of nothing',
      [mapped, { op: 'touch', on: 'a', length: 0, access: 'read' }],
      '$.ops[1].length badValue',
    ],
    [
      'a stride of 0',
      [mapped, { op: 'touch', on: 'a', length: 1, access: 'read', stride: 0 }],
      '$.ops[1].stride badValue',
    ],
    ['a length beyond 64 bits', [{ ...mapped, length: 1e30 }], '$.ops[0].length badValue'],
    ['a length that is no integer', [{ ...mapped, length: 1.5 }], '$.ops[0].length badValue'],
    ['an unknown flag', [{ ...mapped, flags: ['private', 'huge'] }], '$.ops[0].flags[1] unknownFlag'],
  ])('%s', (_, ops, expected) => {
    expect(of(ops)).toEqual([expected])
  })

  it.each([
    [
      'unlimited without the capability',
      { process: { rlimitMemlock: 'unlimited', capIpcLock: false } },
      '$.process.rlimitMemlock unlimitedNeedsCap',
    ],
    [
      'a file of kind file that is not filled',
      { files: { f: { kind: 'file', bytes: 1, filled: false } } },
      '$.files.f.filled alwaysFilled',
    ],
    ['an unknown kind of file', { files: { f: { kind: 'pipe', bytes: 1 } } }, '$.files.f.kind badValue'],
    [
      'a file name that cannot be one',
      { files: { 'a b': { kind: 'memfd', bytes: 1 } } },
      '$.files["a b"] badValue',
    ],
    [
      'another page size',
      { machine: { kernel: '6.18', pageSize: 65536, thp: { enabled: 'never' } } },
      '$.machine.pageSize badValue',
    ],
    [
      'a kernel that is no release',
      { machine: { kernel: 'new', thp: { enabled: 'never' } } },
      '$.machine.kernel badValue',
    ],
    [
      'an unknown mTHP size',
      { machine: { kernel: '6.18', thp: { enabled: 'never' }, mthp: { '8k': 'always' } } },
      '$.machine.mthp.8k unknownKey',
    ],
    ['no machine', { machine: undefined }, '$.machine missing'],
    ['another format', { format: 'mlock-replay/2' }, '$.format badValue'],
    ['a name that climbs', { name: '../x' }, '$.name badValue'],
  ])('%s', (_, rest, expected) => {
    expect(of([], rest).map(issue => issue.replace('["8k"]', '.8k'))).toEqual([expected])
  })
})
