/** The body of a request: JSON of a bounded size. */
import type { IncomingMessage } from 'node:http'
import type { Failure } from '../app/contract.ts'
import { failureOf } from '../app/errors.ts'

const MIB = 2 ** 20
export const MOST_BYTES = 16 * MIB

export type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: number; readonly error: Failure }

export async function readBody(req: IncomingMessage): Promise<Body> {
  if (!/^application\/json\b/i.test(req.headers['content-type'] ?? ''))
    return { ok: false, status: 415, error: failureOf('not-json', 'its Content-Type is another') }
  const tooLarge: Body = { ok: false, status: 413, error: failureOf('too-large', `${MOST_BYTES / MIB} MiB`) }
  if (Number(req.headers['content-length'] ?? 0) > MOST_BYTES) return tooLarge
  const bytes = await bytesOf(req)
  if (bytes === 'too large') return tooLarge
  if (bytes === 'broken off')
    return { ok: false, status: 400, error: failureOf('not-json', 'it broke off before its end') }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    const what = error instanceof SyntaxError ? error.message.slice(0, 200) : 'it is not UTF-8'
    return { ok: false, status: 400, error: failureOf('not-json', what) }
  }
}

async function bytesOf(req: IncomingMessage): Promise<Buffer | 'too large' | 'broken off'> {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > MOST_BYTES) return 'too large'
      pieces.push(piece)
    }
  } catch {
    return 'broken off'
  }
  return Buffer.concat(pieces)
}
