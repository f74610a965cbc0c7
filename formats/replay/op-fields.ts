import {
  ACCESSES,
  ADVICES,
  FALLOCATE_MODES,
  MLOCK2_FLAGS,
  MLOCKALL_FLAGS,
  MMAP_FLAGS,
  MREMAP_FLAGS,
  PROTS,
  REMAP_FLAGS,
  type OpName,
} from '../../engine/op.ts'
import {
  anyCount,
  anyU64,
  boolOrNumber,
  flagList,
  integerWhere,
  matching,
  oneOf,
  optional,
  optionalOrNull,
  positiveCount,
  positiveU64,
  required,
  text,
  u64,
  type Fields,
} from './fields.ts'

/** Names of areas, files and processes end up in one-word fields, keys and file names. */
export const name = matching(
  /^(?!__proto__$)[^\s\p{C}"\\/]{1,64}$/u,
  'a name of 1 to 64 characters without space, quotes and slashes',
)

const HUGE_PAGE = 2 * 1024 * 1024
const phase = integerWhere(
  value => value % 4096 === 0 && value >= 0 && value < HUGE_PAGE,
  `a multiple of 4096 from 0 to ${HUGE_PAGE - 4096}`,
)

const range: Fields = { on: required(name), offset: optional(anyU64), length: required(anyU64) }

/** What each operation may say besides `op`, `pid` and `note`. */
const fields: Readonly<Record<OpName, Fields>> = {
  mmap: {
    as: optionalOrNull(name),
    on: optionalOrNull(name),
    offset: optional(anyU64),
    length: required(anyU64),
    prot: optional(oneOf(PROTS)),
    flags: optional(flagList(MMAP_FLAGS)),
    phase: optional(phase),
    file: optionalOrNull(name),
    fileOffset: optional(anyU64),
  },
  munmap: range,
  mprotect: { ...range, prot: required(oneOf(PROTS)) },
  mlock: range,
  munlock: range,
  mlock2: { ...range, flags: optional(flagList(MLOCK2_FLAGS)) },
  mlockall: { flags: required(flagList(MLOCKALL_FLAGS)) },
  munlockall: {},
  madvise: { ...range, advice: required(oneOf(ADVICES)) },
  mremap: {
    on: required(name),
    offset: optional(anyU64),
    oldLength: required(anyU64),
    newLength: required(anyU64),
    flags: optional(flagList(MREMAP_FLAGS)),
    to: optionalOrNull(name),
    toOffset: optional(anyU64),
    phase: optional(phase),
  },
  remap_file_pages: { ...range, pgoff: required(anyU64), flags: optional(flagList(REMAP_FLAGS)) },
  touch: {
    ...range,
    length: required(positiveU64),
    access: required(oneOf(ACCESSES)),
    stride: optional(positiveCount),
  },
  fallocate: {
    file: required(name),
    mode: optional(flagList(FALLOCATE_MODES)),
    offset: optional(anyU64),
    length: required(anyU64),
  },
  ftruncate: { file: required(name), length: required(anyU64) },
  brk: { delta: required(anyCount) },
  fork: { child: required(name) },
  exit: {},
  setrlimit: { memlock: required(u64) },
  thpDisable: { value: required(boolOrNumber), exceptAdvised: optional(boolOrNumber) },
  pin: range,
  unpin: { on: optional(name), offset: optional(anyU64), length: optional(anyU64) },
  mpin: range,
  munpin: range,
}

const common: Fields = { op: required(text), pid: optional(name), note: optional(text) }

/** All fields of every operation, by its name. */
export const opFields: ReadonlyMap<string, Fields> = new Map(
  Object.entries(fields).map(([op, own]) => [op, { ...common, ...own }]),
)
