/** What every answer has in common. */
import type { ServerResponse } from 'node:http'
import type { Failure } from '../app/contract.ts'
import { PAGE_HEADERS } from '../app/page/policy.ts'
import { lineOf, NDJSON } from './ndjson.ts'

export const HEADERS = PAGE_HEADERS

/** Refuses in the form of an answer, so that a client needs no other. */
export function refuse(res: ServerResponse, status: number, error: Failure): void {
  if (res.headersSent) return void res.end()
  res.writeHead(status, { ...HEADERS, 'content-type': NDJSON }).end(lineOf({ r: { ok: false, error } }))
}
