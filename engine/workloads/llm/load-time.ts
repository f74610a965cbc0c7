import { PAGE_SIZE } from '../../units.ts'

export interface LoadQuestion {
  readonly fileBytes: number
  /** How much of it is in the page cache. */
  readonly cachedBytes: number
  readonly deviceBytesPerS: number
  /** What populating reaches without waiting for a device. */
  readonly populateBytesPerS: number
  /** Mapping a page that is cached; default 180 ns, measured on Linux 6.18. */
  readonly warmNsPerPage?: number
}

/** Time to map and populate a model's file: cached pages at their cost, the rest at the slower of device and kernel. */
export function loadNs(question: LoadQuestion): number {
  const { fileBytes, deviceBytesPerS, populateBytesPerS, warmNsPerPage = 180 } = question
  const cached = Math.min(question.cachedBytes, fileBytes)
  const cold = ((fileBytes - cached) * 1e9) / Math.min(deviceBytesPerS, populateBytesPerS)
  return cold + Math.ceil(cached / PAGE_SIZE) * warmNsPerPage
}

/**
 * Time that reading adds to each token of a dense model that does not fit. Every token walks all weights in order, so
 * an LRU cache that is a little too small keeps nothing (20 GB on a host of 16 GB: 20 s a token at 1 GB/s); with a
 * locked prefix only the rest is read.
 */
export function rereadNsPerToken(
  fileBytes: number,
  roomBytes: number,
  lockedBytes: number,
  deviceBytesPerS: number,
): number {
  if (fileBytes <= roomBytes) return 0
  return ((fileBytes - Math.min(lockedBytes, fileBytes)) * 1e9) / deviceBytesPerS
}
