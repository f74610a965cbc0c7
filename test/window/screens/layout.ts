/** What is wrong with a layout, as seen from inside the page: text cut off, a page wider than its window. */
import type { Page } from 'playwright-core'

/** As much of a browser's library as is asked here: tests run on Node, whose types know no page. */
interface PageElement {
  readonly scrollWidth: number
  readonly clientWidth: number
  readonly outerHTML: string
}
interface PageGlobals {
  readonly document: {
    readonly documentElement: PageElement
    readonly querySelectorAll: (selector: string) => Iterable<PageElement>
  }
  readonly getComputedStyle: (of: PageElement) => {
    readonly overflowX: string
    readonly textOverflow: string
  }
}

export function layoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { document, getComputedStyle } = globalThis as unknown as PageGlobals
    const faults: string[] = []
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth)
      faults.push(`the page is ${root.scrollWidth - root.clientWidth} px too wide`)
    for (const element of document.querySelectorAll('body *')) {
      const { overflowX, textOverflow } = getComputedStyle(element)
      const isCut = element.scrollWidth > element.clientWidth + 1
      const hides = overflowX === 'hidden' || overflowX === 'clip'
      // What is for screen readers only is a pixel wide on purpose.
      if (!isCut || !hides || textOverflow === 'ellipsis' || element.clientWidth <= 1) continue
      const by = element.scrollWidth - element.clientWidth
      faults.push(`cut off by ${by} px: ${element.outerHTML.slice(0, 120)}`)
    }
    return faults
  })
}
