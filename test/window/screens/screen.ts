/** A state of a screen that is looked at: in both themes and two sizes, by axe, by a check of the layout, and as a picture. */
import type { Page } from 'playwright-core'

export interface ScreenState {
  /** Of the picture: `out/screenshots/<id>-<theme>-<width>.png`. */
  readonly id: string
  /** Brings a window that has just started on an empty store there, and waits until it is. */
  readonly reach: (page: Page) => Promise<void>
}
