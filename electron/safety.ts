/** What no window may do, whatever its page says: leave the page, open others, ask for rights. */
import { app, session, shell, type Session, type WebContents } from 'electron'
import { isForTheBrowser } from './safety-rules.ts'
import { isOwnPage } from './sender.ts'

/** Every right of the web platform is refused: the program needs none but writing to the clipboard on request. */
const RIGHTS: readonly string[] = ['clipboard-sanitized-write']

export function secureEverything(): void {
  app.on('web-contents-created', (_, contents) => secureContents(contents))
  secureSession(session.defaultSession)
}

export function secureSession(of: Session): void {
  of.setPermissionRequestHandler((_, permission, decide) => decide(RIGHTS.includes(permission)))
  of.setPermissionCheckHandler((_, permission) => RIGHTS.includes(permission))
  of.setDevicePermissionHandler(() => false)
}

export function secureContents(contents: WebContents): void {
  contents.on('will-navigate', event => {
    if (!isOwnPage(event.url)) event.preventDefault()
  })
  contents.on('will-redirect', event => {
    if (!isOwnPage(event.url)) event.preventDefault()
  })
  contents.on('will-attach-webview', event => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    if (isForTheBrowser(url)) void shell.openExternal(url)
    return { action: 'deny' }
  })
}
