/** The time axis that all charts share: where the cursor is, whether it is pinned, and what part is shown. */
export class TimeAxis {
  /** Under the pointer or moved by keys; null while nobody points. */
  hoverS = $state<number | null>(null)
  pinnedS = $state<number | null>(null)
  /** What is shown; null shows all of it. */
  range = $state.raw<{ readonly fromS: number; readonly toS: number } | null>(null)

  readonly cursorS = $derived(this.hoverS ?? this.pinnedS)

  pin(atS: number): void {
    this.pinnedS = atS
  }

  unpin(): void {
    this.pinnedS = null
  }

  zoom(fromS: number, toS: number): void {
    if (toS > fromS) this.range = { fromS, toS }
  }

  all(): void {
    this.range = null
  }
}
