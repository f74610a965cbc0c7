/** Memory of the runner's own, mapped by itself and not by the JavaScript engine. */
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { libc, SystemCallError } from './libc.ts'
import { MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED, PROT_BITS } from './system-calls.ts'

const MAP_FAILED = 0xffff_ffff_ffff_ffffn

/** Address of so many fresh bytes. */
export function mapOwn(bytes: number, kind: 'private' | 'shared' = 'private'): bigint {
  const flags = MAP_ANONYMOUS | (kind === 'shared' ? MAP_SHARED : MAP_PRIVATE)
  const address = libc().mmap(null, bytes, PROT_BITS.rw, flags, -1, 0)
  if (address === null || address === MAP_FAILED) throw new SystemCallError('mmap', libc().errno())
  return address
}

export function unmapOwn(address: bigint, bytes: number): void {
  libc().munmap(address, bytes)
}

/** Writes one byte, so that there is a page. */
export function touchOwn(address: bigint): void {
  libc().memset(address, 1, 1)
}

/** The memory at an address, as bytes of the engine's. Not to be used once it is unmapped. */
export function viewOwn(address: bigint, bytes: number): Uint8Array {
  const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
  return new Uint8Array(koffi.view(address, bytes))
}
