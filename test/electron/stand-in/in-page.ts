/**
 * The script that gives a page its preload, as text. What Electron copies between worlds is copied here; that there are two
 * worlds is not imitated.
 */

/** Where the script leaves what receives messages of the main process, and the name of what it calls. */
export const RECEIVER = 'holdfast stand-in'
export const BINDING = '__toMain'

export interface ToMain {
  /** Answers come back under it. */
  readonly id: number
  readonly kind: 'invoke' | 'send'
  readonly channel: string
  readonly args: readonly unknown[]
}

export const inPage = (origin: string, preload: string): string => `(() => {
  const binding = globalThis.${BINDING}
  delete globalThis.${BINDING}
  if (location.origin !== ${JSON.stringify(origin)} || globalThis !== globalThis.top) return
  const listeners = new Map()
  const waiting = new Map()
  let last = 0
  // Text one way, a call of the receiver the other: what a page asks is not mixed up with what a test asks of the page.
  const toMain = message => {
    const id = ++last
    const answered = new Promise(resolve => waiting.set(id, resolve))
    binding(JSON.stringify({ id, ...message }))
    return answered
  }
  const ipcRenderer = {
    invoke: async (channel, ...args) => {
      const answer = await toMain({ kind: 'invoke', channel, args: structuredClone(args) })
      if (answer.error !== undefined) throw new Error("Error invoking remote method '" + channel + "': " + answer.error)
      return answer.value
    },
    send: (channel, ...args) => void toMain({ kind: 'send', channel, args: structuredClone(args) }),
    on: (channel, listen) => void listeners.set(channel, [...(listeners.get(channel) ?? []), listen]),
  }
  globalThis[Symbol.for(${JSON.stringify(RECEIVER)})] = (channel, args) => {
    if (channel === ${JSON.stringify(RECEIVER)}) {
      const [id, answer] = args
      waiting.get(id)?.(answer)
      waiting.delete(id)
      return
    }
    for (const listen of listeners.get(channel) ?? []) listen({}, ...args)
  }
  const bridged = value => {
    if (typeof value === 'function') return (...args) => bridged(value(...args.map(bridged)))
    if (value instanceof Promise) return value.then(bridged, error => { throw new Error(String(error.message ?? error)) })
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(bridged)
    if (Object.getPrototypeOf(value) !== Object.prototype) throw new Error('An object could not be cloned.')
    return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, bridged(inner)])))
  }
  const contextBridge = {
    exposeInMainWorld: (key, api) => Object.defineProperty(globalThis, key, { value: bridged(api), enumerable: true }),
  }
  const require = name => {
    if (name !== 'electron') throw new Error('module not found: ' + name)
    return { ipcRenderer, contextBridge }
  }
  ;(function (require, module, exports, process) { ${preload}
  })(require, { exports: {} }, {}, { platform: ${JSON.stringify(process.platform)}, versions: {} })
})()`
