/** Reports as text. */
import type { RunExporter } from './exporter.ts'
import { htmlOf } from './html/page.ts'
import { markdownOf } from './markdown.ts'

export const html: RunExporter = {
  of: 'run',
  id: 'html',
  title: 'Report, HTML',
  help: 'One page without scripts; nothing is fetched. Light, dark and printed.',
  extensions: ['html', 'htm'],
  mediaType: 'text/html',
  parts: [],
  write: ({ report }) => htmlOf(report),
}

export const markdown: RunExporter = {
  of: 'run',
  id: 'md',
  title: 'Report, Markdown',
  help: 'For a ticket, a wiki, a repository; with tables and footnotes.',
  extensions: ['md', 'markdown'],
  mediaType: 'text/markdown',
  parts: [],
  write: ({ report }) => markdownOf(report),
}
