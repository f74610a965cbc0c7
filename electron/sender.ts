/** Who may ask: the top frame of the program's own page. */

export const SCHEME = 'app'
export const HOST = 'holdfast'
/** Where the page is: of a scheme of its own, so that it has an origin and no rights on files. */
export const ORIGIN = `${SCHEME}://${HOST}`

/** As much of a frame as is looked at. */
export interface SendingFrame {
  readonly url: string
  readonly origin: string
  readonly parent: unknown
}

/** Whether this is an address of the program's own page. */
export function isOwnPage(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed?.protocol === `${SCHEME}:` && parsed.host === HOST && parsed.username === ''
}

/**
 * Why a message is refused; null if it is not. The frame is null once it has navigated or is gone. Address and origin are
 * both looked at: a window that was opened to about:blank has its opener's origin.
 */
export function foreign(frame: SendingFrame | null): string | null {
  if (frame === null) return 'the frame that sent it is gone'
  if (frame.parent !== null) return 'it comes from a frame inside the page'
  if (frame.origin !== ORIGIN || !isOwnPage(frame.url)) return 'it comes from another page'
  return null
}
