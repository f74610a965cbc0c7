import { describe, expect, it } from 'vitest'
import { RUNTIME_CODE, RUNTIME_OFFSETS, startImage } from '../../host/machine-code.ts'

describe('the start image', () => {
  const image = startImage()

  it('is an executable for x86-64 that begins inside itself', () => {
    expect(image.subarray(0, 5).toString('latin1')).toBe('\x7fELF\x02')
    expect(image.readUInt16LE(18)).toBe(62)
    const entry = Number(image.readBigUInt64LE(24)) - 0x400000
    expect(image[entry]).toBe(0x31)
    expect(image.subarray(-3)).toEqual(Buffer.from([0x0f, 0x05, 0xcc]))
  })
})

describe('the runtime page', () => {
  it('has a call and two loops, each of which ends in a stop and goes back to its own beginning', () => {
    const { syscall, read, write, list } = RUNTIME_OFFSETS
    const parts = [
      RUNTIME_CODE.slice(syscall, read),
      RUNTIME_CODE.slice(read, write),
      RUNTIME_CODE.slice(write, list),
    ]
    expect(parts.map(part => part.at(-1))).toEqual([0xcc, 0xcc, 0xcc])
    for (const loop of parts.slice(1)) expect(256 - (loop.at(-2) ?? 0)).toBe(loop.length - 1)
  })

  it('has a walk of a list, both ways of which go back to its beginning and end in a stop', () => {
    const walk = [...RUNTIME_CODE.slice(RUNTIME_OFFSETS.list)]
    const jumps = walk.flatMap((byte, at) => (byte === 0x72 ? [at + 2 + (walk[at + 1] ?? 0) - 256] : []))
    expect(jumps).toEqual([0, 0])
    const toWrite = walk.indexOf(0x75)
    expect(walk[toWrite + 2 + (walk[toWrite + 1] ?? 0)]).toBe(0xc6)
    expect(walk.filter(byte => byte === 0xcc)).toHaveLength(2)
  })

  it('fits into a page', () => expect(RUNTIME_CODE.length).toBeLessThan(4096))
})
