/** Every topic, in the order of the kernel's own subjects. */
import { advice } from './advice.ts'
import type { Conformance } from './build.ts'
import { collapse } from './collapse.ts'
import { combinations } from './combinations.ts'
import { commit } from './commit.ts'
import { differences } from './differences.ts'
import { errors } from './errors.ts'
import { faults } from './faults.ts'
import { files } from './files.ts'
import { forks } from './fork.ts'
import { future } from './future.ts'
import { hugetlb } from './hugetlb.ts'
import { limits } from './limits.ts'
import { lockers } from './lockers.ts'
import { merges } from './merge.ts'
import { mprotects } from './mprotect.ts'
import { dontunmaps, mremaps } from './mremap.ts'
import { mthp } from './mthp.ts'
import { populate } from './populate.ts'
import { region } from './region.ts'
import { rounding } from './rounding.ts'
import { shmemThp } from './shmem-thp.ts'
import { thp } from './thp.ts'
import { traps } from './traps.ts'
import { droppables, guards, heaps, pins, remaps, secretmems, stacks } from './special.ts'
import { swaps } from './swap.ts'
import { transitions } from './transitions.ts'

export const topics: Readonly<Record<string, readonly Conformance[]>> = {
  region,
  rounding,
  limits,
  transitions,
  future,
  populate,
  errors,
  advice,
  fork: forks,
  lockers,
  mremap: mremaps,
  dontunmap: dontunmaps,
  mprotect: mprotects,
  'vma-merge': merges,
  faults,
  thp,
  mthp,
  collapse,
  'shmem-thp': shmemThp,
  hugetlb,
  files,
  secretmem: secretmems,
  droppable: droppables,
  guard: guards,
  stack: stacks,
  brk: heaps,
  'remap-file-pages': remaps,
  pins,
  swap: swaps,
  'commit-flags': commit,
  combinations,
  differences,
  traps,
}
