/** What `holdfast machine` prints. */
import { formatBytes } from '../engine/quantity.ts'
import type { Api, MachineEntry, ProbedMachineView } from '../app/contract.ts'
import type { MachineOptions, ProbeOptions } from './commands/machine.ts'
import { harmless } from './text/harmless.ts'
import { table, wrapped } from './text/table.ts'
import { print, standardPaper, type Paper } from './text/terminal.ts'
import { valueOf, withApp, type Fail } from './with-app.ts'

export async function listMachines({ json, store }: MachineOptions, fail: Fail): Promise<void> {
  const entries = await withApp({ store, makes: false }, fail, api => entriesOf(api, fail))
  if (json === true) {
    console.log(JSON.stringify(entries, null, 2))
    return
  }
  const paper = standardPaper()
  const columns = [
    { title: 'id' },
    { title: 'RAM', right: true },
    { title: 'CPUs', right: true },
    { title: 'nodes', right: true },
    { title: 'name' },
  ]
  const rows = entries.map(({ id, source, name, ramBytes, cpus, nodes }) => [
    ...[harmless(id), formatBytes(ramBytes), String(cpus), String(nodes)],
    `${harmless(name)}${source === 'saved' ? ' (saved)' : ''}`,
  ])
  print(paper, table(paper, columns, rows))
}

const entriesOf = (api: Api, fail: Fail): Promise<readonly MachineEntry[]> =>
  valueOf(api, fail, 'machines.list', {})

export async function showMachine(name: string, { json, store }: MachineOptions, fail: Fail): Promise<void> {
  const view = await withApp({ store, makes: false }, fail, async api => {
    const entries = await entriesOf(api, fail)
    const found = entries.find(({ id }) => id === name) ?? entries.find(one => one.name === name)
    return valueOf(api, fail, 'machines.get', { id: found?.id ?? name })
  })
  console.log(JSON.stringify(json === true ? view : view.document, null, 2))
}

export async function probe({ json, save, store }: ProbeOptions, fail: Fail): Promise<void> {
  const found = await withApp({ store, makes: save !== undefined }, fail, async api => {
    const probed = await valueOf(api, fail, 'machines.probe', {})
    if (save === undefined) return { probed, savedAs: null }
    const document = { ...probed.document, name: save }
    const { name, plus, minus } = probed.kernel
    const kernel = { name, plus: [...plus], minus: [...minus] }
    const saved = await valueOf(api, fail, 'machines.save', { document, kernel, origin: 'probed' })
    return { probed, savedAs: saved.id }
  })
  if (json === true) console.log(JSON.stringify({ format: 'holdfast-probe/1', ...found.probed }, null, 2))
  else printProbe(standardPaper(), found.probed)
  if (found.savedAs !== null) console.error(`Saved as ${save ?? ''}: machine ${found.savedAs}.`)
}

function printProbe(paper: Paper, probed: ProbedMachineView): void {
  const facts = factsOf(probed).map(([name, text]) => [paper.ink('bold', name), harmless(text)])
  print(paper, table(paper, [{ title: '' }, { title: '' }], facts).trimStart())
  const told = probed.notes.filter(({ kind }) => kind !== 'taken')
  const notes = told.map(({ kind, sentence }) =>
    wrapped(`${kind}: ${harmless(sentence)}`, paper.width - 2, '    '),
  )
  if (notes.length > 0) print(paper, ['', ...notes.map(note => `  ${note}`)].join('\n'))
}

/** The machine in lines of name and text. */
export function factsOf(probed: ProbedMachineView): [name: string, text: string][] {
  const { machine, kernel, features, limits, pools, release } = probed
  const { thp, swap, hugetlb } = machine
  const mthp = Object.entries(thp.mthp).filter(([, mode]) => mode !== 'never')
  const count = (state: string): number => features.filter(one => one.state === state).length
  return [
    ['machine', machine.name],
    [
      'memory',
      `${formatBytes(machine.ramBytes)}, ${formatBytes(machine.hostReserveBytes)} in use, ${formatBytes(machine.otherCacheBytes)} page cache`,
    ],
    ['processors', `${machine.cpus} on ${machine.nodes} ${machine.nodes === 1 ? 'node' : 'nodes'}`],
    ['bandwidth', `${formatBytes(machine.memoryBandwidthBytesPerS)}/s`],
    [
      'kernel',
      `${release}: ${[kernel.name, ...kernel.plus.map(id => `+${id}`), ...kernel.minus.map(id => `-${id}`)].join(' ')}`,
    ],
    ...(features.length === 0
      ? []
      : ([
          [
            'tried by calls',
            `${count('present')} changes present, ${count('absent')} absent, ${count('untold')} could not be told`,
          ],
        ] as [string, string][])),
    [
      'swap',
      swap.length === 0
        ? 'none'
        : swap
            .map(area => `${formatBytes(area.sizeBytes)} on ${area.device}, priority ${area.priority}`)
            .join('; '),
    ],
    ['zswap', machine.zswap.enabled ? `on, up to ${machine.zswap.maxPoolPercent} %` : 'off'],
    ['files', machine.disk],
    [
      'huge pages',
      `${thp.enabled}, defrag ${thp.defrag}, shared memory ${thp.shmem}${mthp.length === 0 ? '' : `, ${mthp.map(([size, mode]) => `${size} ${mode}`).join(', ')}`}`,
    ],
    ['hugetlb pools', poolsText(hugetlb, pools)],
    [
      'locked memory',
      `limit ${limitText(limits.memlockSoftBytes)}, hard ${limitText(limits.memlockHardBytes)}${limits.capIpcLock === true ? ', CAP_IPC_LOCK' : ''}`,
    ],
    ...(limits.memoryMaxBytes === null
      ? []
      : ([['cgroup', `memory.max ${formatBytes(limits.memoryMaxBytes)}`]] as [string, string][])),
    ['overcommit', `mode ${machine.overcommit.mode}, ${machine.overcommit.ratioPercent} %`],
    [
      'vm',
      `swappiness ${machine.swappiness}, page-cluster ${machine.pageCluster}, min_free ${machine.minFreeKib ?? '?'} KiB, watermark_scale_factor ${machine.watermarkScaleFactor}`,
    ],
    ['read in', `${probed.tookMs} ms`],
  ]
}

function poolsText(
  pages: { readonly '2M': number; readonly '1G': number },
  pools: ProbedMachineView['pools'],
): string {
  const whole = `${pages['2M']} × 2 MiB, ${pages['1G']} × 1 GiB`
  const nodes = pools.filter(({ node, pages: own }) => node >= 0 && own > 0)
  if (nodes.length === 0) return whole
  return `${whole} (${nodes.map(one => `node ${one.node}: ${one.pages} × ${formatBytes(one.pageKib * 1024)}`).join(', ')})`
}

const limitText = (limit: number | 'unlimited' | null): string =>
  limit === null ? 'not known' : limit === 'unlimited' ? limit : formatBytes(limit)
