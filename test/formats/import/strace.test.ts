import { describe, expect, it } from 'vitest'
import { importInput } from '../../../formats/import/index.ts'

const opsOf = (...lines: string[]) => {
  const result = importInput({ text: `${lines.join('\n')}\n` })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.ops!.ops.map(op => Object.fromEntries(Object.entries(op).filter(([key]) => key !== 'note')))
}
const MMAP = 'mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000002000'

describe('a trace', () => {
  it('names areas for addresses', () => {
    expect(opsOf(MMAP, 'mlock(0x7f0000003000, 4096) = 0', 'munmap(0x7f0000002000, 4096) = 0')).toEqual([
      { op: 'mmap', as: 'm1', length: 8192, prot: 'rw', flags: ['private'] },
      { op: 'mlock', on: 'm1', offset: 4096, length: 4096 },
      { op: 'munmap', on: 'm1', offset: 0, length: 4096 },
    ])
  })

  it('puts calls together that were interrupted', () => {
    expect(
      opsOf(
        `[pid 7] ${MMAP}`,
        '[pid 7] mlock(0x7f0000002000, 4096 <unfinished ...>',
        '[pid 8] close(3) = 0',
        '[pid 7] <... mlock resumed>) = -1 ENOMEM (Cannot allocate memory)',
      ).at(-1),
    ).toEqual({
      op: 'mlock',
      on: 'm1',
      offset: 0,
      length: 4096,
    })
  })

  it('follows a mapping that moves, and threads and children', () => {
    expect(
      opsOf(
        MMAP,
        'mremap(0x7f0000002000, 8192, 16384, MREMAP_MAYMOVE) = 0x7f0000100000',
        'clone(child_stack=0x1, flags=CLONE_VM|CLONE_THREAD) = 20',
        '[pid 20] mlock(0x7f0000103000, 4096) = 0',
        '[pid 10] clone(child_stack=NULL, flags=SIGCHLD) = 21',
        '[pid 21] munlock(0x7f0000103000, 4096) = 0',
      ).slice(1),
    ).toEqual([
      { op: 'mremap', on: 'm1', offset: 0, oldLength: 8192, newLength: 16384, flags: ['maymove'], to: 'm2' },
      { op: 'mlock', on: 'm2', offset: 12288, length: 4096 },
      { op: 'fork', child: 'p21' },
      { op: 'munlock', on: 'm2', offset: 12288, length: 4096, pid: 'p21' },
    ])
  })

  it('has the break as steps, and limits', () => {
    expect(
      opsOf(
        'brk(NULL) = 0x5000',
        'brk(0x26000) = 0x26000',
        'prlimit64(0, RLIMIT_MEMLOCK, {rlim_cur=64*1024, rlim_max=RLIM64_INFINITY}, NULL) = 0',
        'mlockall(MCL_CURRENT|MCL_ONFAULT) = 0',
      ),
    ).toEqual([
      { op: 'brk', delta: 0x21000 },
      { op: 'setrlimit', memlock: 65536 },
      { op: 'mlockall', flags: ['current', 'onfault'] },
    ])
  })

  it('counts what it cannot place', () => {
    const result = importInput({ text: `${MMAP}\nmunlock(0x1000, 1) = 0\n` })
    expect(
      result.ok && result.notes.some(note => note.kind === 'ignored' && note.sentence.startsWith('1 calls')),
    ).toBe(true)
  })
})
