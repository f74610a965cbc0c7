import type { Strategy } from './strategy.ts'

export const mapPopulate: Strategy = {
  id: 'map-populate',
  title: 'MAP_POPULATE',
  help: 'mmap makes all pages resident before it returns. Best effort: it succeeds even if that fails. Nothing is locked. Linux 3.7 holds the mmap lock for writing meanwhile.',
  params: [],
  mapFlags: () => ['populate'],
}
