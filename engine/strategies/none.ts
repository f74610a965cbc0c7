import type { Strategy } from './strategy.ts'

export const none: Strategy = {
  id: 'none',
  title: 'Nothing',
  help: 'Memory is mapped and comes page by page as it is used. Nothing is locked: under pressure it may be swapped out.',
  params: [],
}
