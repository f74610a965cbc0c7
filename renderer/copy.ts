/** Puts a text on the clipboard; false where the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

/** The old way, for pages that have no clipboard: of a field that is there for a moment. */
function copyBySelection(text: string): boolean {
  const had = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.style.position = 'fixed'
  field.style.opacity = '0'
  // A modal dialog makes all but itself inert.
  const place = document.querySelector('dialog[open]') ?? document.body
  place.append(field)
  field.select()
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only way where the clipboard is not allowed
  const done = document.execCommand('copy')
  field.remove()
  if (had instanceof HTMLElement) had.focus()
  return done
}
