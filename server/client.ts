/** The application over HTTP: what the page uses. Nothing but fetch, so that it runs in browsers and in Node. */
import type {
  Answer,
  Api,
  AppEvent,
  CallOptions,
  Failure,
  Input,
  Method,
  Output,
  Progress,
} from '../app/contract.ts'
import { failureOf } from '../app/errors.ts'
import { NDJSON, valuesIn } from './ndjson.ts'

export interface ClientSettings {
  /** `http://127.0.0.1:4000` */
  readonly origin: string
  readonly token: string
  /** Until the stream of events is asked for again after it broke. */
  readonly retryMs?: number
}

export interface Client extends Api {
  /** Settles once events are heard for the first time. */
  readonly connected: Promise<void>
  /** Ends the stream of events. */
  close: () => void
}

/** A line of an answer: progress, or the answer itself, which is the last. */
type Line = { readonly p: Progress } | { readonly r: Answer<unknown> }

export function serverClient({ origin, token, retryMs = 1000 }: ClientSettings): Client {
  const headers = { authorization: `Bearer ${token}` }
  const ended = new AbortController()
  const isOver = (): boolean => ended.signal.aborted
  const listeners = new Set<{ readonly listen: (event: AppEvent) => void }>()
  const tell = (event: AppEvent): void => {
    for (const { listen } of [...listeners]) listen(event)
  }
  let settle = (): void => {}
  const connected = new Promise<void>(resolve => (settle = resolve))

  const hear = async (): Promise<void> => {
    for (let isFirst = true; !isOver(); isFirst = false) {
      try {
        const response = await fetch(`${origin}/events`, { headers, signal: ended.signal })
        if (response.ok && response.body !== null) {
          settle()
          // What happened while nobody listened is not known.
          if (!isFirst) tell({ event: 'store.changed', what: 'everything' })
          for await (const value of valuesIn(piecesOf(response.body))) tell(value as AppEvent)
        }
      } catch {
        // The stream broke: it is asked for again below.
      }
      if (!isOver()) await new Promise(resolve => setTimeout(resolve, retryMs))
    }
  }
  void hear()

  return {
    call: <M extends Method>(method: M, input: Input<M>, options: CallOptions = {}) =>
      callOver(`${origin}/rpc/${method}`, headers, input, options) as Promise<Answer<Output<M>>>,
    subscribe: listen => {
      const entry = { listen }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    connected,
    close: () => ended.abort(),
  }
}

async function callOver(
  url: string,
  headers: Readonly<Record<string, string>>,
  input: unknown,
  { signal, onProgress }: CallOptions,
): Promise<Answer<unknown>> {
  const failed = (error: Failure): Answer<unknown> => ({ ok: false, error })
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: NDJSON },
      body: JSON.stringify(input),
      ...(signal === undefined ? {} : { signal }),
    })
    if (response.body === null) return failed(failureOf('unreachable', 'its answer is empty'))
    for await (const value of valuesIn(piecesOf(response.body))) {
      const line = value as Line
      if ('r' in line) return line.r
      onProgress?.(line.p)
    }
    return failed(failureOf('unreachable', 'its answer broke off'))
  } catch (error) {
    if (signal?.aborted === true) return failed(failureOf('cancelled'))
    return failed(failureOf('unreachable', error instanceof Error ? error.message : String(error)))
  }
}

/** Not every browser can loop over a stream. */
async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
