/** What a kind of workload is: parameters in, memory and behaviour of one instance out. */
import type { MachineProfile, Params, ParamSpec, WorkloadNeed } from '../scenario.ts'

/** What a workload may know of its surroundings. */
export interface WorkloadContext {
  readonly params: Params
  readonly machine: MachineProfile
  /** The strategy's id: some programs (QEMU, llama.cpp) have rules of their own about locking. */
  readonly strategy: string
  /** RLIMIT_MEMLOCK in bytes, Infinity if it does not bind. */
  readonly memlockLimitBytes: number
  /** Whether the kernel has a change of `engine/kernels/changes.ts`; absent: it has all of them. */
  readonly kernelHas?: (change: string) => boolean
}

export interface WorkloadKind {
  readonly id: string
  readonly title: string
  readonly help: string
  readonly params: readonly ParamSpec[]
  /** The strategy that a new workload of this kind starts with. */
  readonly defaultStrategy: string
  /** What is wrong with parameters that are each within their bounds: the parameter and a sentence. */
  check?(params: Params): readonly { readonly param: string; readonly sentence: string }[]
  plan(context: WorkloadContext): WorkloadNeed
}
