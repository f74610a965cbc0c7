/** As notes of imports have them, and besides: `measured` by the probe itself, and `not read`. */
export const PROBE_NOTE_KINDS = [
  'taken',
  'measured',
  'assumed',
  'not read',
  'ignored',
  'not understood',
] as const
