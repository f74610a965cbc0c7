/** The names that a scenario may use for kinds, strategies, devices and machines, with their parameters. */
import type { MachineProfile, ParamSpec } from '../scenario.ts'

export interface Named {
  readonly id: string
  readonly title: string
  readonly params: readonly ParamSpec[]
}

/** What questions need to know of the lists of workloads and strategies. */
export interface Catalog {
  readonly workloads: readonly Named[]
  readonly strategies: readonly Named[]
  /** Profiles of devices that swap or files may be on. */
  readonly devices: readonly string[]
  /** A machine of the default data; undefined if there is none of that name. */
  readonly machine?: (id: string) => MachineProfile | undefined
}
