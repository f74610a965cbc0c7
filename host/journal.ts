/**
 * What has to be put back, on disk before it is changed, so that no end of the runner can leave a setting changed.
 *
 * Three ways lead back: the runner itself; a watchdog, a shell that waits until the runner is gone (also by SIGKILL)
 * and puts back what the journal says; and, where the watchdog was killed as well, the next live run.
 * A journal looks like this; the words are separated by tabs:
 *
 *     boot  4e8f3a50-…                        of the kernel that was changed
 *     swap  zram0
 *     write /sys/kernel/mm/transparent_hugepage/enabled  madvise
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isKnob, writeKnob } from './knobs.ts'
import { libc } from './libc.ts'
import type { MachineLock } from './machine-lock.ts'
import { pause } from './pause.ts'
import { CannotRun } from './refusal.ts'

/**
 * A setting and its original value; a zram device that is our swap; a file of ours, which may be swap; a memory cgroup
 * of ours.
 */
export type Undo =
  | { readonly kind: 'write'; readonly path: string; readonly value: string }
  | { readonly kind: 'swap'; readonly device: string }
  | { readonly kind: 'file' | 'cgroup'; readonly path: string }

const ORDER = ['cgroup', 'swap', 'file', 'write'] as const

const EXTENSION = '.journal'
const ZRAM_REMOVE = '/sys/class/zram-control/hot_remove'

const keyOf = (undo: Undo): string => (undo.kind === 'swap' ? undo.device : undo.path)
const lineOf = (undo: Undo): string => {
  if (undo.kind === 'write') return `write\t${undo.path}\t${undo.value}\n`
  return `${undo.kind}\t${keyOf(undo)}\n`
}
/** What a journal may name to be removed. */
export const OUR_FILE = /^\/.*\/holdfast-\d+\.(swap|data)$/
export const OUR_CGROUP = /^\/sys\/fs\/cgroup\/.*holdfast-\d+$/
const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()

/** It holds the lock until it has put everything back, since it inherits the lock's descriptor. */
const watchdogScript = `
read -r _
[ -f "$1" ] || exit 0
tab=$(printf '\\t')
while IFS=$tab read -r kind place value; do
  case $kind in
    write) echo "$value" > "$place" ;;
    swap)
      swapoff "/dev/$place"
      for attempt in 1 2 3 4 5; do echo 1 > "/sys/block/$place/reset" && break; sleep 1; done ;;
    file) swapoff "$place"; rm -f "$place" ;;
    cgroup)
      for attempt in 1 2 3 4 5; do
        [ -d "$place" ] || break
        while read -r pid; do kill -9 "$pid"; done < "$place/cgroup.procs"
        sleep 1
        rmdir "$place" && break
      done ;;
  esac
done < "$1"
rm -f "$1"
`

export class Journal {
  readonly #path: string
  readonly #undo = new Map<string, Undo>()
  readonly #watchdog: ChildProcess

  /** Starts an empty journal and its watchdog. */
  constructor(lock: MachineLock) {
    this.#path = join(lock.directory, `${process.pid}-${Date.now()}${EXTENSION}`)
    this.#watchdog = spawn('/bin/sh', ['-c', watchdogScript, 'holdfast-watchdog', this.#path], {
      detached: true, // out of reach of the terminal's Ctrl-C
      stdio: ['pipe', 'ignore', 'ignore', lock.fd],
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    })
    this.#watchdog.on('error', () => undefined) // pid tells
    if (this.#watchdog.pid === undefined)
      throw new CannotRun(
        'system',
        'Settings are only changed beside a watchdog that restores them, and /bin/sh cannot be started for it.',
      )
    this.#watchdog.unref()
  }

  /** Call it before the change. */
  record(undo: Undo): void {
    this.#undo.set(keyOf(undo), undo)
    this.#write()
  }

  /** Puts one thing back. */
  undo(key: string): void {
    const undo = this.#undo.get(key)
    if (undo === undefined) return
    putBack(undo)
    this.#undo.delete(key)
    this.#write()
  }

  /** Puts everything back and dismisses the watchdog. What could not be put back is named; the journal then stays. */
  close(): string[] {
    const failed = this.#inOrder()
      .filter(undo => !succeeds(() => putBack(undo)))
      .map(keyOf)
    if (failed.length === 0) rmSync(this.#path, { force: true })
    this.#watchdog.stdin?.destroy()
    return failed
  }

  /** Who is in a cgroup ends before swap goes off, and swap before its device; otherwise the order does not matter. */
  #inOrder(): Undo[] {
    const undo = [...this.#undo.values()].reverse() // a cgroup goes before the one that it is in
    return ORDER.flatMap(wanted => undo.filter(({ kind }) => kind === wanted))
  }

  /** In one step: a reader sees the old journal or the new one. */
  #write(): void {
    const lines = this.#inOrder().map(lineOf)
    writeFileSync(`${this.#path}.new`, `boot\t${bootId()}\n${lines.join('')}`, { mode: 0o600 })
    renameSync(`${this.#path}.new`, this.#path)
  }
}

function putBack(undo: Undo): void {
  if (undo.kind === 'write') {
    writeKnob(undo.path, undo.value)
    return
  }
  if (undo.kind === 'cgroup') {
    removeCgroup(undo.path)
    return
  }
  if (undo.kind === 'swap') {
    libc().swapoff(`/dev/${undo.device}`) // fails if it never came to be on
    resetZram(undo.device)
    return
  }
  libc().swapoff(undo.path) // fails if it is not swap
  rmSync(undo.path, { force: true })
}

/** Ends who is still in it: only processes that we started were ever put there. */
function removeCgroup(path: string): void {
  if (!existsSync(path)) return
  const attempts = 200
  for (let attempt = 1; ; attempt++) {
    try {
      for (const pid of readFileSync(join(path, 'cgroup.procs'), 'latin1').split('\n'))
        if (pid !== '') process.kill(Number(pid), 'SIGKILL')
      rmdirSync(path)
      return
    } catch (error) {
      if (attempt === attempts) throw error
      pause(10)
    }
  }
}

/** Gives the memory back. udev may be looking at the device for a moment. */
function resetZram(device: string): void {
  const attempts = 100
  for (let attempt = 1; ; attempt++) {
    try {
      writeKnob(`/sys/block/${device}/reset`, '1')
      return
    } catch (error) {
      if (attempt === attempts) throw error
      pause(10)
    }
  }
}

/** Puts back what runs that were killed together with their watchdogs have left. Call it with the lock held. */
export function recoverJournals({ directory }: MachineLock): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    if (name.endsWith(EXTENSION)) for (const undo of readJournal(path)) succeeds(() => putBack(undo))
    if (name !== 'lock') rmSync(path, { force: true })
  }
}

/** Nothing, if the machine has started anew since: its settings are then what they should be. */
function readJournal(path: string): Undo[] {
  const [boot, ...lines] = readFileSync(path, 'latin1').split('\n')
  if (boot !== `boot\t${bootId()}`) return []
  return lines.flatMap((line): Undo[] => {
    const [kind, place = '', value = ''] = line.split('\t')
    if (kind === 'write' && (isKnob(place) || place === ZRAM_REMOVE)) return [{ kind, path: place, value }]
    if (kind === 'file' && OUR_FILE.test(place)) return [{ kind, path: place }]
    if (kind === 'cgroup' && OUR_CGROUP.test(place)) return [{ kind, path: place }]
    return kind === 'swap' && /^zram\d+$/.test(place) ? [{ kind, device: place }] : []
  })
}

function succeeds(action: () => void): boolean {
  try {
    action()
    return true
  } catch {
    return false
  }
}
