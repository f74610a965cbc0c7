import { letters, type Unit } from './units.ts'

/**
 * How one place writes amounts of memory: which units it knows, and what a bare number means there.
 * The traps are in the differences: `KB` and `k` of libvirt, `1G` and `1Gi` of Kubernetes, a bare 512 of QEMU.
 */
export interface Dialect {
  readonly id: string
  readonly title: string
  readonly units: Readonly<Record<string, Unit>>
  /** The unit of a number that has none. Absent: a number needs a unit, or the caller says which. */
  readonly bare?: string
  readonly ignoresCase?: boolean
  /** `1.5G`. */
  readonly fractions?: boolean
  /** `0x40000000`, without a unit. */
  readonly hexadecimal?: boolean
  /** `24 * 16G`, `(1 TiB - 64 GiB) / 2`. */
  readonly expressions?: boolean
  /** `80%` of an amount that the caller gives. */
  readonly percent?: boolean
  /** A blank between number and unit is allowed. */
  readonly blank?: boolean
  /** Words for no limit; the first is printed. */
  readonly unlimited?: readonly string[]
  /** A limit may be a pair `soft:hard`. */
  readonly pairs?: boolean
  /** Units to print in, largest first: the first that divides the amount is taken, else the last, rounded up. */
  readonly prints: readonly string[]
  readonly source: string
}

const bytes = { '': { times: 1 } }
const PEOPLE_BINARY = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']
const PEOPLE_DECIMAL = ['KB', 'MB', 'GB', 'TB', 'PB']
const LETTERS = ['K', 'M', 'G', 'T', 'P', 'E']
const QEMU = { B: { times: 1 }, ...bytes, ...letters(LETTERS, 1024) }
const KUBERNETES_BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const KUBERNETES = {
  ...bytes,
  m: { times: 1, per: 1000 },
  ...letters(['k', 'M', 'G', 'T', 'P', 'E'], 1000),
  ...letters(KUBERNETES_BINARY, 1024),
}
const LIBVIRT = {
  ...{ b: { times: 1 }, byte: { times: 1 }, bytes: { times: 1 } },
  ...letters([...PEOPLE_BINARY, 'EiB'], 1024),
  ...letters([...PEOPLE_DECIMAL, 'EB'], 1000),
  ...letters(LETTERS, 1024),
}
const kibOnly = { KiB: { times: 1024 } }
const mibOnly = { MiB: { times: 2 ** 20 } }

/** The dialects on offer; a new one is a row. */
export const DIALECTS = {
  people: {
    id: 'people',
    title: 'as people write',
    units: {
      B: { times: 1 },
      byte: { times: 1 },
      bytes: { times: 1 },
      ...letters(PEOPLE_BINARY, 1024),
      ...letters(PEOPLE_DECIMAL, 1000),
      // A letter alone is binary, as in QEMU, systemd and the size of a memory module.
      ...letters(['K', 'M', 'G', 'T', 'P'], 1024),
    },
    ignoresCase: true,
    fractions: true,
    expressions: true,
    percent: true,
    blank: true,
    unlimited: ['unlimited', 'infinity'],
    prints: ['PiB', 'TiB', 'GiB', 'MiB', 'KiB', 'B'],
    source: 'the product: B, KiB to PiB, KB to PB by thousands, letters alone by 1024',
  },
  libvirt: {
    id: 'libvirt',
    title: 'libvirt, unit= of memory and memtune',
    units: LIBVIRT,
    bare: 'KiB',
    ignoresCase: true,
    blank: true,
    prints: ['KiB'],
    source: 'virScaleInteger(), src/util/virutil.c; dumpxml prints KiB',
  },
  'qemu-m': {
    id: 'qemu-m',
    title: 'QEMU -m',
    units: { ...QEMU, MiB: { times: 2 ** 20 } },
    bare: 'MiB',
    ignoresCase: true,
    fractions: true,
    hexadecimal: true,
    prints: ['T', 'G', 'M', 'K', 'B'],
    source: 'qemu(1): -m takes MiB, suffixes are powers of 1024',
  },
  'qemu-size': {
    id: 'qemu-size',
    title: 'QEMU size= of a memory backend',
    units: QEMU,
    bare: 'B',
    ignoresCase: true,
    fractions: true,
    hexadecimal: true,
    prints: ['T', 'G', 'M', 'K', ''],
    source: 'qemu_strtosz(), util/cutils.c: bytes, suffixes are powers of 1024',
  },
  systemd: {
    id: 'systemd',
    title: 'systemd LimitMEMLOCK= and MemoryMax=',
    units: QEMU,
    bare: 'B',
    fractions: true,
    percent: true,
    unlimited: ['infinity'],
    pairs: true,
    prints: ['T', 'G', 'M', 'K', ''],
    source: 'systemd.exec(5), systemd.resource-control(5): powers of 1024',
  },
  kubernetes: {
    id: 'kubernetes',
    title: 'Kubernetes quantity',
    units: KUBERNETES,
    bare: '',
    fractions: true,
    prints: ['Ti', 'Gi', 'Mi', 'Ki', ''],
    source: 'k8s.io/apimachinery resource.Quantity; part of a byte is rounded up',
  },
  docker: {
    id: 'docker',
    title: 'docker --ulimit memlock= and compose ulimits',
    units: bytes,
    bare: '',
    unlimited: ['-1'],
    pairs: true,
    prints: [''],
    source: 'docker run(1): plain bytes, no suffix; hard defaults to soft',
  },
  ulimit: {
    id: 'ulimit',
    title: 'ulimit -l',
    units: kibOnly,
    bare: 'KiB',
    unlimited: ['unlimited'],
    prints: ['KiB'],
    source: 'bash(1), ulimit: KiB without a suffix',
  },
  'limits.conf': {
    id: 'limits.conf',
    title: 'limits.conf memlock',
    units: kibOnly,
    bare: 'KiB',
    unlimited: ['unlimited', '-1', 'infinity'],
    prints: ['KiB'],
    source: 'limits.conf(5): KiB without a suffix',
  },
  proc: {
    id: 'proc',
    title: '/proc/meminfo, status, smaps, swaps',
    units: { kB: { times: 1024 } },
    bare: 'kB',
    blank: true,
    unlimited: ['unlimited'],
    prints: ['kB'],
    source: 'proc(5): "kB" is KiB; /proc/swaps leaves it out',
  },
  proxmox: {
    id: 'proxmox',
    title: 'Proxmox memory and balloon',
    units: mibOnly,
    bare: 'MiB',
    prints: ['MiB'],
    source: 'qm.conf(5): MiB without a suffix',
  },
  sysctl: {
    id: 'sysctl',
    title: 'sysctl vm.*_kbytes',
    units: kibOnly,
    bare: 'KiB',
    prints: ['KiB'],
    source: 'kernel documentation, admin-guide/sysctl/vm.rst',
  },
} as const satisfies Readonly<Record<string, Dialect>>

export type DialectId = keyof typeof DIALECTS

/** The row of a dialect. */
export function dialectOf(id: DialectId): Dialect {
  return DIALECTS[id]
}
