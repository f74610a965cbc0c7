/** The time axis that all charts share: where the cursor is, whether it is pinned, and what part is shown. */

/** Seconds of a run; null is all of it. */
export type Range = { readonly fromS: number; readonly toS: number } | null

/** No closer than this share of the run: beyond it there are no points. */
const CLOSEST = 1e-6

export class TimeAxis {
  /** Under the pointer or moved by keys; null while nobody points. */
  hoverS = $state<number | null>(null)
  pinnedS = $state<number | null>(null)
  /** What is shown; null shows all of it. */
  range = $state.raw<Range>(null)

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

  /** Makes the range so many times as long around a moment; a range as long as the run is all of it. */
  scale(by: number, aroundS: number, endS: number): void {
    const { fromS, toS } = this.range ?? { fromS: 0, toS: endS }
    const length = Math.max((toS - fromS) * by, endS * CLOSEST)
    if (length >= endS) {
      this.all()
      return
    }
    const share = (aroundS - fromS) / (toS - fromS)
    this.#put(aroundS - share * length, length, endS)
  }

  /** Moves what is shown by so many seconds, within the run. */
  pan(byS: number, endS: number): void {
    if (this.range === null) return
    this.#put(this.range.fromS + byS, this.range.toS - this.range.fromS, endS)
  }

  all(): void {
    this.range = null
  }

  #put(fromS: number, length: number, endS: number): void {
    const from = Math.min(Math.max(0, fromS), endS - length)
    this.range = { fromS: from, toS: from + length }
  }
}
