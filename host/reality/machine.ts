/** What the running machine allows a plan that is to be run on it. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { availableParallelism, release, tmpdir } from 'node:os'
import type { LiveMachine } from '../../engine/planner/reality/machine.ts'
import type { ShmemThpMode, ThpDefrag, ThpMode } from '../../engine/program.ts'
import { readKnob } from '../knobs.ts'
import { checked, libc } from '../libc.ts'
import { hasMemoryCgroups } from '../memory-cgroup.ts'
import { numberOf } from '../proc-file.ts'
import { CAP_IPC_LOCK, RLIMIT_MEMLOCK } from '../system-calls.ts'
import { CannotRun } from '../refusal.ts'

const THP = '/sys/kernel/mm/transparent_hugepage/'
const UNLIMITED = 2n ** 64n - 1n
const CAP_SYS_RESOURCE = 24

/** Refuses on anything but Linux on x86-64. */
export function requireLinux(): void {
  if (process.platform === 'linux' && process.arch === 'x64') return
  throw new CannotRun(
    'platform',
    `Plans are run for real on Linux on x86-64; this is ${process.platform} on ${process.arch}. Recordings of a Linux machine can be laid over a run here, too.`,
  )
}

export function readLiveMachine(): LiveMachine {
  requireLinux()
  const meminfo = readFileSync('/proc/meminfo', 'latin1')
  const kib = (name: string): number => numberOf(meminfo, name) * 1024
  const number = (path: string, otherwise: number): number => Number(readKnob(path) ?? otherwise)
  const overcommit = number('/proc/sys/vm/overcommit_memory', 0)
  return {
    release: release(),
    ramBytes: kib('MemTotal'),
    availableBytes: kib('MemAvailable'),
    cpus: availableParallelism(),
    isRoot: process.geteuid?.() === 0,
    memlockHardBytes: hardMemlock(),
    capIpcLock: hasCapability(CAP_IPC_LOCK),
    mayRaiseLimits: hasCapability(CAP_SYS_RESOURCE),
    thp: {
      enabled: (readKnob(`${THP}enabled`) ?? 'never') as ThpMode,
      defrag: (readKnob(`${THP}defrag`) ?? 'madvise') as ThpDefrag,
      shmem: (readKnob(`${THP}shmem_enabled`) ?? 'never') as ShmemThpMode,
      zeroPage: readKnob(`${THP}use_zero_page`) !== '0',
      mthp: {},
    },
    swappiness: number('/proc/sys/vm/swappiness', 60),
    pageCluster: number('/proc/sys/vm/page-cluster', 3),
    overcommitMode: overcommit === 1 || overcommit === 2 ? overcommit : 0,
    hasCgroup: hasMemoryCgroups(),
    swapBytes: kib('SwapTotal'),
    hasZram: existsSync('/sys/class/zram-control') || existsSync('/sys/block/zram0'),
    readAheadKib: readAheadOf(tmpdir()),
    lruGen: !/^(?:0x0000|n)?$/.test(readKnob('/sys/kernel/mm/lru_gen/enabled') ?? ''),
  }
}

function hardMemlock(): number | 'unlimited' {
  const limit = new BigUint64Array(2)
  checked('prlimit', libc().prlimit(0, RLIMIT_MEMLOCK, null, limit))
  const hard = limit[1] ?? 0n
  return hard === UNLIMITED ? 'unlimited' : Number(hard)
}

function hasCapability(bit: number): boolean {
  const effective = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0'
  return ((BigInt(`0x${effective}`) >> BigInt(bit)) & 1n) === 1n
}

/** read_ahead_kb of the device that a directory is on, as a setting: /sys/class/bdi/254:0/read_ahead_kb. */
export function readAheadKnob(directory: string): string {
  const { dev } = statSync(directory)
  // The numbers are packed as gnu_dev_major() and gnu_dev_minor() unpack them.
  const major = (dev >>> 8) & 0xfff
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00)
  return `/sys/class/bdi/${major}:${minor}/read_ahead_kb`
}

function readAheadOf(directory: string): number | null {
  const value = readKnob(readAheadKnob(directory))
  return value === undefined ? null : Number(value)
}
