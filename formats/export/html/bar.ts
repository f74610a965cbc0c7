/** The bar of memory, with every part named beside its colour. */
import { barPlaces } from '../../../charts/bar.ts'
import { escaped } from '../../../charts/svg.ts'
import type { Block } from '../report/document.ts'
import { wordsHtml } from './text.ts'

const WIDTH = 960
const HEIGHT = 28

export function barHtml({
  title,
  parts,
  totalBytes,
  words,
}: Extract<Block, { readonly kind: 'bar' }>): string {
  const said = parts.map(({ label, text }) => `${label} ${text}`).join(', ')
  const legend = parts.map(
    ({ colour, label, text }) =>
      `<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" rx="2" fill="var(${colour})" stroke="var(--line-strong)" stroke-width="0.8"/></svg>${escaped(label)} <strong>${escaped(text)}</strong></li>`,
  )
  return [
    `<figure><h3>${escaped(title)}</h3>`,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(said)}">`,
    ...barPlaces(parts, totalBytes, WIDTH).map(
      ({ x, width, colour }) =>
        `<rect x="${x}" width="${width}" height="${HEIGHT}" fill="var(${colour})" stroke="var(--surface-raised)" stroke-width="1"/>`,
    ),
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" fill="none" stroke="var(--line-strong)"/></svg>`,
    `<ul class="legend">${legend.join('')}</ul><p>${wordsHtml(words)}</p></figure>`,
  ].join('')
}
