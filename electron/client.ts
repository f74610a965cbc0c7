/**
 * The application over a preload: what the page uses in the desktop shell. Only text and functions cross the bridge
 * between the two worlds of a window, so that every shell carries the same values: those that JSON has.
 */
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

/** What the preload puts into the page as `window.holdfast`. */
export interface Bridge {
  /** Asks under an id of the caller's choice; the answer is an `Answer` as JSON. */
  readonly call: (
    id: string,
    method: string,
    input: string,
    onProgress: (progress: string) => void,
  ) => Promise<string>
  readonly cancel: (id: string) => void
  readonly subscribe: (listen: (event: string) => void) => () => void
}

export function bridgeClient(bridge: Bridge): Api {
  return {
    call: <M extends Method>(method: M, input: Input<M>, options: CallOptions = {}) =>
      callOver(bridge, method, input, options) as Promise<Answer<Output<M>>>,
    subscribe: listen => bridge.subscribe(event => listen(JSON.parse(event) as AppEvent)),
  }
}

async function callOver(
  bridge: Bridge,
  method: string,
  input: unknown,
  { signal, onProgress }: CallOptions,
): Promise<Answer<unknown>> {
  const failed = (error: Failure): Answer<unknown> => ({ ok: false, error })
  if (signal?.aborted === true) return failed(failureOf('cancelled'))
  const id = crypto.randomUUID()
  const cancelled = Promise.withResolvers<Answer<unknown>>()
  const stop = (): void => {
    bridge.cancel(id)
    cancelled.resolve(failed(failureOf('cancelled')))
  }
  signal?.addEventListener('abort', stop)
  try {
    const answered = bridge.call(id, method, JSON.stringify(input), text =>
      onProgress?.(JSON.parse(text) as Progress),
    )
    return await Promise.race([answered.then(text => JSON.parse(text) as Answer<unknown>), cancelled.promise])
  } catch (error) {
    return failed(failureOf('unreachable', error instanceof Error ? error.message : String(error)))
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
