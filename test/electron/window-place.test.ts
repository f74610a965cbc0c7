import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startArguments } from '../../electron/arguments.ts'
import { besides, keepPlace, keptPlace, placeOn, USUAL } from '../../electron/window-place.ts'

const laptop = { x: 0, y: 0, width: 1440, height: 900 }
const beside = { x: 1440, y: -180, width: 2560, height: 1440 }
const kept = { x: 1600, y: 100, width: 1800, height: 1200, isMaximized: false }

describe('where a window comes', () => {
  it('is where it was, if that is on a screen', () => {
    expect(placeOn(kept, [laptop, beside])).toEqual({ x: 1600, y: 60, width: 1800, height: 1200 })
    expect(placeOn({ ...kept, height: 1000 }, [laptop, beside])).toMatchObject({ x: 1600, y: 100 })
  })
  it('is in the middle, in its usual size, if its screen is gone or nothing was kept', () => {
    expect(placeOn(kept, [laptop])).toEqual(USUAL)
    expect(placeOn(null, [{ ...laptop, width: 1024, height: 700 }])).toEqual({ width: 1024, height: 700 })
    expect(placeOn(null, [])).toEqual(USUAL)
  })
  it('is no larger than the screen, and no smaller than it can be used', () => {
    expect(placeOn({ ...kept, x: 0, y: 0, width: 5000 }, [laptop])).toMatchObject({ x: 0, width: 1440 })
    expect(placeOn({ ...kept, x: 9, y: 9, width: 10, height: 10 }, [laptop])).toMatchObject({
      width: 720,
      height: 480,
    })
  })
  it('lets the window below it show', () => {
    expect(besides({ x: 10, y: 10, width: 800, height: 600 }, [laptop])).toEqual({
      ...{ x: 38, y: 38, width: 800, height: 600 },
    })
  })
})

it('a place that was kept is read again; anything else is nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-place-'))
  const file = join(folder, 'deep', 'window.json')
  expect(keptPlace(file)).toBeNull()
  keepPlace(file, kept)
  expect(keptPlace(file)).toEqual(kept)
  for (const text of [
    '',
    '{',
    '{"x":1}',
    JSON.stringify({ ...kept, width: '10' }),
    JSON.stringify({ ...kept, x: 1e300 }),
  ]) {
    writeFileSync(file, text)
    expect(keptPlace(file)).toBeNull()
  }
  rmSync(folder, { recursive: true })
})

describe('the command line', () => {
  it('has a store and files; what else Chromium is told is not for us', () => {
    expect(startArguments(['a.json', '/b.json'], '/home/x')).toEqual({
      store: null,
      files: ['/home/x/a.json', '/b.json'],
    })
    const args = ['--no-sandbox', '--user-data-dir=/x', '--store', 's.db', 'a.json']
    expect(startArguments(args, '/home/x')).toEqual({ store: '/home/x/s.db', files: ['/home/x/a.json'] })
    expect(startArguments(['--store=s.db'], '/d').store).toBe('/d/s.db')
    expect(startArguments(['--store'], '/d')).toEqual({ store: null, files: [] })
    expect(startArguments(['--', '--store'], '/d').files).toEqual(['/d/--store'])
  })
})
