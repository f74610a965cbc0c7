/** Operations as a person reads them: the call with its arguments, in the words of the replay format. */
import type { MmapOp, MremapOp, Op, U64 } from '../op.ts'
import { PAGE_SIZE } from '../units.ts'

const UNITS = [
  [2 ** 40, 'T'],
  [2 ** 30, 'G'],
  [2 ** 20, 'M'],
  [2 ** 10, 'K'],
] as const

/** Bytes in the largest unit that leaves no fraction: `8K`, `100B`, `-4K`; what is close to 2^64 as `2^64-4K`. */
export function sizeText(bytes: U64): string {
  if (typeof bytes === 'bigint') {
    const below = 2n ** 64n - bytes
    return below > 0n && below < 2n ** 53n ? `2^64-${sizeText(Number(below))}` : `0x${bytes.toString(16)}`
  }
  if (bytes === 0) return '0'
  const unit = UNITS.find(([size]) => bytes % size === 0)
  return unit === undefined ? `${bytes}B` : `${bytes / unit[0]}${unit[1]}`
}

/** Who acts is in front where it is not `p0`: `p1: mlock(a+8K, 8K)`. */
export function opText(op: Op): string {
  const who = op.pid === undefined || op.pid === 'p0' ? '' : `${op.pid}: `
  return `${who}${op.op}(${argumentsOf(op).join(', ')})`
}

function argumentsOf(op: Op): string[] {
  switch (op.op) {
    case 'mmap':
      return mmapArguments(op)
    case 'mremap':
      return mremapArguments(op)
    case 'munmap':
    case 'mlock':
    case 'munlock':
    case 'pin':
    case 'mpin':
    case 'munpin':
      return rangeOf(op)
    case 'mprotect':
      return [...rangeOf(op), op.prot]
    case 'mlock2':
      return [...rangeOf(op), flagsText(op.flags)]
    case 'madvise':
      return [...rangeOf(op), op.advice]
    case 'touch':
      return [...rangeOf(op), op.access, ...strideText(op.stride)]
    case 'remap_file_pages':
      return [...rangeOf(op), `pgoff ${op.pgoff}`, ...someFlags(op.flags)]
    case 'mlockall':
      return [flagsText(op.flags)]
    case 'munlockall':
    case 'exit':
    case 'unpin':
      return []
    case 'fallocate':
      return [place(op.file, op.offset), sizeText(op.length), ...someFlags(op.mode)]
    case 'ftruncate':
      return [op.file, sizeText(op.length)]
    case 'brk':
      return [op.delta < 0 ? sizeText(op.delta) : `+${sizeText(op.delta)}`]
    case 'fork':
      return [op.child]
    case 'setrlimit':
      return [`memlock ${sizeText(op.memlock)}`]
    case 'thpDisable':
      return [String(op.value), ...(op.exceptAdvised ? ['exceptAdvised'] : [])]
  }
}

function mmapArguments(op: MmapOp): string[] {
  const where = op.as ?? place(op.on ?? '', op.offset)
  const file = op.file === undefined ? [] : [`file ${place(op.file, op.fileOffset)}`]
  return [where, sizeText(op.length), op.prot ?? 'rw', ...someFlags(op.flags), ...file]
}

function mremapArguments(op: MremapOp): string[] {
  const to = op.to === undefined ? [] : [`to ${place(op.to, op.toOffset)}`]
  const sizes = [sizeText(op.oldLength), sizeText(op.newLength)]
  return [place(op.on, op.offset), ...sizes, ...someFlags(op.flags), ...to]
}

const rangeOf = (op: { readonly on: string; readonly offset?: U64; readonly length: U64 }): string[] => [
  place(op.on, op.offset),
  sizeText(op.length),
]

function place(name: string, offset: U64 = 0): string {
  if (offset === 0) return name
  return offset < 0 ? `${name}${sizeText(offset)}` : `${name}+${sizeText(offset)}`
}

const flagsText = (flags: readonly (string | number)[] = []): string =>
  flags.length === 0 ? '0' : flags.join('|')

const someFlags = (flags: readonly (string | number)[] = []): string[] =>
  flags.length === 0 ? [] : [flags.join('|')]

const strideText = (stride: number = PAGE_SIZE): string[] =>
  stride === PAGE_SIZE ? [] : [`every ${sizeText(stride)}`]
