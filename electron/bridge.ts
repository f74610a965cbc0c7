/** The application over messages between processes: one session per window, which ends with the page it belongs to. */
import { ipcMain, type IpcMainEvent, type IpcMainInvokeEvent, type WebContents } from 'electron'
import type { Answer, AppEvent, Failure } from '../app/contract.ts'
import type { App } from '../app/create-app.ts'
import { failureOf } from '../app/errors.ts'
import { CHANNELS } from './channels.ts'
import { foreign } from './sender.ts'

/** As much text as the loopback server takes. */
const MIB = 2 ** 20
const MOST_CHARACTERS = 16 * MIB

interface Session {
  readonly contents: WebContents
  /** Calls under way, by the id that the page gave them. */
  readonly calls: Map<string, AbortController>
  isListening: boolean
  /** What was told to this window alone before it listened. */
  waiting: AppEvent[]
}

export class WindowBridge {
  readonly #app: Pick<App, 'call' | 'subscribe'>
  readonly #sessions = new Map<WebContents, Session>()

  constructor(app: Pick<App, 'call' | 'subscribe'>) {
    this.#app = app
    ipcMain.handle(CHANNELS.call, (event, ...sent: unknown[]) => this.#call(event, sent))
    ipcMain.on(CHANNELS.cancel, (event, id: unknown) => this.#sender(event)?.calls.get(String(id))?.abort())
    ipcMain.on(CHANNELS.listen, event => this.#listen(event))
    app.subscribe(event => {
      for (const session of this.#sessions.values()) if (session.isListening) send(session, event)
    })
  }

  /** From now on this window may ask. */
  add(contents: WebContents): void {
    const session: Session = { contents, calls: new Map(), isListening: false, waiting: [] }
    this.#sessions.set(contents, session)
    contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) end(session)
    })
    contents.on('render-process-gone', () => end(session))
    contents.on('destroyed', () => {
      end(session)
      this.#sessions.delete(contents)
    })
  }

  /** Tells one window alone; as soon as it listens, if it does not yet. */
  tell(contents: WebContents, event: AppEvent): void {
    const session = this.#sessions.get(contents)
    if (session === undefined) return
    if (session.isListening) send(session, event)
    else session.waiting.push(event)
  }

  /** The session of a message, if its sender may ask. */
  #sender(event: IpcMainEvent | IpcMainInvokeEvent): Session | null {
    return foreign(event.senderFrame) === null ? (this.#sessions.get(event.sender) ?? null) : null
  }

  #listen(event: IpcMainEvent): void {
    const session = this.#sender(event)
    if (session === null) return
    session.isListening = true
    const waiting = session.waiting.splice(0)
    for (const each of waiting) send(session, each)
  }

  async #call(event: IpcMainInvokeEvent, [id, method, input]: readonly unknown[]): Promise<string> {
    const session = this.#sender(event)
    if (session === null)
      return refusal(
        failureOf('not-allowed', foreign(event.senderFrame) ?? 'it comes from an unknown window'),
      )
    if (typeof id !== 'string' || typeof method !== 'string' || typeof input !== 'string')
      return refusal(failureOf('not-json', 'it is no text'))
    if (session.calls.has(id)) return refusal(failureOf('not-allowed', 'a call of this id is under way'))
    const read = parsed(input)
    if (!read.ok) return refusal(read.error)
    const controller = new AbortController()
    session.calls.set(id, controller)
    try {
      const answer = await this.#app.call(method, read.value, {
        signal: controller.signal,
        onProgress: progress => {
          if (!controller.signal.aborted)
            push(session.contents, CHANNELS.progress, id, JSON.stringify(progress))
        },
      })
      return JSON.stringify(answer)
    } finally {
      if (session.calls.get(id) === controller) session.calls.delete(id)
    }
  }
}

/** Nobody waits for its answers any more, and nobody listens. */
function end(session: Session): void {
  session.isListening = false
  for (const controller of session.calls.values()) controller.abort()
  session.calls.clear()
}

const send = ({ contents }: Session, event: AppEvent): void =>
  push(contents, CHANNELS.event, JSON.stringify(event))

function push(contents: WebContents, channel: string, ...texts: readonly string[]): void {
  if (!contents.isDestroyed()) contents.send(channel, ...texts)
}

const refusal = (error: Failure): string => JSON.stringify({ ok: false, error } satisfies Answer<unknown>)

function parsed(
  text: string,
): { readonly ok: true; readonly value: unknown } | { ok: false; error: Failure } {
  if (text.length > MOST_CHARACTERS)
    return { ok: false, error: failureOf('too-large', `${MOST_CHARACTERS / MIB} MiB`) }
  try {
    return { ok: true, value: JSON.parse(text) }
  } catch (error) {
    const what = error instanceof Error ? error.message.slice(0, 200) : String(error)
    return { ok: false, error: failureOf('not-json', what) }
  }
}
