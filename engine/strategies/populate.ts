import { allocate, populate } from './steps.ts'
import type { Strategy } from './strategy.ts'

export const populateRead: Strategy = {
  id: 'populate-read',
  title: 'MADV_POPULATE_READ',
  help: 'Makes page tables readable. Private anonymous memory gets the zero page and no memory of its own. Errors are reported, partial success stays. Linux 5.14.',
  params: [],
  mapped: area => populate(area, 'read'),
}

export const populateWrite: Strategy = {
  id: 'populate-write',
  title: 'MADV_POPULATE_WRITE',
  help: 'Allocates all pages and makes them writable. Errors are reported, partial success stays. Nothing is locked. Linux 5.14.',
  params: [],
  mapped: area => populate(area, 'write'),
}

export const fallocateOnly: Strategy = {
  id: 'fallocate',
  title: 'fallocate',
  help: 'Reserves the storage of a shared file or memfd and fails if there is not enough. No page tables: the first access still faults. Anonymous memory is left alone.',
  params: [],
  mapped: area => allocate(area),
}

export const fallocatePopulateRead: Strategy = {
  id: 'fallocate-populate-read',
  title: 'fallocate, then MADV_POPULATE_READ',
  help: 'Storage first, then page tables for reading: no page becomes dirty. Linux 5.14.',
  params: [],
  mapped: area => [...allocate(area), ...populate(area, 'read')],
}

export const fallocatePopulateWrite: Strategy = {
  id: 'fallocate-populate-write',
  title: 'fallocate, then MADV_POPULATE_WRITE',
  help: 'Storage first, then page tables for writing: no fault is left. Linux 5.14.',
  params: [],
  mapped: area => [...allocate(area), ...populate(area, 'write')],
}
