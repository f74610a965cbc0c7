/** What this program is. */
import { PLAN_FORMAT } from '../formats/plan/upgrades.ts'
import manifest from '../package.json' with { type: 'json' }
import type { Output } from './contract.ts'
import type { Store } from './store.ts'

export const aboutThis = (store: Store): Output<'about.get'> => ({
  name: 'Holdfast',
  version: manifest.version,
  planFormat: PLAN_FORMAT,
  runtime: `Node ${process.versions.node}`,
  platform: `${process.platform} ${process.arch}`,
  store: store.place,
})
