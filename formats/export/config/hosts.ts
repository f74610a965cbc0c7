/** Settings of the host: sysctl.d, the kernel command line, pools of huge pages at run time. */
import { MACHINE_DEFAULTS } from '../../../engine/machines.ts'
import { atLeast } from '../../../engine/planner/compatibility/guest-rules.ts'
import type { MachineProfile } from '../../../engine/scenario.ts'
import type { ConfigFacts } from './facts.ts'
import { fileOf, line, plain, Traps, type ConfigLine, type ConfigTarget } from './target.ts'

const VM = 'kernel documentation, admin-guide/sysctl/vm.rst'
const PARAMETERS = 'kernel documentation, admin-guide/kernel-parameters.txt'
const HUGETLB = 'kernel documentation, admin-guide/mm/hugetlbpage.rst'

/** Settings that differ from those of a fresh Linux. */
function sysctls({
  swappiness,
  pageCluster,
  overcommit,
  minFreeKib,
  watermarkScaleFactor,
  hugetlb,
}: MachineProfile): ConfigLine[] {
  const rows: ConfigLine[] = []
  const set = (name: string, value: number, usual: number, why: string): void => {
    if (value !== usual) rows.push(line(`vm.${name} = ${value}`, why, VM))
  }
  set(
    'swappiness',
    swappiness,
    MACHINE_DEFAULTS.swappiness,
    'Anonymous memory against page cache, 0 to 200; 0 does not turn swap off',
  )
  set(
    'page-cluster',
    pageCluster,
    MACHINE_DEFAULTS.pageCluster,
    'A swap-in reads 2 to the power of this many pages',
  )
  set('overcommit_memory', overcommit.mode, 0, '0 by judgement, 1 always, 2 up to CommitLimit')
  set(
    'overcommit_ratio',
    overcommit.ratioPercent,
    50,
    'Share of RAM in CommitLimit, for mode 2; resets vm.overcommit_kbytes',
  )
  if (minFreeKib !== null)
    set(
      'min_free_kbytes',
      minFreeKib,
      -1,
      'KiB that are kept free; the kernel computes it where nothing is set',
    )
  set('watermark_scale_factor', watermarkScaleFactor, 10, 'Distance of the watermarks, in 1/10000 of memory')
  set(
    'nr_hugepages',
    hugetlb['2M'],
    0,
    'Pages of the default size, 2 MiB on x86-64; fewer come where memory is in pieces: read it back',
  )
  return rows
}

export const sysctlD: ConfigTarget = {
  id: 'sysctl',
  title: 'sysctl.d',
  help: 'Settings of the kernel’s memory that are not those of a fresh system.',
  appliesTo: ({ machine }) => sysctls(machine).length > 0,
  write: ({ machine }) => {
    const traps = new Traps()
    const rows = sysctls(machine)
    const names = rows.map(({ text }) => text.split(' ')[0] ?? '')
    if (machine.swappiness === 0 && machine.swap.length > 0)
      traps.warn(
        null,
        'swappiness-zero',
        'vm.swappiness=0 does not turn swap off: anonymous memory still goes when file pages run out.',
        'Lock what must stay, use swapoff, or memory.swap.max=0.',
        VM,
      )
    if (machine.overcommit.mode === 2 || machine.overcommit.ratioPercent !== 50)
      traps.warn(
        null,
        'ratio-resets-kbytes',
        'Setting vm.overcommit_ratio sets vm.overcommit_kbytes to 0, and the other way round: the last one counts.',
        'Set one of the two.',
        VM,
      )
    if (machine.hugetlb['2M'] > 0)
      traps.warn(
        null,
        'default-size-only',
        'vm.nr_hugepages is of the default size only, may get fewer pages than asked for, and changes if default_hugepagesz= does.',
        'Use the kernel command line for pages that have to be there; read the count back.',
        HUGETLB,
      )
    const path = '/etc/sysctl.d/90-holdfast.conf'
    const file = fileOf({
      path,
      title: 'Settings of the kernel',
      workload: null,
      lines: rows,
      apply: [`sysctl -p ${path}`],
      verify: [{ command: `sysctl ${names.join(' ')}`, expect: rows.map(({ text }) => text).join('; ') }],
      undo: [
        `rm ${path}`,
        ...names.map(name => `sysctl ${name}=${FRESH[name] ?? ''}`).filter(text => !text.endsWith('=')),
        ...(names.includes('vm.min_free_kbytes')
          ? ['# vm.min_free_kbytes is computed again at the next boot']
          : []),
      ],
    })
    return { files: [file], traps: traps.list() }
  },
}

/** What a fresh Linux has. */
const FRESH: Readonly<Record<string, number>> = {
  'vm.swappiness': 60,
  'vm.page-cluster': 3,
  'vm.overcommit_memory': 0,
  'vm.overcommit_ratio': 50,
  'vm.watermark_scale_factor': 10,
  'vm.nr_hugepages': 0,
}

const hasPools = ({ hugetlb }: MachineProfile): boolean => hugetlb['2M'] + hugetlb['1G'] > 0

/** Pages of a pool on each node: evenly, the first nodes get what is left. */
export function perNode(pages: number, nodes: number): number[] {
  return Array.from({ length: nodes }, (_, i) => Math.floor(pages / nodes) + (i < pages % nodes ? 1 : 0))
}

function bootWords({ machine, release }: ConfigFacts): ConfigLine[] {
  const { hugetlb, nodes, thp, zswap } = machine
  const byNode = nodes > 1 && atLeast(release, '5.16')
  const count = (pages: number): string =>
    byNode
      ? perNode(pages, nodes)
          .map((n, i) => `${i}:${n}`)
          .join(',')
      : String(pages)
  const pool = (size: '1G' | '2M'): ConfigLine[] =>
    hugetlb[size] === 0
      ? []
      : [
          line(
            `hugepagesz=${size} hugepages=${count(hugetlb[size])}`,
            `${hugetlb[size]} pages of ${size}iB, reserved at boot while memory is whole; the count belongs to the size before it${byNode ? '; node:count since Linux 5.16' : nodes > 1 ? '; split evenly over the nodes' : ''}`,
            HUGETLB,
          ),
        ]
  return [
    ...pool('1G'),
    ...pool('2M'),
    line(
      `transparent_hugepage=${thp.enabled}`,
      'Huge pages for anonymous memory: always, where advised, or never',
      PARAMETERS,
    ),
    ...(zswap.enabled
      ? [
          line(
            `zswap.enabled=1 zswap.max_pool_percent=${zswap.maxPoolPercent}`,
            'A compressed cache in front of swap',
            PARAMETERS,
          ),
        ]
      : []),
  ]
}

export const kernelCommandLine: ConfigTarget = {
  id: 'kernel-command-line',
  title: 'Kernel command line',
  help: 'What is set at boot: pools of huge pages while memory is still whole, transparent huge pages, zswap.',
  appliesTo: ({ machine }) =>
    hasPools(machine) || machine.thp.enabled !== MACHINE_DEFAULTS.thp.enabled || machine.zswap.enabled,
  write: facts => {
    const traps = new Traps()
    const { machine, release } = facts
    if (machine.hugetlb['1G'] > 0)
      traps.warn(
        null,
        'gigabyte-pages-need-pdpe1gb',
        'Pages of 1 GiB need the processor flag pdpe1gb; without it the words are ignored.',
        'Look first: grep -c pdpe1gb /proc/cpuinfo.',
        HUGETLB,
      )
    if (hasPools(machine))
      traps.warn(
        null,
        'order-of-words',
        'Order matters: hugepages= belongs to the hugepagesz= before it.',
        'Keep the words together, and no other hugepages= in front of them.',
        HUGETLB,
      )
    if (hasPools(machine) && machine.nodes > 1 && !atLeast(release, '5.16'))
      traps.note(
        null,
        'per-node-since-5.16',
        `Linux ${release} has no hugepages=NODE:COUNT: pages are split evenly over ${machine.nodes} nodes.`,
        'Use the runtime writes for another split.',
        HUGETLB,
      )
    const words = bootWords(facts)
    const text = words.map(one => one.text).join(' ')
    const path = '/etc/default/grub.d/90-holdfast.cfg'
    const file = fileOf({
      path,
      title: 'Words for the kernel',
      workload: null,
      lines: words.map(one => ({ ...one, text: `GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX ${one.text}"` })),
      apply: [
        'update-grub',
        '# where there is no grub.d: grubby --update-kernel=ALL --args="' + text + '"',
        'reboot',
      ],
      verify: [
        { command: 'cat /proc/cmdline', expect: text },
        { command: "grep -H '' /sys/kernel/mm/hugepages/*/nr_hugepages", expect: 'the counts of this file' },
      ],
      undo: [`rm ${path}`, 'update-grub', 'reboot'],
    })
    return { files: [file], traps: traps.list() }
  },
}

const KIB_OF = { '2M': 2048, '1G': 1048576 } as const

function writes({ hugetlb, nodes }: MachineProfile): ConfigLine[] {
  return (['1G', '2M'] as const).flatMap(size =>
    hugetlb[size] === 0
      ? []
      : perNode(hugetlb[size], nodes).map((pages, node) =>
          line(
            `echo ${pages} > /sys/devices/system/node/node${node}/hugepages/hugepages-${KIB_OF[size]}kB/nr_hugepages`,
            `${pages} of ${hugetlb[size]} pages of ${size}iB, on node ${node}`,
            HUGETLB,
          ),
        ),
  )
}

export const hugepages: ConfigTarget = {
  id: 'hugepages',
  title: 'Huge pages at run time',
  help: 'Pools of huge pages by node: written at once, and at each boot by a unit that runs once.',
  appliesTo: ({ machine }) => hasPools(machine),
  write: ({ machine }) => {
    const traps = new Traps()
    traps.warn(
      null,
      'fewer-than-asked',
      'At run time the pool gets as many pages as memory still has whole; the write succeeds even if that is fewer.',
      'Read the counts back; pages of 1 GiB belong on the kernel command line.',
      HUGETLB,
    )
    if (machine.hugetlb['1G'] > 0)
      traps.warn(
        null,
        'gigabyte-pages-need-pdpe1gb',
        'Pages of 1 GiB need the processor flag pdpe1gb: without it the file is not there.',
        'Look first: grep -c pdpe1gb /proc/cpuinfo.',
        HUGETLB,
      )
    const rows = writes(machine)
    const check = {
      command: "grep -H '' /sys/devices/system/node/node*/hugepages/*/nr_hugepages",
      expect: rows.map(({ text }) => text.split(' ')[1]).join(', '),
    }
    const back = rows.map(({ text }) => text.replace(/^echo \d+/, 'echo 0'))
    const unit = '/etc/systemd/system/holdfast-hugepages.service'
    return {
      files: [
        fileOf({
          path: 'hugepages.sh',
          title: 'Written now',
          workload: null,
          lines: [plain('#!/bin/sh'), ...rows],
          apply: ['sh hugepages.sh'],
          verify: [check],
          undo: back,
        }),
        fileOf({
          path: unit,
          title: 'Written at each boot',
          workload: null,
          lines: [
            plain('[Unit]'),
            plain('Description=Pools of huge pages'),
            plain('DefaultDependencies=no'),
            line(
              'Before=sysinit.target',
              'Before services fill memory and break it into pieces',
              'systemd.special(7)',
            ),
            plain(''),
            plain('[Service]'),
            plain('Type=oneshot'),
            plain('RemainAfterExit=yes'),
            ...rows.map(row => ({ ...row, text: `ExecStart=/bin/sh -c '${row.text}'` })),
            plain(''),
            plain('[Install]'),
            plain('WantedBy=sysinit.target'),
          ],
          apply: ['systemctl daemon-reload', 'systemctl enable --now holdfast-hugepages.service'],
          verify: [check],
          undo: [
            'systemctl disable holdfast-hugepages.service',
            `rm ${unit}`,
            'systemctl daemon-reload',
            ...back,
          ],
        }),
      ],
      traps: traps.list(),
    }
  },
}
