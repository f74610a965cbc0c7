import { describe, expect, it } from 'vitest'
import type { Program } from '../../engine/program.ts'
import { LiveSession, runLive } from '../../host/index.ts'
import { documentOf, live, programOf, vmasOf } from './live.ts'

const page = 4096
const mib = 2 ** 20
const privileged = { rlimitMemlock: 'unlimited', capIpcLock: true } as const
const results = (observed: { steps: readonly { result: number | string }[] }): (number | string)[] =>
  observed.steps.map(({ result }) => result)

describe('a program on the running kernel', () => {
  it('yields the document that the description of the format shows', context => {
    const program: Program = {
      ...programOf([
        { op: 'mmap', as: 'a', length: 16384, prot: 'rw', flags: [] },
        { op: 'mlock', on: 'a', length: 8192 },
        { op: 'touch', on: 'a', offset: 8192, length: 8192, access: 'write' },
      ]),
      name: 'example',
      process: { rlimitMemlock: 8192, capIpcLock: false },
    }
    const numbers = { VmPin: 0, RssFile: 0, RssShmem: 0, VmSwap: 0, HugetlbPages: 0 }
    const runtime = [
      { start: 0, end: 4096, flags: 'rd ex ac', Rss: 4, Anonymous: 4, Private_Dirty: 4, pgPresent: 1 },
    ]
    const locked = {
      ...{ start: 0, end: 8192, flags: 'rd wr lo ac', Rss: 8, Anonymous: 8, Locked: 8, Private_Dirty: 8 },
      ...{ pgPresent: 2, pgMlocked: 2, pgUnevictable: 2 },
    }
    const rest = { start: 8192, end: 16384, flags: 'rd wr ac' }
    const written = { ...rest, Rss: 8, Anonymous: 8, Private_Dirty: 8, pgPresent: 2 }
    const none = { Mlocked: 0, Unevictable: 0 }
    const two = { Mlocked: 8, Unevictable: 8 }
    const process = { ...numbers, VmSize: 20 }
    const observed = live(context, program)
    if (observed.steps[0]?.sys.Mlocked === null)
      context.skip('page frames are not visible without privileges')
    expect(observed).toMatchObject({ format: 'mlock-replay-observed/1', program: 'example' })
    expect(observed.steps).toEqual([
      {
        ...{ op: 'mmap', pid: 'p0', result: 0, minflt: 0, majflt: 0, sys: none },
        procs: {
          p0: {
            ...process,
            VmLck: 0,
            RssAnon: 4,
            areas: { a: [{ start: 0, end: 16384, flags: 'rd wr ac' }], $rt: runtime },
          },
        },
      },
      {
        ...{ op: 'mlock', pid: 'p0', result: 0, minflt: 2, majflt: 0, sys: two },
        procs: { p0: { ...process, VmLck: 8, RssAnon: 12, areas: { a: [locked, rest], $rt: runtime } } },
      },
      {
        ...{ op: 'touch', pid: 'p0', result: 0, touched: 2, minflt: 2, majflt: 0, sys: two },
        procs: { p0: { ...process, VmLck: 8, RssAnon: 20, areas: { a: [locked, written], $rt: runtime } } },
      },
    ])
  })

  it('is refused what exceeds RLIMIT_MEMLOCK, until the limit is raised', context => {
    const observed = live(
      context,
      programOf(
        [
          { op: 'mmap', as: 'a', length: 8 * page },
          { op: 'mlock', on: 'a', length: 3 * page },
          { op: 'setrlimit', memlock: 4 * page },
          { op: 'mlock', on: 'a', length: 3 * page },
          { op: 'mmap', as: 'b', length: 2 * page, flags: ['locked'] },
          { op: 'mlockall', flags: ['onfault'] },
        ],
        { process: { rlimitMemlock: 2 * page, capIpcLock: false } },
      ),
    )
    expect(results(observed)).toEqual([0, 'ENOMEM', 0, 0, 'EAGAIN', 'EINVAL'])
  })

  it('stops touching at the signal, and goes on with the next op', context => {
    const observed = live(
      context,
      programOf(
        [
          { op: 'mmap', as: 'a', length: 4 * page, flags: ['shared'], file: 'f' },
          { op: 'touch', on: 'a', length: 4 * page, access: 'write' },
          { op: 'munmap', on: 'a', offset: page, length: page },
          { op: 'touch', on: 'a', length: 2 * page, stride: 1024, access: 'read' },
          { op: 'touch', on: 'a', length: page, access: 'write' },
        ],
        { files: { f: { kind: 'memfd', bytes: 3 * page } } },
      ),
    )
    expect(results(observed)).toEqual([0, 'SIGBUS', 0, 'SIGSEGV', 0])
    expect(observed.steps.map(({ touched }) => touched)).toEqual([undefined, 3, undefined, 4, 1])
  })

  it('forks; children have the same areas and do not inherit locks', context => {
    const observed = live(
      context,
      programOf([
        { op: 'mmap', as: 'a', length: 4 * page },
        { op: 'mlock', on: 'a', length: 4 * page },
        { op: 'brk', delta: page },
        { op: 'fork', child: 'c' },
        { op: 'touch', pid: 'c', on: 'a', length: 4 * page, access: 'write' },
        { op: 'fork', pid: 'c', child: 'g' },
        { op: 'brk', pid: 'g', delta: page },
        { op: 'exit', pid: 'c' },
        { op: 'touch', pid: 'g', on: '$heap', length: 2 * page, access: 'write' },
        { op: 'exit' },
      ]),
    )
    expect(new Set(results(observed))).toEqual(new Set([0]))
    expect(observed.steps.map(({ procs }) => Object.keys(procs).join())).toEqual([
      ...['p0', 'p0', 'p0', 'p0,c', 'p0,c', 'p0,c,g', 'p0,c,g', 'p0,g', 'p0,g', 'g'],
    ])
    expect(vmasOf(observed, 3, 'a').map(({ flags }) => flags)).toEqual(['rd wr lo ac'])
    expect(vmasOf(observed, 3, 'a', 'c').map(({ flags }) => flags)).toEqual(['rd wr ac'])
    expect(observed.steps[4]).toMatchObject({ minflt: 4, touched: 4 })
    expect(vmasOf(observed, 8, '$heap', 'g')).toMatchObject([{ start: 0, end: 2 * page, Rss: 8 }])
  })

  it('pins a range as a buffer of io_uring, counted in VmPin', context => {
    const observed = live(
      context,
      programOf([
        { op: 'mmap', as: 'a', length: 4 * page },
        { op: 'pin', on: 'a', length: 4 * page },
        { op: 'munmap', on: 'a', length: 4 * page },
        { op: 'unpin' },
        { op: 'unpin' },
      ]),
    )
    expect(results(observed)).toEqual([0, 0, 0, 0, 'EBADF'])
    expect(observed.steps.map(({ procs }) => procs['p0']?.VmPin)).toEqual([0, 16, 16, 0, 0])
    expect(observed.steps[1]?.minflt).toBe(4)
  })

  it('has files on disk in the page cache, and cannot write through a read-only one', context => {
    const observed = live(
      context,
      programOf(
        [
          { op: 'mmap', as: 'a', length: 32 * page, prot: 'r', flags: ['shared'], file: 'f' },
          { op: 'touch', on: 'a', length: page, access: 'read' },
          { op: 'mmap', as: 'b', length: page, flags: ['shared'], file: 'f' },
        ],
        { files: { f: { kind: 'file', bytes: 32 * page, open: 'r' } } },
      ),
    )
    expect(results(observed)).toEqual([0, 0, 'EACCES'])
    expect(vmasOf(observed, 1, 'a')).toMatchObject([{ pgPresent: 16, Private_Clean: 64 }])
  })

  it('has a pool of huge pages of its own', context => {
    const observed = live(
      context,
      programOf(
        [
          { op: 'mmap', as: 'a', length: 4 * mib, flags: ['hugetlb'] },
          { op: 'touch', on: 'a', length: 2 * mib, stride: 2 * mib, access: 'write' },
          { op: 'mmap', as: 'b', length: 2 * mib, flags: ['hugetlb'] },
        ],
        { machine: { hugetlb: { '2M': 2 } }, process: privileged },
      ),
    )
    expect(results(observed)).toEqual([0, 0, 'ENOMEM'])
    expect(vmasOf(observed, 1, 'a')).toMatchObject([{ Private_Hugetlb: 2048, pgPresent: 512 }])
  })

  it('gets transparent huge pages if the machine of the program has them', context => {
    const ops = [
      { op: 'mmap', as: 'a', length: 4 * mib },
      { op: 'touch', on: 'a', length: page, access: 'write' },
      { op: 'mlock', on: 'a', length: 2 * mib },
    ] as const
    const thp = { enabled: 'always', defrag: 'always', shmem: 'never' } as const
    const huge = live(context, programOf(ops, { machine: { thp }, process: privileged }))
    expect(vmasOf(huge, 2, 'a')[0]).toMatchObject({ AnonHugePages: 2048, pgLarge: 512, pgMlocked: 512 })
    const small = live(context, programOf(ops, { process: privileged }))
    expect(vmasOf(small, 2, 'a')[0]).toMatchObject({ Rss: 2048, pgMlocked: 512 })
    expect(vmasOf(small, 2, 'a')[0]).not.toHaveProperty('pgLarge')
  })

  it('has swap of its own, to which locked pages do not go', context => {
    const observed = live(
      context,
      programOf(
        [
          { op: 'mmap', as: 'a', length: 8 * page },
          { op: 'touch', on: 'a', length: 8 * page, access: 'write' },
          { op: 'mlock', on: 'a', length: 2 * page },
          { op: 'madvise', on: 'a', offset: 2 * page, length: 6 * page, advice: 'pageout' },
          { op: 'touch', on: 'a', length: 3 * page, access: 'read' },
        ],
        { machine: { swapBytes: 64 * mib } },
      ),
    )
    expect(observed.steps[3]?.procs['p0']).toMatchObject({ VmSwap: 24, VmLck: 8 })
    expect(observed.steps[4]).toMatchObject({ majflt: 1, minflt: 0 })
  })

  it('is told the same every time', context => {
    const program = programOf([
      { op: 'mmap', as: 'a', length: 64 * page, flags: ['shared', 'locked'] },
      { op: 'fork', child: 'c' },
      { op: 'mlock2', pid: 'c', on: 'a', length: 64 * page, flags: ['onfault'] },
      { op: 'touch', pid: 'c', on: 'a', length: 64 * page, access: 'write' },
      { op: 'madvise', pid: 'c', on: 'a', offset: 26 * page, length: page, advice: 'dontneed_locked' },
    ])
    const first = live(context, program)
    const opened = LiveSession.open()
    if (!opened.ok) return context.skip(opened.sentence)
    const more = Array.from({ length: 10 }, () => opened.session.run(program))
    opened.session.close()
    for (const result of more) expect(documentOf(context, result)).toEqual(first)
  })
})

describe('a live run that cannot be', () => {
  const small = programOf([{ op: 'mmap', as: 'a', length: page }])

  it('says that another one is going on', context => {
    const opened = LiveSession.open()
    if (!opened.ok) return context.skip(opened.sentence)
    const result = runLive(small, { waitMs: 0 })
    opened.session.close()
    expect(result).toMatchObject({ ok: false, reason: 'busy' })
    documentOf(context, runLive(small))
  })

  it.each([
    ['an op that no kernel has', programOf([...small.ops, { op: 'mpin', on: 'a', length: page }]), /mpin/],
    ['an area that does not exist', programOf([{ op: 'mlock', on: 'b', length: page }]), /no area b/],
    ['a process that does not exist', programOf([{ op: 'munlockall', pid: 'x' }]), /no process x/],
    ['a file that does not exist', programOf([{ op: 'ftruncate', file: 'f', length: 0 }]), /no file f/],
  ])('names %s', (_, program, sentence) => {
    const result = runLive(program)
    expect(result.ok).toBe(false)
    // Off Linux nothing gets as far as that.
    if (!result.ok && result.reason === 'program') expect(result.sentence).toMatch(sentence)
  })

  it.runIf(process.platform !== 'linux' || process.arch !== 'x64')('names the platform', () => {
    expect(runLive(small)).toMatchObject({ ok: false, reason: 'platform' })
  })
})
