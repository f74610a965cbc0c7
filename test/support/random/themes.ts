import type { Advice } from '../../../engine/op.ts'
import type { FileSpec } from '../../../engine/program.ts'
import { HUGE, PAGE, type Builder } from './builder.ts'
import { allocate, remapFilePages, truncate } from './file-actions.ts'
import {
  advise,
  exit,
  fork,
  lock,
  lock2,
  lockAll,
  pin,
  setLimit,
  someLimit,
  thpDisable,
  touch,
  touchBelow,
  unlock,
  unlockAll,
} from './lock-actions.ts'
import {
  brk,
  mapAnon,
  mapDroppable,
  mapFile,
  mapHuge,
  mapHugePages,
  mapOver,
  mapShared,
  mapStack,
  protect,
  unmap,
} from './map-actions.ts'
import { remap } from './move-actions.ts'

type Action = (g: Builder) => unknown
type Choices = readonly (readonly [weight: number, action: Action])[]
type Advices = readonly (readonly [weight: number, advice: Advice])[]

/** One kind of trouble: what is there at the start, and what is then done how often. */
export interface Theme {
  /** How often the theme is chosen. */
  readonly weight: number
  /** Whether the kernel has what the theme is about. */
  readonly fits?: (g: Builder) => boolean
  readonly start: Action
  readonly actions: Choices
}

const locking: Choices = [
  [14, touch],
  [10, lock],
  [6, lock2],
  [7, unlock],
  [3, lockAll],
  [1, unlockAll],
]

const populating: Advices = [
  [3, 'populate_read'],
  [3, 'populate_write'],
]
const dropping: Advices = [
  [4, 'dontneed'],
  [2, 'free'],
  [3, 'dontneed_locked'],
  [1, 'remove'],
  [2, 'cold'],
]
const marking: Advices = [
  [2, 'random'],
  [1, 'sequential'],
  [2, 'normal'],
  [2, 'dontfork'],
  [1, 'dofork'],
  [2, 'wipeonfork'],
  [1, 'keeponfork'],
]
const guarding: Advices = [
  [3, 'guard_install'],
  [2, 'guard_remove'],
]
const huge: Advices = [
  [3, 'hugepage'],
  [2, 'nohugepage'],
  [4, 'collapse'],
]
const swapping: Advices = [
  [14, 'pageout'],
  [1, 'willneed'],
]
const every: Advices = [
  ...populating,
  ...dropping,
  ...marking,
  ...guarding,
  ...huge,
  [2, 'willneed'],
  [1, 'pageout'],
]

const some = (g: Builder, least: number, most: number, ...makers: Action[]): void => {
  for (let n = g.chance.int(least, most); n > 0; n--) g.chance.pick(makers)(g)
}

/** Without the capability, at a limit around what the areas need. */
function unprivileged(g: Builder): void {
  g.capIpcLock = false
  g.limit = someLimit(g)
}

function thpSettings(g: Builder): void {
  const { chance, machine } = g
  machine.thp = {
    enabled: chance.weighted([
      [6, 'always'],
      [3, 'madvise'],
      [1, 'never'],
    ]),
    defrag: chance.pick(['madvise', 'madvise', 'always', 'defer', 'defer+madvise', 'never']),
    shmem: 'never',
    zeroPage: !chance.yes(0.2),
  }
}

function adviseHuge(g: Builder): void {
  if (g.machine.thp.enabled === 'always' && !g.chance.yes(0.1)) return
  const area = g.area(({ grain }) => grain > PAGE)
  if (area !== undefined) g.add({ op: 'madvise', on: area.name, length: area.bytes, advice: 'hugepage' })
}

const memfd = (g: Builder): FileSpec => ({
  kind: 'memfd',
  bytes: g.chance.int(1, 48) * PAGE - (g.chance.yes(0.15) ? 1000 : 0),
  open: g.chance.yes(0.85) ? 'rw' : 'r',
  filled: g.chance.yes(0.4),
})

const diskFile = (g: Builder): FileSpec => ({
  kind: 'file',
  bytes: g.chance.int(1, 64) * PAGE - (g.chance.yes(0.2) ? g.chance.int(1, 4095) : 0),
  open: g.chance.yes(0.75) ? 'rw' : 'r',
})

function shmemSettings(g: Builder): void {
  const { chance, machine } = g
  if (!chance.yes(0.4)) return
  machine.thp = {
    ...machine.thp,
    shmem: chance.weighted([
      [4, 'always'],
      [2, 'advise'],
      [2, 'within_size'],
    ]),
    enabled: chance.pick(['always', 'madvise', 'never']),
  }
}

const largeMemfd = (g: Builder): FileSpec => ({
  kind: 'memfd',
  bytes: g.chance.int(1, 3) * HUGE + (g.chance.yes(0.2) ? 5 * PAGE : 0),
  filled: g.chance.yes(0.3),
})

export const themes = {
  limits: {
    weight: 10,
    start: g => {
      some(g, 1, 3, mapAnon, mapAnon, mapShared)
      if (!g.chance.yes(0.1)) unprivileged(g)
    },
    actions: [
      ...locking,
      [4, setLimit],
      [6, lock],
      [4, lockAll],
      [5, mapAnon],
      [1, mapShared],
      [3, mapOver],
      [3, unmap],
      [3, remap],
      [3, brk],
      [1, mapStack],
      [2, touchBelow],
      [1, fork],
    ],
  },
  onfault: {
    weight: 8,
    start: g => {
      if (g.chance.yes(0.4)) lockAll(g)
      some(g, 1, 3, mapAnon, mapAnon, mapShared)
    },
    actions: [
      ...locking,
      [10, lock2],
      [4, lockAll],
      [4, mapAnon],
      [2, protect],
      [3, advise([...populating, ...dropping])],
      [2, mapOver],
      [2, remap],
      [1, fork],
      [1, brk],
    ],
  },
  thp: {
    weight: 12,
    start: g => {
      thpSettings(g)
      some(g, 1, 2, mapHuge)
      adviseHuge(g)
    },
    actions: [
      ...locking,
      [6, touch],
      [3, protect],
      [3, unmap],
      [6, advise([...dropping, ...huge, ...populating])],
      [2, remap],
      [2, fork],
      [4, exit],
      [1, mapOver],
      [1, thpDisable],
      [1, adviseHuge],
    ],
  },
  mthp: {
    weight: 5,
    fits: g => g.since(6, 8),
    start: g => {
      const sizes = ['16k', '32k', '64k', '64k', '128k', '256k', '512k', '1024k'] as const
      const mode = (): 'always' | 'madvise' | 'inherit' =>
        g.chance.weighted([
          [6, 'always'],
          [2, 'madvise'],
          [1, 'inherit'],
        ])
      const mthp = { [g.chance.pick(sizes)]: mode() }
      if (g.chance.yes(0.3)) mthp[g.chance.pick(sizes)] = mode()
      thpSettings(g)
      g.machine.mthp = mthp
      g.machine.thp = {
        ...g.machine.thp,
        enabled: g.chance.weighted([
          [4, 'never'],
          [3, 'madvise'],
          [2, 'always'],
        ]),
      }
      const grain = g.chance.pick([64, 64, 128, 32]) * 1024
      for (let n = g.chance.int(1, 2); n > 0; n--)
        g.map(
          { bytes: g.chance.int(2, 64) * 16 * PAGE, backing: 'anon', grain, prot: 'rw' },
          [],
          g.chance.pick([0, 0, 16, 3]) * PAGE,
        )
      if (g.chance.yes(0.3)) adviseHuge(g)
    },
    actions: [
      ...locking,
      [6, touch],
      [3, protect],
      [3, unmap],
      [5, advise([...dropping, ...huge, ...populating])],
      [2, remap],
      [3, fork],
      [4, exit],
      [1, adviseHuge],
    ],
  },
  fork: {
    weight: 10,
    start: g => {
      some(g, 1, 3, mapAnon, mapAnon, mapShared)
      if (g.chance.yes(0.8)) touch(g)
      if (g.chance.yes(0.6)) lock(g)
      fork(g)
    },
    actions: [
      ...locking,
      [8, touch],
      [3, fork],
      [4, exit],
      [3, unmap],
      [3, protect],
      [4, advise([...marking, ...dropping])],
      [1, remap],
      [1, mapAnon],
      [1, pin],
      [1, mapOver],
    ],
  },
  forkThp: {
    weight: 4,
    start: g => {
      thpSettings(g)
      mapHuge(g)
      adviseHuge(g)
      touch(g)
      if (g.chance.yes(0.7)) lock(g)
      fork(g)
    },
    actions: [
      ...locking,
      [8, touch],
      [2, fork],
      [4, exit],
      [2, unmap],
      [2, protect],
      [3, advise([...dropping, ...huge])],
      [1, remap],
    ],
  },
  mremap: {
    weight: 9,
    start: g => {
      some(g, 1, 3, mapAnon, mapAnon, mapAnon, mapShared)
      if (g.chance.yes(0.7)) lock(g)
      if (g.chance.yes(0.3)) unprivileged(g)
    },
    actions: [
      ...locking,
      [16, remap],
      [2, unmap],
      [2, mapOver],
      [2, protect],
      [2, advise([...dropping, ...marking])],
      [1, fork],
      [1, mapAnon],
    ],
  },
  shmem: {
    weight: 8,
    start: g => {
      shmemSettings(g)
      const file = g.addFile(memfd(g))
      if (g.chance.yes(0.4)) g.addFile(memfd(g))
      mapFile(g, file)
      some(g, 0, 2, mapShared, mapFile)
    },
    actions: [
      ...locking,
      [4, truncate],
      [4, allocate],
      [2, remapFilePages],
      [5, advise([...populating, ...dropping, [3, 'remove'], [1, 'willneed']])],
      [2, protect],
      [2, fork],
      [4, exit],
      [2, mapFile],
      [2, unmap],
      [2, remap],
      [1, mapOver],
    ],
  },
  shmemThp: {
    weight: 5,
    start: g => {
      shmemSettings(g)
      g.machine.thp = {
        ...g.machine.thp,
        shmem: g.chance.pick(['always', 'always', 'advise', 'within_size']),
      }
      if (g.chance.yes(0.6)) mapFile(g, g.addFile(largeMemfd(g)))
      else mapHuge(g, true)
      if (g.machine.thp.shmem === 'advise' || g.chance.yes(0.15)) adviseHuge(g)
    },
    actions: [
      ...locking,
      [5, touch],
      [2, truncate],
      [2, allocate],
      [5, advise([...populating, ...dropping, ...huge, [2, 'remove']])],
      [2, protect],
      [2, unmap],
      [2, fork],
      [4, exit],
      [1, remap],
    ],
  },
  file: {
    weight: 8,
    start: g => {
      const file = g.addFile(diskFile(g))
      if (g.chance.yes(0.3)) g.addFile(diskFile(g))
      mapFile(g, file)
      some(g, 0, 2, mapFile, mapAnon)
    },
    actions: [
      ...locking,
      [5, touch],
      [1, truncate],
      [4, advise([...populating, [4, 'dontneed'], [2, 'dontneed_locked'], [1, 'cold'], [1, 'free']])],
      [3, protect],
      [2, fork],
      [4, exit],
      [2, mapFile],
      [2, unmap],
      [2, remap],
      [1, remapFilePages],
      [1, mapOver],
    ],
  },
  hugetlb: {
    weight: 5,
    start: g => {
      g.machine.hugetlb = { '2M': g.chance.int(1, 6) }
      if (g.chance.yes(0.3)) mapFile(g, g.addFile({ kind: 'hugetlb', bytes: g.chance.int(1, 3) * HUGE }))
      else mapHugePages(g)
      some(g, 0, 1, mapHugePages, mapAnon)
      if (g.chance.yes(0.3)) unprivileged(g)
    },
    actions: [
      ...locking,
      [4, touch],
      [2, fork],
      [4, exit],
      [3, advise([...populating, [4, 'dontneed'], [1, 'dontneed_locked'], [1, 'remove']])],
      [2, unmap],
      [2, protect],
      [2, mapHugePages],
      [1, truncate],
      [1, allocate],
      [1, mapAnon],
      [1, remap],
    ],
  },
  swap: {
    weight: 8,
    start: g => {
      if (!g.chance.yes(0.08)) g.machine.swapBytes = 64 * 1024 * 1024
      some(g, 1, 2, mapAnon, mapAnon, mapShared)
      if (g.chance.yes(0.2)) mapFile(g, g.addFile(memfd(g)))
      touch(g)
      advise([[1, 'pageout']])(g)
    },
    actions: [
      ...locking,
      [6, touch],
      [10, advise(swapping)],
      [3, advise([...populating, ...dropping])],
      [2, fork],
      [4, exit],
      [1, protect],
      [1, unmap],
      [1, remap],
    ],
  },
  swapThp: {
    weight: 2,
    start: g => {
      g.machine.swapBytes = 64 * 1024 * 1024
      thpSettings(g)
      mapHuge(g)
      adviseHuge(g)
      touch(g)
    },
    actions: [
      ...locking,
      [6, touch],
      [6, advise(swapping)],
      [2, advise([...dropping, ...huge])],
      [1, fork],
      [4, exit],
      [1, protect],
      [1, unmap],
    ],
  },
  madvise: {
    weight: 8,
    start: g => {
      some(g, 1, 2, mapAnon, mapAnon, mapShared)
      if (g.chance.yes(0.5)) touch(g)
    },
    actions: [
      ...locking,
      [16, advise(every)],
      [6, advise(guarding)],
      [2, protect],
      [2, unmap],
      [2, fork],
      [4, exit],
      [1, remap],
    ],
  },
  vmas: {
    weight: 8,
    start: g => {
      some(g, 1, 2, mapAnon, mapAnon, mapShared)
    },
    actions: [
      ...locking,
      [6, lock],
      [4, unlock],
      [5, mapOver],
      [4, unmap],
      [5, protect],
      [3, advise(marking)],
      [3, remap],
      [1, lockAll],
      [1, unlockAll],
    ],
  },
  protection: {
    weight: 6,
    start: g => {
      some(g, 1, 2, mapAnon, mapAnon, mapShared)
      if (g.chance.yes(0.4)) lockAll(g)
    },
    actions: [
      ...locking,
      [12, protect],
      [2, advise(populating)],
      [2, mapAnon],
      [1, mapOver],
      [1, fork],
      [4, exit],
    ],
  },
  stackAndHeap: {
    weight: 4,
    start: g => {
      some(g, 1, 2, mapStack, brk)
      if (g.chance.yes(0.4)) unprivileged(g)
    },
    actions: [
      ...locking,
      [6, touchBelow],
      [6, brk],
      [1, mapStack],
      [3, lockAll],
      [1, setLimit],
      [2, protect],
      [2, unmap],
      [1, fork],
      [1, advise(every)],
    ],
  },
  special: {
    weight: 4,
    start: g => {
      if (g.since(5, 14) && g.chance.yes(0.6)) {
        const bytes = g.chance.int(1, 16) * PAGE
        mapFile(g, g.addFile({ kind: 'secretmem', bytes }))
      } else mapDroppable(g)
      some(g, 0, 1, mapAnon, mapDroppable)
      if (g.chance.yes(0.4)) unprivileged(g)
    },
    actions: [
      ...locking,
      [3, lockAll],
      [2, mapDroppable],
      [2, fork],
      [4, exit],
      [2, protect],
      [2, unmap],
      [3, advise([...populating, ...dropping])],
      [1, remap],
      [1, setLimit],
    ],
  },
  pins: {
    weight: 3,
    start: g => {
      if (g.chance.yes(0.3)) {
        thpSettings(g)
        mapHuge(g)
      }
      some(g, 1, 2, mapAnon, mapShared)
      if (g.chance.yes(0.3)) g.capIpcLock = false
    },
    actions: [
      ...locking,
      [8, pin],
      [3, fork],
      [4, exit],
      [2, unmap],
      [2, advise([...dropping, [2, 'collapse']])],
      [1, protect],
      [1, remap],
    ],
  },
  mixed: {
    weight: 14,
    start: g => {
      if (g.chance.yes(0.25)) thpSettings(g)
      if (g.chance.yes(0.3)) g.addFile(g.chance.yes(0.5) ? memfd(g) : diskFile(g))
      if (g.chance.yes(0.2)) g.machine.swapBytes = 64 * 1024 * 1024
      some(g, 1, 3, mapAnon, mapAnon, mapShared, g.machine.thp.enabled === 'never' ? mapAnon : mapHuge)
      if (Object.keys(g.files).length > 0) mapFile(g)
      if (g.chance.yes(0.3)) unprivileged(g)
    },
    actions: [
      ...locking,
      [8, advise([...every, [3, 'pageout']])],
      [3, mapAnon],
      [1, mapShared],
      [1, mapStack],
      [1, brk],
      [3, mapOver],
      [3, unmap],
      [4, protect],
      [4, remap],
      [2, fork],
      [4, exit],
      [1, setLimit],
      [1, truncate],
      [1, allocate],
      [1, pin],
      [1, thpDisable],
    ],
  },
} as const satisfies Record<string, Theme>

export type ThemeName = keyof typeof themes
