import { closeSync, openSync, readSync } from 'node:fs'

const CHUNK = 65536
let buffer = Buffer.alloc(CHUNK)

/** A file of /proc or /sys that is kept open and read anew from its beginning each time. */
export class ProcFile {
  readonly #fd: number

  constructor(path: string) {
    this.#fd = openSync(path, 'r')
  }

  /** The whole text. The kernel hands out such files in pieces of its own choice. */
  text(): string {
    let length = 0
    for (;;) {
      if (buffer.length - length < CHUNK) buffer = Buffer.concat([buffer], buffer.length * 2)
      const got = readSync(this.#fd, buffer, length, buffer.length - length, length)
      if (got === 0) return buffer.toString('latin1', 0, length)
      length += got
    }
  }

  /** Fills `into` from a byte position and gives the number of bytes read. */
  bytes(into: NodeJS.ArrayBufferView, length: number, position: number): number {
    return readSync(this.#fd, into, 0, length, position)
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** The number behind `Name:` in text such as /proc/PID/status or /proc/meminfo; 0 if there is no such line. */
export function numberOf(text: string, name: string): number {
  const at = text.startsWith(`${name}:`) ? 0 : text.indexOf(`\n${name}:`) + 1
  if (at === 0 && !text.startsWith(`${name}:`)) return 0
  return Number.parseInt(text.slice(at + name.length + 1, at + name.length + 24), 10)
}
