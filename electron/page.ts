/** The page under a scheme of its own: files of one folder, with the policy that lets no other script run. */
import { readFile } from 'node:fs/promises'
import { NO_PAGE, pageFile } from '../app/page/files.ts'
import { PAGE_HEADERS } from '../app/page/policy.ts'
import { HOST, SCHEME } from './sender.ts'

/** To be said before the application is ready. */
export const SCHEMES = [
  { scheme: SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
]

/** Answers what the windows load. */
export async function pageResponse(
  folder: string,
  { url, method }: Pick<Request, 'url' | 'method'>,
): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'This can only be read.')
  // Not URL.pathname: it would take .. out before anybody could refuse it.
  const path = new RegExp(`^${SCHEME}://${HOST}(/[^?#]*)?(?:[?#]|$)`).exec(url)?.[1] ?? '/'
  if (URL.parse(url)?.host !== HOST) return plain(404, 'There is nothing at this address.')
  const file = await pageFile(folder, path)
  if (file === null && path === '/')
    return new Response(NO_PAGE, { headers: { ...PAGE_HEADERS, 'content-type': 'text/html; charset=utf-8' } })
  if (file === null) return plain(404, 'There is nothing at this address.')
  const cache = file.cacheControl === null ? {} : { 'cache-control': file.cacheControl }
  return new Response(method === 'HEAD' ? null : await readFile(file.path), {
    headers: { ...PAGE_HEADERS, ...cache, 'content-type': file.mediaType },
  })
}

const plain = (status: number, text: string): Response =>
  new Response(text, { status, headers: { ...PAGE_HEADERS, 'content-type': 'text/plain; charset=utf-8' } })
