/** Memory cgroups of our own, of whichever version the machine has mounted. */
import { mkdirSync, readFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Journal } from './journal.ts'
import { writeKnob } from './knobs.ts'
import { CannotRun } from './refusal.ts'

const PAGE = 4096

/** Numbers of memory.stat that both versions have, by our name; pages. */
export interface CgroupNumbers {
  readonly chargedPages: number
  readonly userPages: number
  readonly activePages: number
  readonly inactivePages: number
}

interface Version {
  readonly limit: string
  readonly usage: string
  /** Names in memory.stat of what users charge, in bytes. */
  readonly user: readonly string[]
}

const versions: Readonly<Record<'v1' | 'v2', Version>> = {
  v1: { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', user: ['rss', 'cache'] },
  v2: { limit: 'memory.max', usage: 'memory.current', user: ['anon', 'file'] },
}

/** What a group may be besides its limit. */
export interface CgroupOptions {
  /** The group that it is made in; else it is made below the root of the hierarchy. */
  readonly within?: MemoryCgroup
  /** Tells groups of one process apart. */
  readonly index?: number
  /** Version 1 has a swappiness for each group. */
  readonly swappiness?: number
  readonly highBytes?: number | null
  readonly swapMaxBytes?: number | null
}

export class MemoryCgroup {
  readonly path: string
  readonly #version: 'v1' | 'v2'
  readonly #files: Version

  /** Entered in the journal before it is made. */
  constructor(journal: Journal, limitPages: number, options: CgroupOptions = {}) {
    const { within, index, swappiness = 60, highBytes = null, swapMaxBytes = null } = options
    const { root, version } = findHierarchy()
    this.path = join(within?.path ?? root, `holdfast-${index ?? process.pid}`)
    this.#version = version
    this.#files = versions[version]
    journal.record({ kind: 'cgroup', path: this.path })
    mkdirSync(this.path)
    this.#write(this.#files.limit, limitPages * PAGE)
    if (version === 'v1') this.#write('memory.swappiness', swappiness)
    if (version === 'v2' && highBytes !== null) this.#write('memory.high', highBytes)
    if (version === 'v2' && swapMaxBytes !== null) this.#write('memory.swap.max', swapMaxBytes)
  }

  /** Lets groups be made in it. It may then hold no process itself. */
  letDivide(): void {
    if (this.#version === 'v2') writeKnob(join(this.path, 'cgroup.subtree_control'), '+memory')
  }

  add(pid: number): void {
    this.#write('cgroup.procs', pid)
  }

  numbers(): CgroupNumbers {
    const stat = this.#read('memory.stat')
    const pages = (name: string): number =>
      Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0) / PAGE
    return {
      chargedPages: Number(this.#read(this.#files.usage)) / PAGE,
      userPages: this.#files.user.reduce((sum, name) => sum + pages(name), 0),
      activePages: pages('active_anon') + pages('active_file'),
      inactivePages: pages('inactive_anon') + pages('inactive_file'),
    }
  }

  #write(name: string, value: number): void {
    writeKnob(join(this.path, name), String(value))
  }

  #read(name: string): string {
    return readFileSync(join(this.path, name), 'latin1')
  }
}

/** Lines like `cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0`. */
/** Whether the machine has memory cgroups to make ours in. */
export function hasMemoryCgroups(): boolean {
  try {
    findHierarchy()
    return true
  } catch {
    return false
  }
}

function findHierarchy(): { readonly root: string; readonly version: 'v1' | 'v2' } {
  const mounts = readFileSync('/proc/mounts', 'latin1')
    .split('\n')
    .map(line => line.split(' '))
  const v2 = mounts.find(([, , type]) => type === 'cgroup2')?.[1]
  const control = v2 === undefined ? '' : join(v2, 'cgroup.subtree_control')
  if (v2 !== undefined && existsSync(control) && /\bmemory\b/.test(readFileSync(control, 'latin1')))
    return { root: v2, version: 'v2' }
  const v1 = mounts.find(([, , type, options]) => type === 'cgroup' && /\bmemory\b/.test(options ?? ''))?.[1]
  if (v1 !== undefined) return { root: v1, version: 'v1' }
  throw new CannotRun('setting', 'This needs a memory cgroup, and none is mounted with that controller.')
}
