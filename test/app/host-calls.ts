/** Calls about machines, kernels, limits and the store itself. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Api, Input, Output } from '../../app/contract.ts'
import { code, PLAN, value, type Call } from './calls.ts'

const GIB = 2 ** 30
const bundle = (): string =>
  readFileSync(new URL('../formats/import/samples/host-bundle/two-nodes.txt', import.meta.url), 'utf8')

/** RLIMIT_MEMLOCK of libvirt for a guest, in bytes. */
async function libvirt(api: Api, guest: Input<'questions.systems'>['guest']): Promise<unknown> {
  const { systems } = await value(api, 'questions.systems', { guest })
  return systems.find(({ id }) => id === 'libvirt')?.memlockBytes
}

async function reserved(
  api: Api,
  system: string,
  guest: Input<'questions.systems'>['guest'],
): Promise<number | undefined> {
  const { systems } = await value(api, 'questions.systems', { guest })
  return systems.find(({ id }) => id === system)?.memoryBytes
}

function figure({ figures }: Output<'machines.check'>, id: string): number {
  return figures?.figures.find(each => each.figure === id)?.bytes ?? NaN
}

/** Installed memory of which the model makes exactly so much MemTotal. */
const installedFor = (memTotalKib: number): number =>
  Math.ceil((memTotalKib * 1024 + 64 * 2 ** 20) / (1 - 1 / 64 - 0.002))

export const HOST_CALLS: readonly Call[] = [
  {
    title: 'a machine is checked where it stands, with what follows from its settings',
    run: async api => {
      const { document } = await value(api, 'machines.get', { id: 'edge-64' })
      const good = await value(api, 'machines.check', { document, kernel: '6.18' })
      expect(good).toMatchObject({ issues: [], kernel: { name: '6.18' } })
      expect(good.figures?.zones.map(({ name }) => name)).toEqual(['DMA', 'DMA32', 'Normal'])
      for (const { formula, rule, inputs } of good.figures?.figures ?? []) {
        expect(formula + rule).not.toBe('')
        expect(inputs.length).toBeGreaterThan(0)
      }
      const wrong = { ...document, ram: 'much', swap: [{ device: 'tape', size: '8 GiB' }] }
      const bad = await value(api, 'machines.check', {
        document: wrong,
        kernel: { name: '6.18', plus: ['x'] },
      })
      expect(bad).toMatchObject({ machine: null, figures: null })
      expect(bad.issues.map(({ path }) => path)).toEqual([
        '$.machine.ram',
        '$.machine.swap[0].device',
        '$.kernel.plus[0]',
      ])
    },
  },
  {
    title: 'figures of a machine are those that the kernel printed (golden numbers 7 and 8)',
    run: async api => {
      const document = {
        ...{ ram: installedFor(24_684_096), cpus: 8, swap: [{ device: 'sata-ssd', size: '4194300 KiB' }] },
        hostReserve: 0,
      }
      const on = await value(api, 'machines.check', { document })
      expect(figure(on, 'memTotal')).toBe(24_684_096 * 1024)
      expect(figure(on, 'commitLimit')).toBe(16_536_348 * 1024)
      expect(figure(on, 'minFree')).toBe(67_584 * 1024)
      const never = await value(api, 'machines.check', {
        document: { ...document, thp: { enabled: 'never' } },
      })
      // The exact number for its zones, read from such a machine: 19873 KiB.
      expect(figure(never, 'minFree')).toBe(19_873 * 1024)
      const large = { ram: installedFor(2 ** 30), cpus: 64, nodes: 2 }
      expect(figure(await value(api, 'machines.check', { document: large }), 'minFree')).toBe(131_072 * 1024)
    },
  },
  {
    title: 'a machine keeps its kernel, its note and where it is from; plans on it are found',
    run: async api => {
      const { document } = await value(api, 'machines.get', { id: 'edge-64' })
      const kernel = { name: '6.1', plus: ['vm-pinned'], minus: [] }
      const saved = await value(api, 'machines.save', {
        ...{ document: { ...document, name: 'rack 9' }, kernel, origin: 'imported' as const, note: 'row B' },
      })
      expect(saved).toMatchObject({ origin: 'imported', note: 'row B', kernel })
      const again = await value(api, 'machines.save', {
        id: saved.id,
        document: { ...saved.document, cpus: 4 },
      })
      expect(again).toMatchObject({ origin: 'imported', note: 'row B', kernel, cpus: 4 })
      expect(await value(api, 'machines.uses', { id: saved.id })).toEqual([])
      const made = await value(api, 'plans.create', { origin: { from: 'machine', machine: saved.id } })
      const uses = await value(api, 'machines.uses', { id: saved.id })
      expect(uses).toEqual([{ planId: made.id, name: 'New plan', changed: false }])
      const change = { ...made.document, machine: { ...again.document, ram: '32 GiB' } }
      await value(api, 'plans.edit', { id: made.id, revision: made.revision, document: change })
      expect(await value(api, 'machines.uses', { id: saved.id })).toMatchObject([{ changed: true }])
      await value(api, 'plans.delete', { id: made.id })
      await value(api, 'machines.delete', { id: saved.id })
    },
  },
  {
    title: 'a host bundle becomes a machine, and a machine goes out and comes back the same',
    run: async api => {
      const read = await value(api, 'machines.import', { texts: [{ text: bundle() }] })
      expect(read).toMatchObject({ formats: ['Host bundle'], issues: [], kernel: { name: '6.12' } })
      expect(read.notes.map(({ kind }) => kind)).toContain('taken')
      const { machine } = await value(api, 'machines.check', { document: read.document ?? {} })
      expect(machine).toMatchObject({ ramBytes: 512 * GIB, cpus: 128, nodes: 2, swappiness: 10 })
      const saved = await value(api, 'machines.save', { document: read.document ?? {}, kernel: read.kernel })
      const { text, fileName } = await value(api, 'machines.export', { id: saved.id })
      expect(fileName).toBe('amd-epyc-7763-64-core-processor.json')
      const back = await value(api, 'machines.import', { texts: [{ text }] })
      expect(back).toMatchObject({ formats: ['Holdfast machine'], kernel: read.kernel, issues: [] })
      expect(back.document).toEqual(saved.document)
      await value(api, 'machines.delete', { id: saved.id })
    },
  },
  {
    title: 'several texts are one machine; what tells nothing of a host is said to',
    run: async api => {
      const texts = [
        { text: 'MemTotal:       32768000 kB\nMemFree: 1000 kB\nHugepagesize: 2048 kB\n', name: 'meminfo' },
        { text: 'Filename\tType\tSize\tUsed\tPriority\n/dev/zram0 partition 8388604 0 100\n' },
      ]
      const read = await value(api, 'machines.import', { texts })
      expect(read.document).toMatchObject({ swap: [{ device: 'zram-zstd' }] })
      expect(read.notes.some(({ kind, text }) => kind === 'assumed' && text === -1)).toBe(true)
      const none = await value(api, 'machines.import', { texts: [{ text: 'hello' }] })
      expect(none).toMatchObject({ document: null, formats: [null], issues: [{ text: 0 }] })
    },
  },
  {
    title: 'kernels of one’s own are kept, and say which changes they have and why',
    run: async api => {
      const draft = { title: 'ours', base: '5.10', plus: ['madv-populate'], minus: ['fault-around'] }
      const saved = await value(api, 'kernels.save', draft)
      expect(saved.choice).toEqual({ name: '5.10', plus: draft.plus, minus: draft.minus })
      const has = await value(api, 'kernels.describe', { base: '5.10', plus: draft.plus, minus: draft.minus })
      const of = (id: string): unknown => has.find(each => each.id === id)
      expect(of('madv-populate')).toEqual({ id: 'madv-populate', has: true, because: 'plus' })
      expect(of('fault-around')).toEqual({ id: 'fault-around', has: false, because: 'minus' })
      expect(of('mm-populate')).toMatchObject({ has: true, because: 'release' })
      expect(of('vm-pinned')).toMatchObject({ has: false, because: 'by name only' })
      expect((await value(api, 'kernels.saved', {})).map(({ title }) => title)).toContain('ours')
      expect(await code(api.call('kernels.save', { ...draft, base: 'none' }))).toBe('no-kernel')
      expect(await code(api.call('kernels.save', { ...draft, plus: ['none'] }))).toBe('no-change')
      await value(api, 'kernels.delete', { id: saved.id })
      expect(await code(api.call('kernels.delete', { id: saved.id }))).toBe('no-kernel')
    },
  },
  {
    title: 'every cost table says where it is from',
    run: async api => {
      const tables = await value(api, 'costs.list', {})
      const records = await value(api, 'costs.records', {})
      expect(records.map(({ id }) => id)).toEqual(tables.map(({ id }) => id))
      expect(records[0]).toMatchObject({ provenance: 'published', madeAtMs: null })
    },
  },
  {
    title: 'a plan on a cost table that is not there is refused, also by questions of many runs',
    run: async api => {
      const document = { ...PLAN, machine: { preset: 'edge-64', costs: 'of a lost machine' } }
      const axis = 'workloads[0].strategy=none,mlock'
      expect(await code(api.call('questions.compare', { subject: { document }, axis }))).toBe('no-costs')
    },
  },
  {
    title: 'libvirt’s limits are those of its source (golden numbers 1 and 2)',
    run: async api => {
      const guest = { ramBytes: 16 * GIB, vcpus: 4 }
      expect(await libvirt(api, { ...guest, devices: { pciHostdevs: 1 } })).toBe(18_253_611_008)
      expect(await libvirt(api, { ...guest, devices: { pciHostdevs: 2, viommu: true } })).toBe(35_433_480_192)
      const mixed = { vdpa: 1, nvmeDisks: 1, pciHostdevs: 2 }
      expect(await libvirt(api, { ...guest, devices: mixed })).toBe(52_613_349_376)
      expect(await libvirt(api, { ...guest, lock: 'on' })).toBe('unlimited')
      expect(await libvirt(api, { ...guest, lock: 'on', hardLimitBytes: 36 * GIB })).toBe(38_654_705_664)
      const power = { arch: 'ppc64', ramBytes: 32 * GIB, maxRamBytes: 64 * GIB, vcpus: 4 } as const
      expect(await libvirt(api, { ...power, devices: { phbs: 1, pciHostdevs: 1 } })).toBe(34_164_736 * 1024)
    },
  },
  {
    title: 'KubeVirt’s and oVirt’s overheads are those of their sources (golden numbers 5 and 6)',
    run: async api => {
      const small = { ramBytes: 8 * GIB, vcpus: 4 }
      expect(await reserved(api, 'kubevirt', small)).toBe(8 * GIB + 328 * 2 ** 20)
      const gpu = { ramBytes: 32 * GIB, vcpus: 8, dedicatedCpus: true, devices: { pciHostdevs: 1 } }
      expect(await reserved(api, 'kubevirt', gpu)).toBe(32 * GIB + 1532 * 2 ** 20)
      const node = { ...small, devices: { ioThreads: 1, videoRamBytes: 16 * 2 ** 20 } }
      expect(await reserved(api, 'ovirt', node)).toBe(8328 * 2 ** 20)
    },
  },
  {
    title: 'a combination that does not go together comes with the edits that mend it',
    run: async api => {
      const [guests] = PLAN.workloads
      const workloads = [{ ...guests, params: { ram: '2 GiB', memLock: 'on', virtioMem: '1 GiB' } }]
      const document = { ...PLAN, workloads }
      const found = await value(api, 'questions.compatibility', { subject: { document } })
      const finding = found.find(({ id }) => id === 'virtio-mem-with-lock')
      expect(finding?.changes).toMatchObject([
        { set: [{ path: ['workloads', 0, 'params', 'memLock'], value: 'off' }] },
      ])
      const low = { ...PLAN, workloads: [{ ...guests, strategy: 'mlock', limits: {} }] }
      const beyond = await value(api, 'questions.compatibility', { subject: { document: low } })
      expect(beyond.find(({ id }) => id === 'lock-beyond-limit')?.changes[0]?.label).toBe(
        'Set the limit to 2 GiB',
      )
    },
  },
  {
    title: 'the store says how large it is and whether it is whole, and gives all plans as one text',
    run: async api => {
      const made = await value(api, 'plans.create', { origin: { from: 'document', document: PLAN } })
      const state = await value(api, 'store.get', {})
      expect(state.counts.plans).toBeGreaterThan(0)
      expect(await value(api, 'store.check', {})).toMatchObject({ sound: true })
      const { text } = await value(api, 'store.export', {})
      const all = JSON.parse(text) as { format: string; plans: unknown[] }
      expect(all).toMatchObject({ format: 'holdfast-plans/1' })
      expect(all.plans).toContainEqual(PLAN)
      expect(await code(api.call('store.plansOf', { backup: 'none.backup' }))).toBe('no-backup')
      await value(api, 'plans.delete', { id: made.id })
    },
  },
]
