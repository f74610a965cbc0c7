/** What this program is. */
import { availableParallelism } from 'node:os'
import { PLAN_FORMAT } from '../formats/plan/upgrades.ts'
import manifest from '../package.json' with { type: 'json' }

import { KERNELS } from '../engine/kernels/releases.ts'
import { RESULT_FORMAT } from '../engine/sim/result.ts'
import { DEFAULT_COSTS } from '../engine/sim/default-costs.ts'
import type { Output } from './contract.ts'
import type { Store } from './store.ts'

export const aboutThis = (store: Store): Output<'about.get'> => ({
  name: 'Holdfast',
  version: manifest.version,
  planFormat: PLAN_FORMAT,
  runtime: `Node ${process.versions.node}`,
  platform: `${process.platform} ${process.arch}`,
  store: store.place,
  processors: availableParallelism(),
  model: {
    result: RESULT_FORMAT,
    kernels: KERNELS.length,
    newestKernel: newestKernel(),
    costs: DEFAULT_COSTS.id,
  },
})

/** The last release of the mainline that is modelled. */
function newestKernel(): string {
  const plain = KERNELS.filter(({ name, release }) => name === release)
  return plain.at(-1)?.name ?? ''
}
