/**
 * The only machine code of Holdfast: what runs inside the process that a program describes. x86-64.
 *
 * Two pieces. The first is a static ELF file of a few lines that asks to be traced and stops; it exists because a
 * program's process must have no C library, no thread area and no memory of its own. The second is the content of
 * `$rt`, the runtime page: the runner sets the registers, lets the process run, and gets it back at the next `int3`.
 */

/** `syscall; int3`: the runner puts number and arguments into the registers and continues here. */
const callAndStop = [0x0f, 0x05, 0xcc]

/** ptrace(PTRACE_TRACEME), then stop. If tracing is not allowed nobody takes the `int3`, and it ends the process. */
const start = [
  0x31, 0xff, // xor edi, edi        PTRACE_TRACEME
  0x31, 0xf6, // xor esi, esi
  0x31, 0xd2, // xor edx, edx
  0x45, 0x31, 0xd2, // xor r10d, r10d
  0xb8, 0x65, 0x00, 0x00, 0x00, // mov eax, 101      ptrace
  ...callAndStop,
  ...callAndStop, // the process stops in front of these
] // prettier-ignore

const loadByte = [0x8a, 0x07] // mov al, [rdi]
const storeByte = [0xc6, 0x07, 0x01] // mov byte [rdi], 1

/** Accesses rdi, rdi + rdx, … below rsi, at least once; rcx counts those that completed. */
function touchLoop(access: readonly number[]): number[] {
  const body = [
    ...access,
    ...[0x48, 0xff, 0xc1], // inc rcx
    ...[0x48, 0x01, 0xd7], // add rdi, rdx
    ...[0x48, 0x39, 0xf7], // cmp rdi, rsi
  ]
  const jumpLength = 2
  return [...body, 0x72, 256 - body.length - jumpLength, 0xcc] // jb back; int3
}

const readLoop = touchLoop(loadByte)
const writeLoop = touchLoop(storeByte)

/**
 * Accesses the addresses of a list in order: rdi is its first word of 8 bytes, rsi its end. An odd address is written
 * to, an even one read. One access at least.
 */
const accessList = [
  ...[0x48, 0x8b, 0x07], //       next: mov rax, [rdi]
  ...[0x48, 0x83, 0xc7, 0x08], // add rdi, 8
  ...[0xa8, 0x01], //             test al, 1
  ...[0x75, 0x08], //             jnz write
  ...[0x8a, 0x10], //             mov dl, [rax]
  ...[0x48, 0x39, 0xf7], //       cmp rdi, rsi
  ...[0x72, 0xee], //             jb next
  0xcc, //                        int3
  ...[0xc6, 0x00, 0x01], //       write: mov byte [rax], 1
  ...[0x48, 0x39, 0xf7], //       cmp rdi, rsi
  ...[0x72, 0xe5], //             jb next
  0xcc, //                        int3
]

/** The content of the runtime page, and where its parts start, in bytes from its beginning. */
export const RUNTIME_CODE = Uint8Array.from([...callAndStop, ...readLoop, ...writeLoop, ...accessList])
export const RUNTIME_OFFSETS = {
  syscall: 0,
  read: callAndStop.length,
  write: callAndStop.length + readLoop.length,
  list: callAndStop.length + readLoop.length + writeLoop.length,
} as const

const LOAD_ADDRESS = 0x400000
const ELF_HEADER = 64
const PROGRAM_HEADER = 56

/**
 * The smallest file that Linux executes: an ELF header, one segment that holds the file itself, and the note that the
 * stack is not executable (without it kernels before 5.8 make all readable memory executable too).
 */
export function startImage(): Buffer {
  const codeAt = ELF_HEADER + 2 * PROGRAM_HEADER
  const image = Buffer.alloc(codeAt + start.length)
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]) // magic, 64 bit, little endian, version 1
  image.writeUInt16LE(2, 16) // an executable at fixed addresses
  image.writeUInt16LE(62, 18) // x86-64
  image.writeUInt32LE(1, 20)
  image.writeBigUInt64LE(BigInt(LOAD_ADDRESS + codeAt), 24) // entry
  image.writeBigUInt64LE(BigInt(ELF_HEADER), 32) // program headers start here
  image.writeUInt16LE(ELF_HEADER, 52)
  image.writeUInt16LE(PROGRAM_HEADER, 54)
  image.writeUInt16LE(2, 56) // two of them
  writeSegment(image, ELF_HEADER, { type: 1, flags: 5, address: LOAD_ADDRESS, bytes: image.length }) // PT_LOAD, r-x
  writeSegment(image, ELF_HEADER + PROGRAM_HEADER, { type: 0x6474e551, flags: 6, address: 0, bytes: 0 }) // PT_GNU_STACK
  image.set(start, codeAt)
  return image
}

interface Segment {
  readonly type: number
  /** 4 read, 2 write, 1 execute. */
  readonly flags: number
  readonly address: number
  readonly bytes: number
}

/** One program header; the segment starts at the file's first byte. */
function writeSegment(image: Buffer, at: number, { type, flags, address, bytes }: Segment): void {
  image.writeUInt32LE(type, at)
  image.writeUInt32LE(flags, at + 4)
  image.writeBigUInt64LE(BigInt(address), at + 16)
  image.writeBigUInt64LE(BigInt(address), at + 24)
  image.writeBigUInt64LE(BigInt(bytes), at + 32)
  image.writeBigUInt64LE(BigInt(bytes), at + 40)
  image.writeBigUInt64LE(4096n, at + 48)
}
