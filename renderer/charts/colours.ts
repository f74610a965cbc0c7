/** Colours of tokens as a canvas takes them: it knows neither `var()` nor `light-dark()`. */

export type ColourOf = (token: string) => string

/** Reads them as they are under one theme; another theme takes another reader. */
export function colourReader(canvas: HTMLCanvasElement, theme: string): ColourOf {
  const known = new Map<string, string>()
  return token => {
    const before = known.get(token)
    if (before !== undefined) return before
    canvas.dataset['theme'] = theme
    canvas.style.color = `var(${token})`
    const colour = getComputedStyle(canvas).color
    known.set(token, colour)
    return colour
  }
}

const hatches = new Map<string, CanvasPattern | string>()

/** Diagonal lines on a faint ground of the same colour. */
export function hatch(colour: string): CanvasPattern | string {
  const made = hatches.get(colour) ?? hatched(colour)
  hatches.set(colour, made)
  return made
}

function hatched(colour: string): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = tile.height = 8
  const context = tile.getContext('2d')
  if (context === null) return colour
  context.fillStyle = colour
  context.globalAlpha = 0.16
  context.fillRect(0, 0, 8, 8)
  context.globalAlpha = 0.8
  context.strokeStyle = colour
  context.lineWidth = 1.2
  context.beginPath()
  for (const shift of [-8, 0, 8]) {
    context.moveTo(shift, 8)
    context.lineTo(shift + 8, 0)
  }
  context.stroke()
  return context.createPattern(tile, 'repeat') ?? colour
}
