/** How the page reaches the application: what a preload gives, or the server that the page came from. */
import type { Api, CallOptions, Input, Method, Output } from '../app/contract.ts'
import { bridgeClient, type Bridge } from '../electron/client.ts'
import { serverClient } from '../server/client.ts'

declare global {
  interface Window {
    /** Put there by a desktop shell's preload. */
    readonly holdfast?: Bridge
  }
}

const TOKEN = 'holdfast.token'

/** The token comes behind # once; it is kept for this tab and taken out of the address bar. */
function tokenOfSession(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given !== null) {
    sessionStorage.setItem(TOKEN, given)
    history.replaceState(null, '', location.pathname)
  }
  return sessionStorage.getItem(TOKEN) ?? ''
}

function connect(): Api {
  if (window.holdfast !== undefined) return bridgeClient(window.holdfast)
  addEventListener('hashchange', () => location.reload())
  return serverClient({ origin: location.origin, token: tokenOfSession() })
}

export const api: Api = connect()

/** A refusal of the application, as an exception inside the page: its message is a sentence for people. */
export class Refused extends Error {
  readonly code: string
  constructor(code: string, sentence: string) {
    super(sentence)
    this.code = code
  }
}

/** Calls and unwraps the answer. */
export async function ask<M extends Method>(
  method: M,
  input: Input<M>,
  options: CallOptions = {},
): Promise<Output<M>> {
  const answer = await api.call(method, input, options)
  if (answer.ok) return answer.value
  throw new Refused(answer.error.code, answer.error.sentence)
}
