/** Scenes as SVG: a part of a page, whose colours are its tokens, or a picture of its own. */
import { colourOf, type Theme } from './colours.ts'
import type { Point, Scene, Shape } from './scene.ts'

/** Text of an element or an attribute. Characters that XML cannot hold are for the caller to take out. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}

export interface SvgSettings {
  /** Of the element's ids; a page has several pictures. */
  readonly id: string
  /** Absent: a part of a page that has the tokens. */
  readonly theme?: Theme
}

/** Text of an `<svg>` element. */
export function svgOf(scene: Scene, { id, theme }: SvgSettings): string {
  const colour = (token: string): string => (theme === undefined ? `var(${token})` : colourOf(token, theme))
  const { width, height, title, summary } = scene
  const hatched = new Set(
    scene.shapes.flatMap(shape => (shape.kind === 'area' && shape.isHatched ? [shape.colour] : [])),
  )
  const alone =
    theme === undefined ? '' : ` xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`
  return [
    `<svg${alone} viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-t ${id}-d" font-family="${FONTS}">`,
    `<title id="${id}-t">${escaped(title)}</title><desc id="${id}-d">${escaped(summary)}</desc>`,
    hatched.size === 0
      ? ''
      : `<defs>${[...hatched].map(token => hatch(`${id}-${token.replace(/^-+/, '')}`, colour(token))).join('')}</defs>`,
    theme === undefined ? '' : `<rect width="100%" height="100%" fill="${colour('--surface-raised')}"/>`,
    ...scene.shapes.map(shape => drawn(shape, id, colour)),
    '</svg>',
  ]
    .filter(part => part !== '')
    .join('\n')
}

const FONTS = 'system-ui, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif'

const hatch = (id: string, colour: string): string =>
  `<pattern id="${id}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
  `<rect width="5" height="5" fill="${colour}" fill-opacity="0.16"/>` +
  `<line x1="0.6" y1="0" x2="0.6" y2="5" stroke="${colour}" stroke-width="1.2"/></pattern>`

function drawn(shape: Shape, id: string, colour: (token: string) => string): string {
  if (shape.kind === 'area') {
    const fill = shape.isHatched ? `url(#${id}-${shape.colour.replace(/^-+/, '')})` : colour(shape.colour)
    return `<path d="${along(shape.points)}Z" fill="${fill}"/>`
  }
  if (shape.kind === 'path') {
    const dash = shape.dash === undefined ? '' : ` stroke-dasharray="${shape.dash.join(' ')}"`
    return `<path d="${along(shape.points)}" fill="none" stroke="${colour(shape.colour)}" stroke-width="${shape.width}"${dash}/>`
  }
  const { x, y, text, size, anchor, isBold } = shape
  const weight = isBold === true ? ' font-weight="600"' : ''
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}"${weight} fill="${colour(shape.colour)}">${escaped(text)}</text>`
}

const along = (points: readonly Point[]): string =>
  points.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${x} ${y}`).join('')
