/** The application on loopback: the same page in a browser. Nobody else on the network or on another site can ask it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Answer, Failure } from '../app/contract.ts'
import type { App } from '../app/create-app.ts'
import { failureOf } from '../app/errors.ts'
import { foreign, hasToken, newToken } from './admission.ts'
import { lineOf, NDJSON } from './ndjson.ts'
import { MOST_BYTES, readBody } from './read-body.ts'
import { HEADERS, refuse } from './replies.ts'
import { sendFile } from './static-files.ts'

export interface ServerSettings {
  readonly app: Pick<App, 'call' | 'subscribe'>
  /** Folder of the built page; need not be there. */
  readonly renderer: string
  /** 0 takes one that is free. */
  readonly port?: number
  readonly token?: string
  readonly onBroken?: (error: unknown) => void
}

export interface RunningServer {
  readonly origin: string
  readonly token: string
  /** What to open: the token is behind #, so that it is in no request line and no log. */
  readonly url: string
  close: () => Promise<void>
}

/** Milliseconds between two signs of life of the stream of events. */
const BEAT_MS = 15_000
/** A listener that is this far behind is cut off; it comes back and asks for everything. */
const MOST_BEHIND_BYTES = 8 * 2 ** 20

export async function startServer(settings: ServerSettings): Promise<RunningServer> {
  const { app, renderer, port = 0, token = newToken(), onBroken = () => {} } = settings
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000 })
  server.maxConnections = 256
  await listening(server, port)
  const taken = (server.address() as AddressInfo).port
  const origin = `http://127.0.0.1:${taken}`
  server.on('request', (req, res) => {
    res.on('error', () => {})
    handle({ app, renderer, token, port: taken }, req, res).catch((error: unknown) => {
      onBroken(error)
      refuse(res, 500, failureOf('broken', error instanceof Error ? error.message : String(error)))
    })
  })
  return {
    ...{ origin, token },
    url: `${origin}/#token=${token}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

interface Place {
  readonly app: ServerSettings['app']
  readonly renderer: string
  readonly token: string
  readonly port: number
}

async function handle(place: Place, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const why = foreign(req, place.port)
  if (why !== null) {
    turnAway(req, res, 403, failureOf('not-allowed', why))
    return
  }
  const { method = '', url = '/' } = req
  const pathname = url.split(/[?#]/, 1)[0] ?? '/'
  const isCall = pathname.startsWith('/rpc/')
  const isEvents = pathname === '/events'
  const allowed = isCall ? ['POST'] : isEvents ? ['GET'] : ['GET', 'HEAD']
  if ((isCall || isEvents) && !hasToken(req, place.token)) {
    turnAway(req, res, 401, failureOf('not-allowed', 'it does not carry the token of this session'))
    return
  }
  if (!allowed.includes(method)) {
    turnAway(req, res, 405, failureOf('wrong-way', method))
    return
  }
  if (isEvents) {
    events(place, res)
    return
  }
  if (isCall) return call(place, pathname.slice('/rpc/'.length), req, res)
  await sendFile(place.renderer, pathname, method === 'HEAD', res)
}

async function call(
  { app }: Place,
  method: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const body = await readBody(req)
  if (!body.ok) {
    turnAway(req, res, body.status, body.error)
    return
  }
  const controller = new AbortController()
  res.on('close', () => {
    if (!res.writableEnded) controller.abort()
  })
  const say = (line: string): void => {
    if (!res.headersSent) res.writeHead(200, { ...HEADERS, 'content-type': NDJSON })
    res.write(line)
  }
  const answer = await app.call(method, body.value, {
    signal: controller.signal,
    onProgress: p => say(lineOf({ p })),
  })
  if (!res.headersSent) res.writeHead(statusOf(answer), { ...HEADERS, 'content-type': NDJSON })
  res.end(lineOf({ r: answer }))
}

/** What a use case refuses is an answer like another. */
const statusOf = (answer: Answer<unknown>): number =>
  answer.ok
    ? 200
    : answer.error.code === 'unknown-method'
      ? 404
      : answer.error.code === 'bad-input'
        ? 400
        : 200

function events({ app }: Place, res: ServerResponse): void {
  res.writeHead(200, { ...HEADERS, 'content-type': NDJSON })
  res.flushHeaders()
  const send = (line: string): void => {
    if (res.writableLength > MOST_BEHIND_BYTES) res.destroy()
    else res.write(line)
  }
  const stop = app.subscribe(event => send(lineOf(event)))
  const beat = setInterval(() => send('\n'), BEAT_MS).unref()
  res.on('close', () => {
    stop()
    clearInterval(beat)
  })
}

/** Refuses, and takes the rest of what is sent, up to a bound, so that the answer can be read. */
function turnAway(req: IncomingMessage, res: ServerResponse, status: number, error: Failure): void {
  if (!req.complete) {
    let more = 0
    res.setHeader('connection', 'close')
    req.on('data', (piece: Buffer) => {
      more += piece.length
      if (more > 4 * MOST_BYTES) req.destroy()
    })
    req.on('error', () => {})
  }
  refuse(res, status, error)
}
