/** A window's page: a tab of the Chromium that the test has started, with the preload and the scheme of the shell. */
import { readFileSync } from 'node:fs'
import { chromium, type BrowserContext, type Frame, type Page, type Route } from 'playwright-core'
import { event, ipcMain, protocol, type WebContents } from './electron.ts'
import { BINDING, inPage, RECEIVER, type ToMain } from './in-page.ts'

/** `app://holdfast/x` is `https://holdfast.app.invalid/x` here: Chromium takes no schemes of others. */
export const shown = (url: string): string =>
  url.replace(/^https:\/\/([\w-]+)\.(\w+)\.invalid(?=\/|$)/, '$2://$1')
export const hidden = (url: string): string => url.replace(/^(app):\/\/([\w-]+)/, 'https://$2.$1.invalid')

export interface WindowPage {
  readonly send: (channel: string, args: readonly unknown[]) => Promise<void>
  readonly load: (url: string) => Promise<void>
  readonly reload: () => Promise<void>
  readonly close: () => Promise<void>
}

interface PageSettings {
  readonly preload: string
  readonly contents: () => WebContents
  readonly closed: () => void
}

let joined: Promise<BrowserContext> | null = null

async function join(): Promise<BrowserContext> {
  const browser = await chromium.connectOverCDP(process.env['HOLDFAST_STAND_IN_CDP'] ?? '')
  const [context] = browser.contexts()
  if (context === undefined) throw new Error('the browser has no context')
  return context
}

export async function chromiumPage({ preload, contents, closed }: PageSettings): Promise<WindowPage> {
  joined ??= join()
  const page = await (await joined).newPage()
  /** Addresses that the main process itself asked for. */
  const own = new Set<string>()
  page.on('close', closed)
  // Not Playwright's own bindings: there is one set of them, and the test that has joined the same page may want it.
  const devTools = await page.context().newCDPSession(page)
  devTools.on('Runtime.bindingCalled', ({ name, payload }) => {
    if (name !== BINDING) return
    const message = JSON.parse(payload) as ToMain
    void dispatch(contents(), page.mainFrame(), message).then(answer =>
      receive(RECEIVER, [message.id, answer]),
    )
  })
  // The page that would open is there before it has its address: who decides hears the address, and the page goes.
  const denied: boolean[] = []
  devTools.on('Page.windowOpen', ({ url }) =>
    denied.push(contents().openHandler({ url: shown(url) }).action === 'deny'),
  )
  page.on('popup', popup => {
    if (denied.shift() !== false) void popup.close()
  })
  await devTools.send('Page.enable')
  await devTools.send('Runtime.enable')
  await devTools.send('Runtime.addBinding', { name: BINDING })
  await page.addInitScript(inPage(new URL(hidden('app://holdfast')).origin, readFileSync(preload, 'utf8')))
  await page.route('**/*', route => answer(route, page, contents(), own))
  const receive = (channel: string, args: readonly unknown[]): Promise<void> =>
    page
      .evaluate(
        ([key, to, values]) => {
          const inside = globalThis as Record<
            symbol,
            ((to: string, values: readonly unknown[]) => void) | undefined
          >
          inside[Symbol.for(key)]?.(to, values)
        },
        [RECEIVER, channel, args] as const,
      )
      // The page is between two documents, or gone.
      .catch(() => {})
  return {
    send: receive,
    load: async url => {
      own.add(hidden(url))
      await page.goto(hidden(url), { waitUntil: 'domcontentloaded' })
    },
    reload: async () => {
      own.add(page.url())
      await page.reload()
    },
    close: () => page.close(),
  }
}

async function dispatch(
  sender: WebContents,
  frame: Frame,
  { kind, channel, args }: ToMain,
): Promise<{ value?: unknown; error?: string }> {
  return sendToMain(sender, frameOf(frame), kind, channel, args)
}

/** As a message comes to the main process; tests call it with frames that no page of ours could have. */
export async function sendToMain(
  sender: unknown,
  senderFrame: unknown,
  kind: ToMain['kind'],
  channel: string,
  args: readonly unknown[],
): Promise<{ value?: unknown; error?: string }> {
  const said = event({ sender, senderFrame })
  if (kind === 'send') {
    ipcMain.emit(channel, said, ...args)
    return {}
  }
  const handler = ipcMain.handlers.get(channel)
  if (handler === undefined) return { error: `No handler registered for '${channel}'` }
  try {
    return { value: structuredClone(await handler(said, ...args)) }
  } catch (error) {
    return { error: String(error) }
  }
}

function frameOf(frame: Frame): { url: string; origin: string; parent: unknown } {
  const parent = frame.parentFrame()
  const url = shown(frame.url())
  const { protocol: scheme, host } = new URL(url)
  return { url, origin: `${scheme}//${host}`, parent: parent === null ? null : frameOf(parent) }
}

/** Nothing reaches the network: what is not of the shell's own scheme fails, as it does without one. */
async function answer(route: Route, page: Page, contents: WebContents, own: Set<string>): Promise<void> {
  const request = route.request()
  const url = shown(request.url())
  const isPage = request.isNavigationRequest() && request.frame() === page.mainFrame()
  if (isPage && !own.delete(request.url()) && request.url() !== page.url()) {
    const leaving = event({ url, isMainFrame: true, isSameDocument: false })
    contents.emit('will-navigate', leaving)
    if (leaving.defaultPrevented) return route.abort('aborted')
  }
  if (isPage) contents.emit('did-start-navigation', event({ url, isMainFrame: true, isSameDocument: false }))
  const handler = protocol.handlers.get(new URL(url).protocol.slice(0, -1))
  if (handler === undefined) return route.abort('blockedbyclient')
  const response = await handler({ url, method: request.method() })
  await route.fulfill({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  })
}
