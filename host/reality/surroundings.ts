/** Settings of the machine for a run: huge pages, pool, swap, cgroups. All of it is in the journal before it is changed. */
import type { MachineProfile, MemcgLimits } from '../../engine/scenario.ts'
import { Journal } from '../journal.ts'
import { HUGE_POOL, PAGE_CLUSTER, readKnob, writeKnob } from '../knobs.ts'
import type { MachineLock } from '../machine-lock.ts'
import { MemoryCgroup } from '../memory-cgroup.ts'
import { CannotRun } from '../refusal.ts'
import { ZramSwap } from '../zram-swap.ts'
import { readAheadKnob } from './machine.ts'

const THP = '/sys/kernel/mm/transparent_hugepage/'
const PAGE = 4096
/** What the model takes for granted (VM_READAHEAD_PAGES). */
export const READ_AHEAD_KIB = 128

export class RunSurroundings {
  readonly #lock: MachineLock
  readonly #swappiness: number
  #journal: Journal | null = null
  #host: MemoryCgroup | null = null
  #groups = 0

  constructor(lock: MachineLock, machine: MachineProfile) {
    this.#lock = lock
    this.#swappiness = machine.swappiness
  }

  /**
   * Throws CannotRun where the machine does not become what the run needs. `files` is where files on disk are, if there
   * are any: without privileges their read-ahead stays what it is.
   */
  prepare(machine: MachineProfile, files: string | null): void {
    const { thp } = machine
    this.#set(`${THP}enabled`, thp.enabled)
    this.#set(`${THP}defrag`, thp.defrag)
    this.#set(`${THP}shmem_enabled`, thp.shmem)
    if (machine.hugetlb['2M'] > 0) this.#pool(machine.hugetlb['2M'])
    if (files !== null && process.geteuid?.() === 0) this.#set(readAheadKnob(files), String(READ_AHEAD_KIB))
    const swapBytes = machine.swap.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (swapBytes === 0) return
    this.#set(PAGE_CLUSTER, String(machine.pageCluster))
    new ZramSwap(() => this.#needJournal()).on(swapBytes)
  }

  /** One group for all tasks, in which each that has limits of its own has one, too. */
  divide(limitBytes: number | null, hasOwn: boolean): void {
    if (limitBytes === null) return
    const swappiness = this.#swappiness
    this.#host = new MemoryCgroup(this.#needJournal(), Math.floor(limitBytes / PAGE), { swappiness })
    if (hasOwn) this.#host.letDivide()
  }

  /** Puts a process under the limits of its instance. */
  confine(pid: number, memcg: MemcgLimits, hasOwn: boolean): void {
    if (this.#host === null) return
    if (!hasOwn) return this.#host.add(pid)
    const limit = memcg.maxBytes ?? 2 ** 50
    const group = new MemoryCgroup(this.#needJournal(), Math.floor(limit / PAGE), {
      ...{ within: this.#host, index: ++this.#groups, swappiness: this.#swappiness },
      ...{ highBytes: memcg.highBytes, swapMaxBytes: memcg.swapMaxBytes },
    })
    group.add(pid)
  }

  /** Puts everything back; names what could not be. */
  restore(): string[] {
    const failed = this.#journal?.close() ?? []
    this.#journal = null
    return failed
  }

  #set(path: string, value: string): void {
    const now = readKnob(path)
    if (now === undefined || now === value) return
    if (process.geteuid?.() !== 0)
      throw new CannotRun(
        'privilege',
        `The run needs ${path} to be ${value}; it is ${now}, and changing it needs root.`,
      )
    this.#needJournal().record({ kind: 'write', path, value: now })
    writeKnob(path, value)
  }

  #pool(pages: number): void {
    const before = Number(readKnob(HUGE_POOL) ?? 0)
    if (before >= pages) return
    this.#set(HUGE_POOL, String(pages))
    const now = Number(readKnob(HUGE_POOL) ?? 0)
    if (now < pages)
      throw new CannotRun(
        'setting',
        `The run needs a pool of ${pages} huge pages of 2 MiB; ${now} were to be had: memory is fragmented or short.`,
      )
  }

  #needJournal(): Journal {
    this.#journal ??= new Journal(this.#lock)
    return this.#journal
  }
}
