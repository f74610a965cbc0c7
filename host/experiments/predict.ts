/** What the model says about an experiment, in the numbers that the experiment measures. */
import { flushStats, newLists } from '../../engine/sim/lru-lists.ts'
import { popularityClasses } from '../../engine/sim/popularity.ts'
import {
  lockPopulation,
  mlockedPages,
  newPopulation,
  residentPages,
  swappedPages,
  type Population,
} from '../../engine/sim/population.ts'
import { advance, suggestStep, type Room } from '../../engine/sim/population-step.ts'
import type { Experiment, ExperimentLock } from './experiment.ts'

/** Numbers of a sample that the model predicts. */
export const CURVES = ['residentPages', 'swappedPages', 'lockedPages', 'minorFaults', 'majorFaults'] as const
export type Curve = (typeof CURVES)[number]
export type Prediction = Readonly<Record<Curve | 'accesses', number>>

/** Entries of a page table. */
const PTRS_PER_PTE = 512
/** Half of SWAP_CLUSTER_MAX: what a call of reclaim frees beyond the one page that is charged is free on average. */
const RECLAIM_SLACK = 16

/** One access is one unit of time, so rates are chances per access. */
export function predict(experiment: Experiment): Prediction[] {
  const populations = populationsOf(experiment)
  const lists = { ...newLists(), statsFlushS: null }
  const room: Room = { limitPages: roomOf(experiment), swapFreePages: Infinity }
  const predictions = [sum(populations, 0)]
  for (let i = 1; i <= experiment.samples; i++) {
    let left = experiment.accessesPerSample
    while (left > 0) {
      const step = Math.min(left, suggestStep(populations, lists))
      advance(populations, lists, room, step)
      left -= step
    }
    flushStats(lists) // each sample reads memory.stat
    predictions.push(sum(populations, i * experiment.accessesPerSample))
  }
  return predictions
}

/** The limit less the page tables of the area and the slack of reclaim. */
function roomOf({ limitPages, areaPages }: Experiment): number {
  return limitPages - Math.ceil(areaPages / PTRS_PER_PTE) - 2 - RECLAIM_SLACK
}

function populationsOf(experiment: Experiment): Population[] {
  const { areaPages, locks, popularity, backing, writeShare } = experiment
  const borders = [0, 1, ...locks.flatMap(({ from, to }) => [from, to])].sort((a, b) => a - b)
  return borders.flatMap((to, i) => {
    const from = borders[i - 1] ?? 0
    const lock = locks.find(part => part.from <= from && part.to >= to)
    const ranks = { from: Math.round(from * areaPages), to: Math.round(to * areaPages) }
    return popularityClasses(popularity, areaPages, ranks).map(part => {
      const p = newPopulation({
        kind: backing,
        nrFolios: part.nrItems,
        ratePerS: part.perAccess,
        writeShare,
        order: popularity.kind === 'cyclic' ? 'cyclic' : 'random',
        hasRecency: backing === 'anon', // files are mapped with MADV_RANDOM
      })
      applyLock(p, lock)
      return p
    })
  })
}

function applyLock(p: Population, lock: ExperimentLock | undefined): void {
  if (lock === undefined) return
  lockPopulation(p, lock.kind === 'mlock' ? 'locked' : 'onfault')
  p.minorFaults = p.majorFaults = 0 // those of mlock() itself are not counted by the experiment either
}

function sum(populations: readonly Population[], accesses: number): Prediction {
  const of = (number: (p: Population) => number): number => populations.reduce((n, p) => n + number(p), 0)
  return {
    accesses,
    residentPages: of(residentPages),
    swappedPages: of(swappedPages),
    lockedPages: of(mlockedPages),
    minorFaults: of(p => p.minorFaults),
    majorFaults: of(p => p.majorFaults),
  }
}
