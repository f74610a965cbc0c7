/** The built page over HTTP. */
import { createReadStream } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { failureOf } from '../app/errors.ts'
import { NO_PAGE, pageFile, START_PAGE } from '../app/page/files.ts'
import { HEADERS, refuse } from './replies.ts'

export async function sendFile(
  folder: string,
  pathname: string,
  isHead: boolean,
  res: ServerResponse,
): Promise<void> {
  const file = await pageFile(folder, pathname)
  if (file === null) {
    if (pathname === '/' || pathname === START_PAGE)
      res
        .writeHead(200, { ...HEADERS, 'content-type': 'text/html; charset=utf-8' })
        .end(isHead ? '' : NO_PAGE)
    else refuse(res, 404, failureOf('not-found', pathname))
    return
  }
  const cache = file.cacheControl === null ? {} : { 'cache-control': file.cacheControl }
  const about = { 'content-type': file.mediaType, 'content-length': file.sizeBytes }
  res.writeHead(200, { ...HEADERS, ...cache, ...about })
  if (isHead) return void res.end()
  await pipeline(createReadStream(file.path), res).catch(() => void res.destroy())
}
