/** Steps that several strategies are made of. Each acts on one area of main memory. */
import type { Access, Advice, Op } from '../op.ts'
import { preallocThreads } from '../prealloc-threads.ts'
import type { AreaNeed, OnRefusal, SetupStep } from '../scenario.ts'
import type { StrategyContext } from './strategy.ts'

const MIB = 2 ** 20

/** Page size of what an area stands on, in bytes. */
export function pageBytesOf(area: AreaNeed): number {
  return area.backing === 'hugetlb-1G' ? 1024 * MIB : area.backing === 'hugetlb-2M' ? 2 * MIB : 4096
}

/** The mapped size of an area: whole pages of its backing. */
export function mappedBytesOf(area: AreaNeed): number {
  const unit = pageBytesOf(area)
  return Math.ceil(area.bytes / unit) * unit
}

/** Name of the file behind an area; null for anonymous memory and the pools. */
export function fileNameOf(area: AreaNeed): string | null {
  if (area.file !== undefined) return area.file.name
  return area.backing === 'memfd' || area.backing === 'file' ? area.name : null
}

function step(
  op: Op,
  label: string,
  onRefusal: OnRefusal,
  more: { threads?: number; group?: string } = {},
): SetupStep {
  return { do: 'op', op, label, onRefusal, ...more }
}

/** One access to every page. Memory that is mapped for reading alone is read, whatever was asked for. */
export function touchAll(area: AreaNeed, access: Access, threads = 1): SetupStep {
  const wanted = area.prot === 'r' ? 'read' : access
  const stride = Math.min(pageBytesOf(area), 2 * MIB)
  const op: Op = {
    op: 'touch',
    on: area.name,
    length: mappedBytesOf(area),
    access: wanted,
    ...(stride === 4096 ? {} : { stride }),
  }
  return step(op, `${wanted} every page of ${area.name}`, 'fail', { threads })
}

/**
 * MADV_POPULATE_READ or _WRITE over the first `bytes` of an area. Memory that is mapped for reading alone is populated
 * for reading: for writing the kernel would refuse. A refusal is reported; pages made so far stay.
 */
export function populate(
  area: AreaNeed,
  access: Access,
  more: { bytes?: number; threads?: number; onRefusal?: OnRefusal } = {},
): SetupStep[] {
  const length = more.bytes ?? mappedBytesOf(area)
  if (length <= 0) return []
  const advice: Advice = access === 'write' && area.prot !== 'r' ? 'populate_write' : 'populate_read'
  const op: Op = { op: 'madvise', on: area.name, length, advice }
  return [step(op, `${advice} ${area.name}`, more.onRefusal ?? 'warn', { threads: more.threads ?? 1 })]
}

/**
 * Locks an area: at once, or piece by piece as the program does it (llama.cpp), where the first refusal ends it.
 * What a refusal means is the program's business.
 */
export function lock(area: AreaNeed, context: StrategyContext, onFault = false): SetupStep[] {
  const opOf = (offset: number, length: number): Op =>
    onFault
      ? { op: 'mlock2', on: area.name, offset, length, flags: ['onfault'] }
      : { op: 'mlock', on: area.name, offset, length }
  const name = onFault ? 'mlock2 ONFAULT' : 'mlock'
  const ends = area.lockPieces
  if (ends === undefined)
    return [step(opOf(0, mappedBytesOf(area)), `${name} ${area.name}`, context.onLockRefusal)]
  return ends.map((end, i) =>
    step(
      opOf(ends[i - 1] ?? 0, end - (ends[i - 1] ?? 0)),
      `${name} ${area.name}, piece ${i + 1}`,
      'skip-group',
      {
        group: `lock ${area.name}`,
      },
    ),
  )
}

/** fallocate() of the file behind a shared, writable area: storage, no page tables. Others have none to reserve. */
export function allocate(area: AreaNeed): SetupStep[] {
  const file = fileNameOf(area)
  if (file === null || area.sharing !== 'shared' || area.prot === 'r') return []
  const op: Op = { op: 'fallocate', file, length: mappedBytesOf(area) }
  return [step(op, `fallocate ${area.name}`, 'fail')]
}

/**
 * Every page made resident by several threads, as QEMU's prealloc does: MADV_POPULATE_WRITE, or on a kernel without it
 * one write to each page. A refusal ends the program.
 */
export function preallocate(area: AreaNeed, context: StrategyContext, askedThreads: number): SetupStep[] {
  const threads = preallocThreads({
    hostCpus: context.cpus,
    askedThreads,
    bytes: mappedBytesOf(area),
    pageBytes: pageBytesOf(area),
  })
  const populates = context.kernelHas?.('madv-populate') ?? true
  return populates
    ? populate(area, 'write', { threads, onRefusal: 'fail' })
    : [touchAll(area, 'write', threads)]
}
