/** The built page: regular files of one folder, and of nowhere else. */
import { realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'

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

/** What stands in the place of a page that is not there. */
export const NO_PAGE = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Holdfast</title>
<h1>Holdfast is running, but its window has not been built</h1>
<p>Calls are answered all the same. <code>npm run build</code> in the project's folder builds the window.</p>
</html>
`

export const START_PAGE = '/index.html'

export interface PageFile {
  readonly path: string
  readonly sizeBytes: number
  readonly mediaType: string
  /** Names of built files change with their content. */
  readonly cacheControl: string | null
}

/** A regular file that is in the folder, links followed; null for all else, whatever the reason. */
export async function pageFile(folder: string, pathname: string): Promise<PageFile | null> {
  try {
    const name = decodeURIComponent(pathname === '/' ? START_PAGE : pathname)
    if (/[\0\\]|(?:^|\/)\.\.?(?:\/|$)/.test(name)) return null
    const root = await realpath(folder)
    const path = await realpath(join(root, name))
    if (!path.startsWith(root + sep)) return null
    const found = await stat(path)
    if (!found.isFile()) return null
    return {
      path,
      sizeBytes: found.size,
      mediaType: TYPES[extname(path)] ?? 'application/octet-stream',
      cacheControl: name.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : null,
    }
  } catch {
    return null
  }
}
