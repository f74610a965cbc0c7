/** For an option that may come several times, each time with one name or a list with commas. */
export const collectNames = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  ...value
    .split(',')
    .map(name => name.trim())
    .filter(Boolean),
]
