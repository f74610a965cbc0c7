export type Side = 'left' | 'right'

/** Rows of cells as lines, each column as wide as its widest cell, two spaces between. */
export function columns(rows: readonly (readonly string[])[], sides: readonly Side[]): string {
  const widths = sides.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows
    .map(row =>
      sides
        .map((side, i) => cell(row[i] ?? '', widths[i] ?? 0, side))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const cell = (text: string, width: number, side: Side): string =>
  side === 'left' ? text.padEnd(width) : text.padStart(width)
