/**
 * The colours of tokens.css as figures, for what is drawn where no style sheet reaches: pictures and print. A test
 * holds both lists together.
 */

export type Theme = 'light' | 'dark'

type Pair = readonly [light: string, dark: string]

const BASE: Readonly<Record<string, Pair>> = {
  '--surface': ['#f6f7f9', '#14171b'],
  '--surface-raised': ['#ffffff', '#1b1f25'],
  '--surface-sunken': ['#eceef2', '#101316'],
  '--text': ['#171b21', '#e7eaee'],
  '--text-dim': ['#566070', '#9da8b6'],
  '--line': ['#dde1e7', '#2c323a'],
  '--line-strong': ['#8b95a3', '#66717f'],
  '--accent': ['#0b62a8', '#6db9f2'],
  '--accent-soft': ['#e2eef8', '#1c3346'],
  '--good': ['#17713c', '#63c98b'],
  '--warn': ['#8a5300', '#efb045'],
  '--bad': ['#b3261e', '#ff8b80'],
  '--kind-locked': ['#0072b2', '#4ea8e0'],
  '--kind-pinned': ['#7d4bb0', '#b78fe6'],
  '--kind-hugetlb': ['#0b8577', '#3cbcab'],
  '--kind-resident': ['#7e93b3', '#7288a8'],
  '--kind-shared': ['#a5b4ca', '#566a8a'],
  '--kind-cache': ['#d3b873', '#a88f52'],
  '--kind-swapped': ['#d55e00', '#f08c3e'],
  '--kind-tables': ['#a0a4aa', '#7d838b'],
  '--kind-kernel': ['#777c84', '#5c626b'],
  '--kind-free': ['#eceef2', '#101316'],
  '--fault-zero-fill': ['#56b4e9', '#56b4e9'],
  '--fault-copy': ['#cc79a7', '#cc79a7'],
  '--fault-page-cache-map': ['#d3b873', '#a88f52'],
  '--fault-swap-in': ['#e69f00', '#e69f00'],
  '--fault-file-read': ['#d55e00', '#f08c3e'],
  '--fault-huge': ['#0b8577', '#3cbcab'],
  '--fault-populate': ['#0072b2', '#4ea8e0'],
  '--fault-other': ['#a0a4aa', '#7d838b'],
  '--lock-write': ['#d55e00', '#f08c3e'],
  '--lock-read': ['#56b4e9', '#56b4e9'],
  '--lock-wait': ['#cc79a7', '#cc79a7'],
}

const mixed = (a: string, share: number, b: string): Pair => {
  const of = (name: string, at: 0 | 1): string => BASE[name]?.[at] ?? name
  return [mix(of(a, 0), share, of(b, 0)), mix(of(a, 1), share, of(b, 1))]
}

/** Tints of workloads, mixed as tokens.css mixes them. */
const TINTS: Readonly<Record<string, Pair>> = {
  '--tint-1': mixed('--kind-locked', 1, '#000000'),
  '--tint-2': mixed('--kind-locked', 0.72, '--surface-raised'),
  '--tint-3': mixed('--kind-locked', 0.7, '#000000'),
  '--tint-4': mixed('--kind-locked', 0.48, '--surface-raised'),
  '--tint-5': mixed('--kind-locked', 0.6, '--kind-pinned'),
  '--tint-6': mixed('--kind-locked', 0.6, '--kind-hugetlb'),
}

/** Every colour by the name of its token. */
export const COLOURS: Readonly<Record<string, Pair>> = { ...BASE, ...TINTS }

/** A token's colour under a theme, as #rrggbb. */
export function colourOf(token: string, theme: Theme = 'light'): string {
  const pair = COLOURS[token] ?? ['#000000', '#ffffff']
  return theme === 'light' ? pair[0] : pair[1]
}

/** `color-mix(in oklab, a share, b)` of two #rrggbb. */
export function mix(a: string, share: number, b: string): string {
  const [x, y] = [oklabOf(a), oklabOf(b)]
  return hexOf(x.map((value, at) => value * share + (y[at] ?? 0) * (1 - share)))
}

/** Björn Ottosson, "A perceptual color space for image processing" (2020). */
function oklabOf(hex: string): number[] {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map(at => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function hexOf([L = 0, A = 0, B = 0]: readonly number[]): string {
  const l = (L + 0.3963377774 * A + 0.2158037573 * B) ** 3
  const m = (L - 0.1055613458 * A - 0.0638541728 * B) ** 3
  const s = (L - 0.0894841775 * A - 1.291485548 * B) ** 3
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  const channel = (v: number): string => {
    const within = Math.min(1, Math.max(0, v))
    const byte = Math.round(
      255 * (within <= 0.0031308 ? within * 12.92 : 1.055 * within ** (1 / 2.4) - 0.055),
    )
    return byte.toString(16).padStart(2, '0')
  }
  return `#${linear.map(channel).join('')}`
}
