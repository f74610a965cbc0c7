/** What every answer has in common. */
import type { ServerResponse } from 'node:http'
import type { Failure } from '../app/contract.ts'
import { lineOf, NDJSON } from './ndjson.ts'

/** No script but the program's own files; styles of elements may be set by them. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Refuses in the form of an answer, so that a client needs no other. */
export function refuse(res: ServerResponse, status: number, error: Failure): void {
  if (res.headersSent) return void res.end()
  res.writeHead(status, { ...HEADERS, 'content-type': NDJSON }).end(lineOf({ r: { ok: false, error } }))
}
