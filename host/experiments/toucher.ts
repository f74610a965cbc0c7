/**
 * The process that touches memory: `toucher.ts EXPERIMENT [FILE]`, the experiment as JSON. It maps its area, says
 * `ready ADDRESS` and waits for a line; then it locks, touches, says `sample` after each part, and waits again. What
 * it needs itself is in memory before the first line is answered, and so outside the cgroup that it is then put into.
 * It ends when nobody answers any more.
 */
import { openSync, readSync, writeSync } from 'node:fs'
import { checked, libc } from '../libc.ts'
import { mapOwn, viewOwn } from '../own-memory.ts'
import { ADVICE_NUMBERS, MAP_SHARED, PROT_BITS, SYS } from '../system-calls.ts'
import { pageDrawer, seededChance } from './accesses.ts'
import type { Experiment } from './experiment.ts'

const PAGE = 4096
const WORDS = PAGE / 4
const [, , json = '', file] = process.argv
const experiment = JSON.parse(json) as Experiment
const areaBytes = experiment.areaPages * PAGE
const answer = Buffer.alloc(64)

function say(what: string): void {
  writeSync(1, `${what}\n`)
  if (readSync(0, answer) === 0) process.exit(0)
}

function viewOf(address: bigint, bytes: number): Uint32Array {
  return new Uint32Array(viewOwn(address, bytes).buffer)
}

function mapArea(): bigint {
  if (file === undefined) return mapOwn(areaBytes)
  const address = libc().mmap(null, areaBytes, PROT_BITS.rw, MAP_SHARED, openSync(file, 'r+'), 0)
  if (address === null || BigInt.asIntN(64, address) === -1n) throw new Error('The file cannot be mapped.')
  return address
}

/** Draws the page and the kind of each access; both come from the seed alone. */
function touch(words: Uint32Array, draw: () => number, chance: () => number, accesses: number): number {
  let sum = 0
  const { writeShare } = experiment
  for (let i = 0; i < accesses; i++) {
    const at = draw() * WORDS
    if (writeShare === 1 || (writeShare > 0 && chance() < writeShare)) words[at] = i
    else sum += words[at] ?? 0
  }
  return sum
}

function lockParts(address: bigint): void {
  for (const { kind, from, to } of experiment.locks) {
    const start = Number(address) + Math.round(from * experiment.areaPages) * PAGE
    const length = Math.round((to - from) * experiment.areaPages) * PAGE
    const call = kind === 'mlock' ? SYS.mlock : SYS.mlock2
    checked(kind, libc().syscall(call, start, length, kind === 'mlock' ? 0 : 1, 0, 0, 0))
  }
}

function main(): void {
  const address = mapArea()
  // A flag of its own keeps it from merging with other memory of the process.
  checked('madvise', libc().madvise(address, areaBytes, ADVICE_NUMBERS.dontfork))
  // Without read-around: a fault of a file mapping reads the page that it needs.
  if (file !== undefined) checked('madvise', libc().madvise(address, areaBytes, ADVICE_NUMBERS.random))
  const words = viewOf(address, areaBytes)
  const chance = seededChance(experiment.seed)
  // A rehearsal on memory of our own gets the code compiled.
  const rehearsal = viewOf(mapOwn(areaBytes), areaBytes)
  const draw = pageDrawer(experiment.popularity, experiment.areaPages, chance)
  const rehearse = pageDrawer({ kind: 'uniform' }, 64, seededChance(1))
  for (let i = 0; i < 200; i++) touch(rehearsal, rehearse, chance, 1000)
  const other = seededChance(2)
  const practice = pageDrawer(experiment.popularity, experiment.areaPages, other)
  for (let i = 0; i < 200_000; i++) practice()
  say(`ready ${address}`)
  lockParts(address)
  say('sample')
  for (let i = 0; i < experiment.samples; i++) {
    touch(words, draw, chance, experiment.accessesPerSample)
    say('sample')
  }
}

main()
