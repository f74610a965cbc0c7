/** The built page: regular files of one folder, and of nowhere else. */
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { failureOf } from '../app/errors.ts'
import { HEADERS, refuse } from './replies.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

const NO_PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Holdfast</title>
<h1>Holdfast is running, but its window has not been built</h1>
<p>Calls are answered all the same. <code>npm run build</code> in the project's folder builds the window.</p>
</html>
`

export async function sendFile(
  folder: string,
  pathname: string,
  isHead: boolean,
  res: ServerResponse,
): Promise<void> {
  const name = pathname === '/' ? '/index.html' : pathname
  const file = await fileAt(folder, name)
  if (file === null) {
    if (name === '/index.html') {
      send(res, 200, TYPES['.html'] ?? '', isHead ? '' : NO_PAGE)
      return
    }
    refuse(res, 404, failureOf('not-found', pathname))
    return
  }
  // Names of built files change with their content.
  const cache = name.startsWith('/assets/') ? { 'cache-control': 'private, max-age=31536000, immutable' } : {}
  const type = TYPES[extname(file.path)] ?? 'application/octet-stream'
  res.writeHead(200, { ...HEADERS, ...cache, 'content-type': type, 'content-length': file.size })
  if (isHead) return void res.end()
  await pipeline(createReadStream(file.path), res).catch(() => void res.destroy())
}

function send(res: ServerResponse, status: number, type: string, text: string): void {
  res.writeHead(status, { ...HEADERS, 'content-type': type }).end(text)
}

/** A regular file that is in the folder, links followed; null for all else, whatever the reason. */
async function fileAt(folder: string, pathname: string): Promise<{ path: string; size: number } | null> {
  try {
    const name = decodeURIComponent(pathname)
    if (/[\0\\]|(?:^|\/)\.\.?(?:\/|$)/.test(name)) return null
    const root = await realpath(folder)
    const path = await realpath(join(root, name))
    if (!path.startsWith(root + sep)) return null
    const found = await stat(path)
    return found.isFile() ? { path, size: found.size } : null
  } catch {
    return null
  }
}
