/** Quantities as people and as each system write them: read, with errors as values, and printed. */
export { DIALECTS, dialectOf, type Dialect, type DialectId } from './quantity/dialects.ts'
export {
  formatBytes,
  formatBytesApart,
  formatBytesExactly,
  formatBytesFor,
  formatDuration,
} from './quantity/format.ts'
export { parseBytes, type Misread, type ParsedBytes, type ReadOptions } from './quantity/parse-bytes.ts'
export {
  parseCount,
  parseDuration,
  type ParsedCount,
  type ParsedDuration,
} from './quantity/parse-duration.ts'
export {
  asNumber,
  parseLimit,
  parseLimitPair,
  type LimitBytes,
  type ParsedLimit,
  type ParsedLimitPair,
} from './quantity/parse-limit.ts'
export { GIB, KIB, MIB, PIB, TIB } from './quantity/units.ts'
