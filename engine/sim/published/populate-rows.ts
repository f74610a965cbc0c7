/** The published populate times as programs: what was set up, what was timed, what the page cache held. */
import type { MmapFlag, Op } from '../../op.ts'
import { PROGRAM_FORMAT, type FileSpec, type Program } from '../../program.ts'
import { HPAGE_PMD_SIZE, PAGE_SIZE } from '../../units.ts'
import type { Phase } from '../../work.ts'
import { Replay } from '../replay.ts'
import {
  POPULATE_TIMES,
  RESOLUTION_NS,
  type AccessMethod,
  type Backing,
  type Mapping,
  type Method,
} from './populate-times.ts'

/** One published time and how the model does the same. */
export interface PublishedRow {
  /** Names the row: mapping, size, backing, method. */
  readonly name: string
  readonly mapping: Mapping
  readonly backing: Backing
  readonly method: Method
  readonly bytes: number
  readonly timeNs: number
  /** Half of the last digit printed. */
  readonly resolutionNs: number
  /** What the cache of the file held when the clock was started. */
  readonly pageCache: string
  /** Set-up and timed operations; the last `timed` of them were under the clock. */
  readonly program: Program
  readonly timed: number
}

const MIB = 2 ** 20
const GIB = 2 ** 30
const isHuge = (backing: Backing): boolean => backing.includes('hugetlb')

/** Every row, 2 MiB and 4096 MiB. */
export function publishedRows(): PublishedRow[] {
  return POPULATE_TIMES.flatMap(([mapping, backing, method, smallMs, largeMs]) => [
    publishedRow(mapping, backing, method, 2 * MIB, smallMs),
    publishedRow(mapping, backing, method, 4096 * MIB, largeMs),
  ])
}

function publishedRow(
  mapping: Mapping,
  backing: Backing,
  method: Method,
  bytes: number,
  timeMs: number,
): PublishedRow {
  const name = `${mapping} ${bytes / MIB} MiB, ${backing}, ${method}`
  const timed = timedOps(method, bytes, isHuge(backing) ? HPAGE_PMD_SIZE : PAGE_SIZE)
  const { pageCache, file, before, flags } = setUp(mapping, backing, bytes)
  const program: Program = {
    format: PROGRAM_FORMAT,
    name,
    machine: {
      kernel: '5.14',
      pageSize: 4096,
      ramBytes: 32 * GIB,
      swapBytes: 0,
      faultAroundBytes: 64 * 1024,
      thp: { enabled: 'never' },
      hugetlb: { '2M': 4096 },
    },
    process: { rlimitMemlock: 'unlimited', capIpcLock: true },
    ...(file === undefined ? {} : { files: { f: file } }),
    ops: [
      ...before,
      {
        op: 'mmap',
        as: 'a',
        length: bytes,
        flags: [mapping, ...flags],
        ...(file === undefined ? {} : { file: 'f' }),
      },
      ...timed,
    ],
  }
  return {
    name,
    mapping,
    backing,
    method,
    bytes,
    timeNs: timeMs * 1e6,
    resolutionNs: RESOLUTION_NS,
    pageCache,
    program,
    timed: timed.length,
  }
}

interface SetUp {
  readonly pageCache: string
  readonly file?: FileSpec
  readonly before: readonly Op[]
  readonly flags: readonly MmapFlag[]
}

/**
 * Shared files were emptied before each run. A private mapping puts nothing into the file that it would have to be
 * emptied of, but the first run left the file's pages in the cache, and the shortest of ten runs found them there: 33 to
 * 131 ns a page are too little for pages that must first be allocated.
 */
function setUp(mapping: Mapping, backing: Backing, bytes: number): SetUp {
  const cached = mapping === 'private'
  switch (backing) {
    case 'anonymous':
      return { pageCache: mapping === 'private' ? 'no file' : 'empty', before: [], flags: [] }
    case 'anonymous hugetlb':
      return { pageCache: 'empty', before: [], flags: ['hugetlb'] }
    case 'memfd hugetlb':
    case 'hugetlbfs':
      return { pageCache: 'empty', file: { kind: 'hugetlb', bytes }, before: [], flags: [] }
    case 'memfd':
    case 'tmpfs':
      return {
        pageCache: cached ? 'all pages' : 'empty',
        file: { kind: 'memfd', bytes, filled: cached },
        before: [],
        flags: [],
      }
    case 'file': {
      const hole: Op = { op: 'fallocate', file: 'f', mode: ['keep_size', 'punch_hole'], length: bytes }
      return {
        pageCache: cached ? 'all pages' : 'empty, the file a hole',
        file: { kind: 'file', bytes },
        before: cached ? [] : [hole],
        flags: [],
      }
    }
  }
}

function timedOps(method: Method, bytes: number, stride: number): Op[] {
  const [first, second] = method.split(' + ') as [Method, AccessMethod | undefined]
  if (first !== 'fallocate') return accessOps(first as AccessMethod, bytes, stride)
  const allocate: Op = { op: 'fallocate', file: 'f', length: bytes }
  return second === undefined ? [allocate] : [allocate, ...accessOps(second, bytes, stride)]
}

/** The published loop read and wrote each page in turn; all reads before all writes come to the same work. */
function accessOps(method: AccessMethod, bytes: number, stride: number): Op[] {
  const range = { on: 'a', length: bytes }
  switch (method) {
    case 'read':
    case 'write':
      return [{ op: 'touch', ...range, access: method, stride }]
    case 'read and write':
      return [...accessOps('read', bytes, stride), ...accessOps('write', bytes, stride)]
    case 'populate_read':
    case 'populate_write':
      return [{ op: 'madvise', ...range, advice: method }]
  }
}

/** Runs a row in the model; gives the work of what was under the clock. */
export function workOfRow(row: PublishedRow): readonly Phase[] {
  const run = new Replay(row.program)
  const from = row.program.ops.length - row.timed
  return row.program.ops.flatMap((op, index) => {
    const outcome = run.apply(op)
    if (outcome.result !== 0) throw new Error(`${row.name}: ${op.op} came to ${outcome.result}`)
    return index < from ? [] : [...outcome.phases]
  })
}
