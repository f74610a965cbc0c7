import { lock } from './steps.ts'
import type { Strategy } from './strategy.ts'

export const mlock: Strategy = {
  id: 'mlock',
  title: 'mlock',
  help: 'Locks main memory and makes all of it resident, used or not; errors are reported. The whole range counts to RLIMIT_MEMLOCK.',
  params: [],
  mapped: (area, context) => lock(area, context),
}
