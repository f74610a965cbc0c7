/** Configuration to apply: what a plan comes to in libvirt, systemd, the kernel command line and other places. */
import { configurationOf, CONFIG_TARGETS } from '../formats/export/config/index.ts'
import type { Input, Output } from './contract.ts'
import { AppError } from './errors.ts'
import type { WorkerPool } from './executor/worker-pool.ts'
import type { Plans } from './plans.ts'

export class Configuration {
  readonly #plans: Plans
  readonly #executor: Pick<WorkerPool, 'limits'>

  constructor(plans: Plans, executor: Pick<WorkerPool, 'limits'>) {
    this.#plans = plans
    this.#executor = executor
  }

  async write({
    subject,
    targets: asked,
  }: Input<'exports.configuration'>): Promise<Output<'exports.configuration'>> {
    const unknown = asked?.find(id => !CONFIG_TARGETS.some(target => target.id === id))
    if (unknown !== undefined) throw new AppError('no-target', unknown)
    const { scenario } = this.#plans.runnable(subject).plan
    const limits = await this.#executor.limits(scenario)
    const targets = CONFIG_TARGETS.filter(({ id }) => asked?.includes(id) ?? true)
    return configurationOf(scenario, limits, targets)
  }
}
