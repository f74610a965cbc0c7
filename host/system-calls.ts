/** Numbers of the x86-64 system calls that the runner injects, and of the constants that go with them. */
export const SYS = {
  close: 3,
  mmap: 9,
  mprotect: 10,
  munmap: 11,
  brk: 12,
  rt_sigaction: 13,
  mremap: 25,
  madvise: 28,
  clone: 56,
  ftruncate: 77,
  capset: 126,
  mlock: 149,
  munlock: 150,
  mlockall: 151,
  munlockall: 152,
  prctl: 157,
  remap_file_pages: 216,
  exit_group: 231,
  move_pages: 279,
  fallocate: 285,
  mlock2: 325,
  io_uring_setup: 425,
  io_uring_register: 427,
  memfd_secret: 447,
} as const

export const PROT_BITS = { none: 0, r: 1, w: 2, rw: 3, x: 4, rx: 5, rwx: 7 } as const

export const MAP_SHARED = 0x01
export const MAP_PRIVATE = 0x02
export const MAP_DROPPABLE = 0x08
export const MAP_FIXED = 0x10
export const MAP_ANONYMOUS = 0x20
export const MAP_POPULATE = 0x8000
const MAP_HUGETLB = 0x40000
export const MAP_FIXED_NOREPLACE = 0x100000
/** The 2 MiB size, whatever the machine's default is: log2 in the bits from 26 on. */
export const HUGE_2MB = 21 << 26

export const MMAP_BITS = {
  private: MAP_PRIVATE,
  shared: MAP_SHARED,
  droppable: MAP_DROPPABLE,
  growsdown: 0x100,
  locked: 0x2000,
  noreserve: 0x4000,
  populate: MAP_POPULATE,
  nonblock: 0x10000,
  stack: 0x20000,
  hugetlb: MAP_HUGETLB | HUGE_2MB,
} as const

export const ADVICE_NUMBERS = {
  normal: 0,
  random: 1,
  sequential: 2,
  willneed: 3,
  dontneed: 4,
  free: 8,
  remove: 9,
  dontfork: 10,
  dofork: 11,
  hugepage: 14,
  nohugepage: 15,
  wipeonfork: 18,
  keeponfork: 19,
  cold: 20,
  pageout: 21,
  populate_read: 22,
  populate_write: 23,
  dontneed_locked: 24,
  collapse: 25,
  guard_install: 102,
  guard_remove: 103,
} as const

export const MLOCK2_BITS = { onfault: 1 } as const
export const MLOCKALL_BITS = { current: 1, future: 2, onfault: 4 } as const
export const FALLOCATE_BITS = { keep_size: 1, punch_hole: 2 } as const
export const REMAP_BITS = { nonblock: 0x10000 } as const
export const MREMAP_BITS = { maymove: 1, dontunmap: 4 } as const
export const MREMAP_FIXED = 2

export const PR_SET_THP_DISABLE = 41
export const THP_DISABLE_EXCEPT_ADVISED = 2
export const RLIMIT_MEMLOCK = 8
export const CAP_IPC_LOCK = 14
export const SIGCHLD = 17
