/** The strategies, in the order in which menus show them. */
import { hugetlb1g, hugetlb2m } from './hugetlb.ts'
import { mapLocked } from './map-locked.ts'
import { mapPopulate } from './map-populate.ts'
import { mlockOnfault } from './mlock-onfault.ts'
import { mlock } from './mlock.ts'
import { mlockall } from './mlockall.ts'
import { mpin } from './mpin.ts'
import { none } from './none.ts'
import { onfaultPopulate } from './onfault-populate.ts'
import { pin, pinMlock } from './pin.ts'
import {
  fallocateOnly,
  fallocatePopulateRead,
  fallocatePopulateWrite,
  populateRead,
  populateWrite,
} from './populate.ts'
import { prealloc } from './prealloc.ts'
import type { Strategy } from './strategy.ts'
import { thpMadvise } from './thp-madvise.ts'
import { touchRead, touchReadWrite, touchWrite } from './touch.ts'

export const STRATEGIES: readonly Strategy[] = [
  none,
  touchRead,
  touchWrite,
  touchReadWrite,
  mapPopulate,
  mapLocked,
  mlock,
  mlockOnfault,
  onfaultPopulate,
  populateRead,
  populateWrite,
  fallocateOnly,
  fallocatePopulateRead,
  fallocatePopulateWrite,
  mlockall,
  hugetlb2m,
  hugetlb1g,
  thpMadvise,
  prealloc,
  pin,
  pinMlock,
  mpin,
]

/** A strategy by its id. */
export function strategyNamed(id: string): Strategy | undefined {
  return STRATEGIES.find(strategy => strategy.id === id)
}
