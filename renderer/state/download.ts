/** Files that the page hands to the person: the browser or the shell says where they go. */
import type { Output } from '../../app/contract.ts'

/** Starts the download of what an export gave. */
export function download({ fileName, mediaType, encoding, text }: Output<'exports.write'>): void {
  const content = encoding === 'base64' ? Uint8Array.from(atob(text), sign => sign.charCodeAt(0)) : text
  const url = URL.createObjectURL(new Blob([content], { type: mediaType }))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  // The browser has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
