/** Files that a person opened with the program: read here, since the page has no rights on files. */
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { GivenFile } from '../app/contract.ts'

const MIB = 2 ** 20
/** Of a longer file only the beginning is handed on: all of a plan, the header of a model. */
export const MOST_BYTES = 16 * MIB

/** A file that cannot be read comes with the reason in the place of its bytes. */
export async function givenFile(path: string): Promise<GivenFile> {
  const name = basename(path)
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(Math.min(size, MOST_BYTES)) })
      return {
        name,
        sizeBytes: size,
        base64: buffer.subarray(0, bytesRead).toString('base64'),
        trouble: null,
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    return { name, sizeBytes: 0, base64: '', trouble: error instanceof Error ? error.message : String(error) }
  }
}
