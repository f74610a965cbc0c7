/** What is commonly believed, and what happens. */
import { by, dontunmap, file, fork, ftruncate, madvise, memfd, mlock, mlockall, mmap, mmapAt, move, mprotect } from './build.ts'
import { munlock, munlockall, munmap, onfault, pin, program, punchHole, read, secretmem, setrlimit, unpin } from './build.ts'
import { write } from './build.ts'
import type { Settings } from './build.ts'

const huge: Settings = { thp: 'always', cap: true }

export const traps = [
  program('trap-01-error-leaves-locks', 'mlock returned an error, so nothing is locked? Flags and VmLck stay set.', [
    mmap('a', 8),
    munmap('a+3', 1),
    [mlock('a', 8), 'ENOMEM lck=3'],
    mmap('b', 8, 'none'),
    [mlock('b', 8), 'ENOMEM lck=11'],
  ]),
  program('trap-02-mlockall-success-is-not-residency', 'mlockall returned 0, so all is resident? Populate errors are ignored per VMA.', [
    mmap('n', 4, 'none'),
    mmap('f', 8, 'shared file=f'),
    mmap('a', 4),
    [mlockall('current'), 'lck=17 anon=4 file=4'],
  ], { files: { f: file(4) } }),
  program('trap-03-vmlck-is-address-space', 'VmLck is how much RAM is locked? Zero pages, PROT_NONE and lock on fault count in full.', [
    mmap('r', 8, 'r locked'),
    mmap('n', 8, 'none locked'),
    mmap('f', 8),
    [onfault('f', 8), 'lck=24 anon=0 mlocked=0'],
  ]),
  program('trap-04-mlocked-is-not-the-sum', 'Mlocked is the sum of VmLck? Shared pages once, zero pages never.', [
    mmap('s', 8, 'shared locked'),
    fork('p1'),
    by('p1', mlock('s', 8)),
    [mmap('r', 8, 'r locked'), 'lck=16 mlocked=8'],
  ]),
  program('trap-05-locked-is-pss', 'smaps Locked is pages? It is proportional: two lockers see half each.', [
    mmap('a', 8, 'shared locked'),
    fork('p1'),
    [by('p1', mlock('a', 8)), 'locked=4 p0.locked=4'],
  ]),
  program('trap-06-length-0', 'mlock(p, 0) is a no-op? It locks one page when p is unaligned.', [
    mmap('a', 4),
    [mlock('a+1B', 0), 'lck=1'],
    [mlock('a+2', '-1B'), 'lck=1'],
  ]),
  program('trap-07-lock-on-fault-populates', 'Lock on fault never populates? It fills hugetlb and droppable memory.', [
    mmap('h', '2M', 'hugetlb'),
    [onfault('h', '2M'), 'hugetlb=512 lck=0'],
    [mmap('d', 8, 'droppable'), '?'],
    [onfault('d', 8), { '6.12': 'anon=8', '6.18': 'anon=8 lck=0', '7.2': 'anon=8' }],
  ], { hugetlb: 1 }),
  program('trap-07-one-touch-costs-2m', 'And with huge pages one touch costs 2 MiB.', [
    mmap('a', '2M'),
    onfault('a', '2M'),
    [write('a+77', 1), 'mlocked=512 anon=512'],
  ], huge),
  program('trap-08-populate-does-not-always-try', 'MAP_POPULATE always tries? Not under MCL_FUTURE | MCL_ONFAULT, not with MAP_NONBLOCK.', [
    [mmap('a', 8, 'populate nonblock'), 'anon=0'],
    mlockall('future', 'onfault'),
    [mmap('b', 8, 'populate'), 'anon=0 lf=8'],
    [mmap('c', 8, 'locked'), 'anon=0 lf=16'],
  ]),
  program('trap-09-lock-on-fault-and-swap', 'mlock2(ONFAULT) keeps what I have in RAM? Swapped pages stay in swap until touched.', [
    mmap('a', 8),
    write('a', 8),
    madvise('a', 4, 'pageout'),
    [onfault('a', 8), 'swap=4 anon=4 lck=8'],
    [read('a', 4), 'swap=0 anon=8'],
  ], { swap: '64M' }),
  program('trap-10-read-only-is-the-zero-page', 'mlocked read-only memory is backed? It is the zero page until mprotect fills it.', [
    mmap('a', 8, 'r locked'),
    [read('a', 8), 'anon=0 zero=8 min=0'],
    [mprotect('a', 8, 'rw'), 'anon=8 mlocked=8 min=8'],
  ]),
  program('trap-11-prot-none-is-charged', 'mlock of PROT_NONE fails, so it is harmless? It is charged, and mprotect fills it.', [
    mmap('a', 8, 'none'),
    [mlock('a', 8), 'ENOMEM lck=8'],
    [mmap('b', 1, 'locked'), 'EAGAIN'],
    [mprotect('a', 8, 'w'), 'anon=8'],
  ], { limit: 8 }),
  program('trap-12-relocking-needs-room', 'Relocking locked memory needs no limit? Not below the limit that was lowered.', [
    mmap('a', 8, 'locked'),
    [mlock('a', 8), ''],
    setrlimit(4),
    [mlock('a', 1), 'ENOMEM'],
    [mmapAt('a', 1, 'locked'), 'EAGAIN'],
  ], { limit: 8 }),
  program('trap-13-mlockall-checks-vmsize', 'mlockall(CURRENT) checks what is not locked yet? It checks VmSize.', [
    mmap('a', 8),
    mlock('a', 4),
    [mlockall('current'), 'ENOMEM lck=4'],
    setrlimit(9),
    [mlockall('current'), 'lck=9'],
  ], { limit: 8 }),
  program('trap-14-current-cancels-future', 'mlockall(CURRENT) keeps an earlier FUTURE? It cancels it.', [
    mlockall('future'),
    mlockall('current'),
    [mmap('a', 4), 'lck=1 anon=0'],
  ]),
  program('trap-15-eagain-and-enomem', 'Over the limit is ENOMEM in mlock, EAGAIN in mmap and mremap.', [
    mmap('a', 9),
    [mlock('a', 9), 'ENOMEM'],
    [mmap('b', 9, 'locked'), 'EAGAIN'],
    mlock('a', 8),
    munmap('a+8', 1),
    [move('a', 8, 9, 'c'), 'EAGAIN'],
  ], { limit: 8 }),
  program('trap-16-munlock-can-fail', 'munlock cannot fail? ENOMEM at a hole, with the prefix done.', [
    mmap('a', 8, 'locked'),
    munmap('a+5', 1),
    [munlock('a', 8), 'ENOMEM lck=2'],
  ]),
  program('trap-17-dontneed-is-not-all-or-nothing', 'DONTNEED with locked parts is all or nothing? What is before them is gone.', [
    mmap('a', 8),
    write('a', 8),
    mlock('a+4', 2),
    [madvise('a', 8, 'dontneed'), 'EINVAL anon=4'],
  ]),
  program('trap-18-locked-memory-can-lose-pages', 'Locked memory cannot lose pages? DONTNEED_LOCKED, truncation and holes drop them.', [
    mmap('a', 8, 'shared file=f locked'),
    [madvise('a', 2, 'dontneed_locked'), 'lck=8 mlocked=6'],
    [punchHole('f+2', 2), 'mlocked=4'],
    [ftruncate('f', 6), 'mlocked=2 lck=8'],
    [mlock('a', 6), 'mlocked=6'],
  ], { files: { f: memfd(8) } }),
  program('trap-19-locked-memory-faults', 'Locked memory does not fault? After fork it does.', [
    mmap('a', 8, 'locked'),
    fork('p1'),
    [write('a', 8), 'min=8'],
  ]),
  program('trap-23-partial-lock-of-a-huge-page', 'A partial mlock marks the whole huge page? It marks nothing; partial munlock unmarks all.', [
    mmap('a', '4M'),
    write('a', '4M', '2M'),
    [mlock('a', 1), 'mlocked=0 lck=1'],
    mlock('a+2M', '2M'),
    [munlock('a+3M', 1), 'mlocked=0 lck=512'],
  ], huge),
  program('trap-24-pieces-are-not-the-whole', 'Locking in pieces equals locking at once? Large folios stay unmarked.', [
    mmap('a', 32),
    write('a', 32),
    mlock('a', 8),
    [mlock('a+8', 24), 'mlocked=16 lck=32 large=32'],
    munlock('a', 32),
    [mlock('a', 32), 'mlocked=32'],
  ], { mthp: { '64k': 'always' } }),
  program('trap-25-unlocked-half-goes-out', 'The unlocked half of a huge page is reclaimed after a split.', [
    mmap('a', '2M'),
    write('a', '2M'),
    mlock('a', 16),
    [madvise('a+16', 496, 'pageout'), 'swap=496 mlocked=16'],
  ], { ...huge, swap: '64M' }),
  program('trap-26-dontunmap-leaks', 'MREMAP_DONTUNMAP leaks charge on 6.15 to 7.1 and can exceed the limit.', [
    mmap('a', 8, 'locked'),
    [dontunmap('a', 8, 'b'), '?'],
    [dontunmap('b', 8, 'c'), '?'],
    [munlockall(), { '6.12': 'lck=0', '6.18': 'lck=16', '7.2': 'lck=0' }],
    [mmap('d', 1, 'locked'), { '6.12': '', '6.18': 'EAGAIN', '7.2': '' }],
  ], { limit: 8 }),
  program('trap-27-ledgers-add-up', 'A limit bounds unevictable memory? Locks and pins are compared apart.', [
    mmap('a', 64),
    [mlock('a', 64), 'lck=64'],
    [pin('a', 32), { '5.10': 'pin=32', '6.1': 'pin=32', '6.12': 'pin=32', '6.18': 'pin=32 lck=64', '7.2': 'pin=32' }],
    unpin(),
  ], { limit: 64 }),
  program('trap-28-a-pinned-page-costs-a-huge-page', '4 KiB pinned costs 4 KiB? A page of a huge page costs 512.', [
    mmap('a', '2M'),
    write('a', 1),
    [pin('a+5', 1), 'pin=512'],
    unpin(),
  ], { thp: 'always' }),
  program('trap-30-pins-outlive-munmap', 'VmPin goes down when I unmap? RSS does; VmPin waits for the pinner.', [
    mmap('a', 8),
    pin('a', 8),
    [munmap('a', 8), 'pin=8 anon=0'],
    [unpin(), 'pin=0'],
  ]),
  program('trap-32-populate-errno', 'MADV_POPULATE is EINVAL where a touch would be SIGBUS? EFAULT.', [
    mmap('a', 8, 'shared file=f'),
    [madvise('a+4', 4, 'populate_read'), 'EFAULT'],
    mprotect('a', 4, 'none'),
    [madvise('a', 4, 'populate_read'), 'EINVAL'],
  ], { files: { f: file(4) } }),
  program('trap-34-populate-read-can-cost', 'POPULATE_READ costs nothing? In shared memory and memfds it allocates.', [
    mmap('a', 8),
    [madvise('a', 8, 'populate_read'), 'anon=0 zero=8'],
    mmap('s', 8, 'shared'),
    [madvise('s', 8, 'populate_read'), 'shmem=8'],
    mmap('p', 8, 'file=f'),
    [madvise('p', 8, 'populate_read'), 'shmem=16'],
  ], { files: { f: memfd(8) } }),
  program('trap-36-secretmem-is-not-released', 'munlock of secretmem releases it? It is ignored.', [
    mmap('a', 4, 'shared file=f'),
    write('a', 4),
    [munlock('a', 4), '? unevictable=4'],
    [munlockall(), '? unevictable=4'],
  ], { files: { f: secretmem(4) } }),
  program('trap-37-future-is-not-cheap', 'MCL_FUTURE is cheap? Reservations eat the limit, stacks are resident in full.', [
    mlockall('future'),
    [mmap('s', 256, 'stack'), 'lck=256 anon=256'],
    [mmap('n', 512, 'none noreserve'), 'lck=768'],
    [mmap('b', 1024), 'lck=1792'],
    [mmap('c', 512), 'EAGAIN'],
  ]),
]
