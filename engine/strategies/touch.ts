import { touchAll } from './steps.ts'
import type { Strategy } from './strategy.ts'

export const touchRead: Strategy = {
  id: 'touch-read',
  title: 'Read every page',
  help: 'Reads one byte of every page. Private anonymous memory gets the zero page and faults again when it is written.',
  params: [],
  mapped: area => [touchAll(area, 'read')],
}

export const touchWrite: Strategy = {
  id: 'touch-write',
  title: 'Write every page',
  help: 'Writes one byte of every page: one fault each, or one for each huge page. What is short ends in a signal.',
  params: [],
  mapped: area => [touchAll(area, 'write')],
}

export const touchReadWrite: Strategy = {
  id: 'touch-read-write',
  title: 'Read and write every page',
  help: 'Reads each page and writes it back, so that contents stay: what programs did before MADV_POPULATE_WRITE. Two faults a page where reading maps the zero page.',
  params: [],
  mapped: area => [touchAll(area, 'read'), touchAll(area, 'write')],
}
