import { lock } from './steps.ts'
import type { Strategy } from './strategy.ts'

export const mlockOnfault: Strategy = {
  id: 'mlock-onfault',
  title: 'mlock2, on fault',
  help: 'Present pages are locked at once, missing ones when they are first used. Costs only what is used; the whole range counts to the limit all the same. Linux 4.4.',
  params: [],
  mapped: (area, context) => lock(area, context, true),
}
