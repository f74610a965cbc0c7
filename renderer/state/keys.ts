/** Keys as they are shown (`Ctrl Shift Z`, `Alt 2`, `?`), and whether an event is of them. */

/** Of an event of the keyboard. */
export interface KeyPress {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

/** Ctrl is the command key of a Mac as well. Shift counts where a letter or a named key is meant. */
export function isPress(keys: string, event: KeyPress): boolean {
  const parts = keys.toLowerCase().split(' ')
  const key = parts.at(-1) ?? ''
  const wants = (name: string): boolean => parts.slice(0, -1).includes(name)
  const isSign = key.length === 1 && !/[a-z0-9]/.test(key)
  return (
    event.key.toLowerCase() === key &&
    (event.ctrlKey || event.metaKey) === wants('ctrl') &&
    event.altKey === wants('alt') &&
    (isSign || event.shiftKey === wants('shift'))
  )
}

/** Whether keys would go into a field: then only those with Ctrl or Alt, and function keys, are commands. */
export const isForField = (keys: string): boolean => !/^(ctrl|alt|f\d)/i.test(keys) && !/ f\d+$/i.test(keys)
