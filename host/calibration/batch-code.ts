/**
 * Machine code that carries out a list of operations without coming back in between, so that nothing but the kernel's
 * work lies between two readings of the clock. x86-64. rbx points to the list; an entry is eight words of 8 bytes:
 *
 *     what   the number of a system call, or one of ENTRY
 *     a … f  its arguments; of a touch: from, to, stride
 *     result what the system call returned
 */

/** What an entry may be besides a system call. */
export const ENTRY = {
  /** Reads one byte at from, from + stride, … below to. */
  read: -1,
  write: -2,
  /** A process that the entry before has forked, where that entry's result is 0, ends. */
  endChild: -3,
  /** Back to the runner. */
  stop: -4,
} as const

export const ENTRY_BYTES = 64
export const RESULT_WORD = 7

const next = [
  ...[0x48, 0x83, 0xc3, 0x40], // add rbx, 64
] // prettier-ignore

const loadRange = [
  ...[0x48, 0x8b, 0x7b, 0x08], // mov rdi, [rbx+8]
  ...[0x48, 0x8b, 0x73, 0x10], // mov rsi, [rbx+16]
  ...[0x48, 0x8b, 0x53, 0x18], // mov rdx, [rbx+24]
] // prettier-ignore

const systemCall = [
  ...loadRange,
  ...[0x4c, 0x8b, 0x53, 0x20], // mov r10, [rbx+32]
  ...[0x4c, 0x8b, 0x43, 0x28], // mov r8, [rbx+40]
  ...[0x4c, 0x8b, 0x4b, 0x30], // mov r9, [rbx+48]
  ...[0x0f, 0x05], //             syscall
  ...[0x48, 0x89, 0x43, 0x38], // mov [rbx+56], rax
] // prettier-ignore

/** Accesses, and on with the list: `access` is one instruction. */
function touch(access: readonly number[]): number[] {
  const body = [
    ...access,
    ...[0x48, 0x01, 0xd7], // add rdi, rdx
    ...[0x48, 0x39, 0xf7], // cmp rdi, rsi
  ]
  return [...loadRange, ...body, 0x72, 256 - body.length - 2] // jb back
}

/** Jump by a distance from the end of the instruction. */
const jump = (distance: number): number[] => [0xe9, ...bytesOf(distance)]
const bytesOf = (value: number): number[] => [0, 8, 16, 24].map(shift => (value >>> shift) & 0xff)

/** Parts that end by going on with the list get their jump back here, where the distance is known. */
function assemble(): Uint8Array {
  const code: number[] = []
  const onwards = (): void => {
    code.push(...next)
    code.push(...jump(-(code.length + 5)))
  }
  code.push(0x48, 0x8b, 0x03) //       mov rax, [rbx]
  code.push(0x48, 0x85, 0xc0) //       test rax, rax
  code.push(0x0f, 0x88, ...bytesOf(systemCall.length + next.length + 5)) // js special
  code.push(...systemCall)
  onwards()
  const special = (part: readonly number[], stops = false): void => {
    code.push(0x48, 0xff, 0xc0) //     inc rax
    const length = part.length + (stops ? 0 : next.length + 5)
    code.push(0x0f, 0x85, ...bytesOf(length)) // jnz to the next special
    code.push(...part)
    if (!stops) onwards()
  }
  special(touch([0x8a, 0x07])) //       mov al, [rdi]
  special(touch([0xc6, 0x07, 0x01])) // mov byte [rdi], 1
  special([
    ...[0x48, 0x83, 0x7b, 0xf8, 0x00], // cmp qword [rbx-8], 0
    ...[0x75, 0x09], //                   jne over
    ...[0xb8, 0xe7, 0x00, 0x00, 0x00], // mov eax, 231  exit_group
    ...[0x31, 0xff], //                   xor edi, edi
    ...[0x0f, 0x05], //                   syscall
  ])
  special([0xcc], true) //              int3
  return Uint8Array.from(code)
}

export const BATCH_CODE = assemble()
