/** Panes of the window, between which F6 moves: whatever is marked `data-pane`, in the order of the page. */
export function focusPane(by: number): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter(
    pane => pane.getClientRects().length > 0,
  )
  const now = panes.findIndex(pane => pane.contains(document.activeElement))
  const next = panes[(now + by + panes.length) % Math.max(1, panes.length)]
  const inside = next?.querySelector<HTMLElement>(
    '[aria-current="true"], [aria-current="page"], input, select, button:not(:disabled), [tabindex="0"]',
  )
  ;(next?.tabIndex === 0 ? next : (inside ?? next))?.focus()
}
