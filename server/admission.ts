/** Who may ask: this machine's own page, and whoever knows the token. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** 256 bits, as text for a URL. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** Why a request is refused; null if it is not. A page of another site can neither name this host nor be of its origin. */
export function foreign(request: IncomingMessage, port: number): string | null {
  const { headers } = request
  const names = [`127.0.0.1:${port}`, `localhost:${port}`]
  const { host, origin } = headers
  if (host === undefined || !names.includes(host)) return 'its Host is not this server'
  if (origin !== undefined && !names.includes(origin.replace(/^http:\/\//, '')))
    return 'its Origin is another site'
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !followsLink(request))
    return 'it comes from another site'
  return null
}

/** A link to the start page that a person followed, such as in a mail: the page holds nothing until it has the token. */
function followsLink({ method, url, headers }: IncomingMessage): boolean {
  const isPage = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return isPage && method === 'GET' && url === '/'
}

/** Whether the request carries the token; takes as long for any wrong one. */
export function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const [, given = ''] = /^Bearer (\S{1,200})$/.exec(headers.authorization ?? '') ?? []
  return timingSafeEqual(hashOf(given), hashOf(token))
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest()
