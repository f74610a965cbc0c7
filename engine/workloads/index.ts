/** The kinds of workloads, in the order in which menus show them. */
import { cache } from './cache.ts'
import { database } from './database.ts'
import { fileReader } from './file-reader.ts'
import { generic, trace } from './generic.ts'
import { jvm } from './jvm.ts'
import { llm } from './llm.ts'
import { ngramModel } from './ngram-model.ts'
import { qemuGuest } from './qemu-guest.ts'
import { rdma } from './rdma.ts'
import { secrets } from './secrets.ts'
import { sparseGuest } from './sparse-guest.ts'
import { straddling } from './straddling.ts'
import { twoThreads } from './two-threads.ts'
import type { WorkloadKind } from './workload.ts'

export const WORKLOADS: readonly WorkloadKind[] = [
  qemuGuest,
  sparseGuest,
  llm,
  ngramModel,
  database,
  cache,
  rdma,
  jvm,
  secrets,
  fileReader,
  twoThreads,
  straddling,
  generic,
  trace,
]

/** A kind of workload by its id. */
export function workloadNamed(id: string): WorkloadKind | undefined {
  return WORKLOADS.find(kind => kind.id === id)
}
