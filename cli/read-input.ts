/** Text that a person named on the command line. */
import { closeSync, openSync, readSync } from 'node:fs'

/** Enough for every program that the reader takes. */
const MOST_BYTES = 64 * 1024 * 1024

export class Unreadable extends Error {
  override readonly name = 'Unreadable'
}

/** What messages call an input. */
export const inputName = (file: string): string => (file === '-' ? 'standard input' : file)

/** A file as UTF-8 text, or standard input for `-`. Throws {@link Unreadable} with a sentence. */
export function readInput(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(file))
  } catch (error) {
    if (error instanceof TypeError) throw new Unreadable('the text is not UTF-8')
    throw error instanceof Unreadable ? error : new Unreadable(sentenceOf(error))
  }
}

/** Reads piece by piece, because pipes and devices do not say how long they are. */
function bytesOf(file: string): Buffer {
  const descriptor = file === '-' ? 0 : openSync(file, 'r')
  try {
    const pieces: Buffer[] = []
    let length = 0
    for (let piece = nextPiece(descriptor); piece !== null; piece = nextPiece(descriptor)) {
      pieces.push(piece)
      length += piece.length
      if (length > MOST_BYTES) throw new Unreadable(`there is more text than ${MOST_BYTES / 2 ** 20} MiB`)
    }
    return Buffer.concat(pieces)
  } finally {
    if (descriptor !== 0) closeSync(descriptor)
  }
}

function nextPiece(descriptor: number): Buffer | null {
  const piece = Buffer.allocUnsafe(64 * 1024)
  for (;;) {
    try {
      const length = readSync(descriptor, piece)
      return length === 0 ? null : piece.subarray(0, length)
    } catch (error) {
      // A terminal or pipe that another program left in non-blocking mode has nothing yet.
      if (codeOf(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}

const sentences: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'this is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EACCES: 'the permission to read it is missing',
}

export function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return sentences[codeOf(error)] ?? message
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''
