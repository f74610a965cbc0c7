import type { Strategy } from './strategy.ts'

export const mapLocked: Strategy = {
  id: 'map-locked',
  title: 'MAP_LOCKED',
  help: 'mmap locks and populates. It is refused over the limit, but says nothing if only the populating fails: a page may be missing and fault later.',
  params: [],
  mapFlags: () => ['locked'],
}
