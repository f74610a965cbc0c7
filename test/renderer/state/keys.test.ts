import { describe, expect, it } from 'vitest'
import { isForField, isPress, type KeyPress } from '../../../renderer/state/keys.ts'

const press = (key: string, ...held: ('ctrl' | 'alt' | 'shift' | 'meta')[]): KeyPress => ({
  key,
  ctrlKey: held.includes('ctrl'),
  metaKey: held.includes('meta'),
  altKey: held.includes('alt'),
  shiftKey: held.includes('shift'),
})

describe('keys as they are shown', () => {
  it('are those that are pressed, and no others are held', () => {
    expect(isPress('Ctrl Shift Z', press('Z', 'ctrl', 'shift'))).toBe(true)
    expect(isPress('Ctrl Z', press('Z', 'ctrl', 'shift'))).toBe(false)
    expect(isPress('Ctrl Z', press('z', 'meta'))).toBe(true)
    expect(isPress('Alt 2', press('2', 'alt'))).toBe(true)
    expect(isPress('Alt 2', press('2', 'alt', 'ctrl'))).toBe(false)
    expect(isPress('Shift F6', press('F6', 'shift'))).toBe(true)
    expect(isPress('F6', press('F6', 'shift'))).toBe(false)
  })

  it('a sign is the same with Shift or without: that is up to the layout', () => {
    expect(isPress('?', press('?', 'shift'))).toBe(true)
    expect(isPress('?', press('?'))).toBe(true)
  })

  it('go into a field unless Ctrl, Alt or a function key is among them', () => {
    expect(['?', 'Ctrl Z', 'Alt 2', 'F6', 'Shift F6'].map(isForField)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ])
  })
})
