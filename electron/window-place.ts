/** Where a window was, and where it may be again: screens come and go between two starts. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'

const whole = z.int().min(-100_000).max(100_000)
const place = z.object({ x: whole, y: whole, width: whole, height: whole, isMaximized: z.boolean() })

/** Position and size in pixels of the desktop, as they are when the window is not maximised. */
export type WindowPlace = z.infer<typeof place>

export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const USUAL = { width: 1280, height: 800 } as const
export const SMALLEST = { width: 720, height: 480 } as const

/** Null where nothing was kept, or nothing that can be read. */
export function keptPlace(file: string): WindowPlace | null {
  try {
    return place.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? null
  } catch {
    return null
  }
}

/** A window that forgets its place is no reason to complain. */
export function keepPlace(file: string, value: WindowPlace): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.new`, JSON.stringify(value))
    renameSync(`${file}.new`, file)
  } catch {
    // The folder cannot be written.
  }
}

/** No larger than the screen it is on, and wholly on it; the usual size in the middle if it was on none of these. */
export function placeOn(kept: WindowPlace | null, screens: readonly Area[]): Partial<Area> {
  const on = kept === null ? undefined : mostCovered(kept, screens)
  if (kept === null || on === undefined) {
    const [first] = screens
    return first === undefined ? USUAL : sizeOn(USUAL, first)
  }
  const { width, height } = sizeOn(kept, on)
  return {
    x: Math.round(Math.min(Math.max(kept.x, on.x), on.x + on.width - width)),
    y: Math.round(Math.min(Math.max(kept.y, on.y), on.y + on.height - height)),
    ...{ width, height },
  }
}

/** Places a further window so that the one below it still shows. */
export function besides({ x, y, width, height }: Area, screens: readonly Area[]): Partial<Area> {
  const step = 28
  return placeOn({ x: x + step, y: y + step, width, height, isMaximized: false }, screens)
}

const sizeOn = (size: Pick<Area, 'width' | 'height'>, screen: Area): Pick<Area, 'width' | 'height'> => ({
  width: Math.min(Math.max(size.width, SMALLEST.width), screen.width),
  height: Math.min(Math.max(size.height, SMALLEST.height), screen.height),
})

function mostCovered(window: Area, screens: readonly Area[]): Area | undefined {
  const [best] = screens
    .map(screen => ({ screen, pixels: common(window, screen) }))
    .filter(({ pixels }) => pixels > 0)
    .toSorted((a, b) => b.pixels - a.pixels)
  return best?.screen
}

function common(a: Area, b: Area): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return Math.max(0, width) * Math.max(0, height)
}
