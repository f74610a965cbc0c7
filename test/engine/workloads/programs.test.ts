import { describe, expect, it } from 'vitest'
import { preallocThreads } from '../../../engine/prealloc-threads.ts'
import type { Params, SetupStep, TaskLimits } from '../../../engine/scenario.ts'
import { refusalsOf, runJob, scriptOf } from '../../support/plans.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30
const PAGES = (bytes: number): number => bytes / 4096
const limitOf = (memlockBytes: number): TaskLimits => ({ memlockBytes, capIpcLock: false })

describe('QEMU', () => {
  const qemu = (params: Params, more: { limits?: TaskLimits; kernel?: string } = {}) =>
    runJob({ kind: 'qemu-guest', params: { ram: GIB, bootTouched: 256 * MIB, ...params }, ...more })
  const order = (params: Params): string[] => qemu(params).labels.filter(label => !label.startsWith('map '))

  it('preallocates, then pins for VFIO, then locks, then boots', () => {
    expect(order({ prealloc: true, vfio: 1, memLock: 'on' })).toEqual([
      'QEMU starts',
      'preallocate RAM',
      'pin RAM for VFIO',
      'mem-lock=on',
      'the guest boots',
    ])
  })

  it('locks its own address space too: RAM and 512 MiB', () => {
    expect(qemu({ memLock: 'on' }).counters.lockedVm).toBe(PAGES(GIB + 512 * MIB) + 1)
  })

  it('ends if the lock is refused, and the limit is compared with all of its address space', () => {
    const { counters, actions } = qemu({ memLock: 'on' }, { limits: limitOf(GIB + 256 * MIB) })
    expect(refusalsOf(actions)).toEqual(['ENOMEM RLIMIT_MEMLOCK'])
    expect(actions.some(action => action.do === 'ready')).toBe(false)
    expect(counters.lockedVm).toBe(0)
    expect(refusalsOf(qemu({ memLock: 'on' }, { limits: limitOf(2 * GIB) }).actions)).toEqual([])
  })

  it('populates in one thread when mem-lock comes without preallocation, and in several with it', () => {
    const threads = (params: Params): number[] =>
      scriptOf({
        kind: 'qemu-guest',
        params: { ram: GIB, vcpus: 4, ...params },
      }).script.threads[0]!.steps.flatMap(step =>
        step.do === 'op' && /preallocate|mem-lock/.test(step.label ?? '') ? [step.threads ?? 1] : [],
      )
    expect(threads({ memLock: 'on' })).toEqual([1])
    expect(threads({ memLock: 'on', prealloc: true })).toEqual([4, 1])
  })

  it('touches pages where the kernel has no MADV_POPULATE_WRITE', () => {
    const { counters } = qemu({ prealloc: true }, { kernel: '5.13' })
    expect(counters.rssAnon).toBeGreaterThanOrEqual(PAGES(GIB))
  })

  it('on-fault locks what the guest touched and nothing else', () => {
    const { counters } = qemu({ memLock: 'on-fault', own: 64 * MIB })
    expect(counters.lockedVm).toBe(PAGES(GIB + 512 * MIB) + 1)
    expect(counters.lockedResident).toBe(PAGES(64 * MIB + 256 * MIB) + 1)
  })

  it('counts no huge page of the pool as locked', () => {
    const { counters } = qemu({ backing: 'hugetlb-2M', prealloc: true, memLock: 'on' })
    expect(counters.lockedVm).toBe(PAGES(512 * MIB) + 1)
    expect(counters.hugetlb).toBe(PAGES(GIB))
  })

  it('gives memory back when the balloon inflates, not while VFIO pins it', () => {
    const balloon = { prealloc: true, balloon: 512 * MIB }
    expect(qemu(balloon).counters.rssAnon).toBeLessThan(PAGES(GIB))
    const pinned = scriptOf({ kind: 'qemu-guest', params: { ...balloon, vfio: 1 } }).need
    expect(pinned.events).toEqual([])
    expect(pinned.assumptions.join(' ')).toContain('The balloon has no effect')
  })

  it('leaves virtio-mem out with mem-lock, and says so', () => {
    const device = { virtioMem: GIB, virtioMemPlugged: 512 * MIB, unplugAt: 600 }
    const { need } = scriptOf({ kind: 'qemu-guest', params: device })
    expect(need.events.map(event => event.label)).toEqual([
      'virtio-mem plugs memory',
      'virtio-mem unplugs memory',
    ])
    const locked = scriptOf({ kind: 'qemu-guest', params: { ...device, memLock: 'on' } }).need
    expect(locked.areas.some(area => area.name === 'virtio-mem')).toBe(false)
    expect(locked.assumptions.join(' ')).toContain('QEMU refuses virtio-mem together with mem-lock')
  })

  it.each([
    ['64 CPUs, 8 vCPUs, 4 GiB', { hostCpus: 64, askedThreads: 8, bytes: 4 * GIB, pageBytes: 4096 }, 8],
    ['four pages of 1 GiB, 16 vCPUs', { hostCpus: 64, askedThreads: 16, bytes: 4 * GIB, pageBytes: GIB }, 4],
    ['128 MiB', { hostCpus: 64, askedThreads: 8, bytes: 128 * MIB, pageBytes: 4096 }, 2],
    ['100 vCPUs, 1 TiB', { hostCpus: 64, askedThreads: 100, bytes: 2 ** 40, pageBytes: 4096 }, 16],
    ['less than 64 MiB', { hostCpus: 64, askedThreads: 8, bytes: MIB, pageBytes: 4096 }, 1],
  ])('threads that preallocate: %s', (_, question, threads) => {
    expect(preallocThreads(question)).toBe(threads)
  })
})

describe('llama.cpp', () => {
  const llama = (limits: TaskLimits, params: Params = {}) =>
    runJob({ kind: 'llm', params: { model: 'Llama-3.1-8B', ...params }, strategy: 'mlock', limits })
  const locks = (steps: readonly SetupStep[]): number =>
    steps.filter(step => step.do === 'op' && step.op.op === 'mlock').length

  it('locks the weights tensor by tensor, from the beginning of the file', () => {
    const { script, need } = scriptOf({ kind: 'llm', strategy: 'mlock' })
    // Embedding, output, and seven matrices in each of 32 layers.
    expect(locks(script.threads[0]!.steps)).toBe(2 + 32 * 7)
    const weights = need.areas.find(area => area.name === 'weights')!
    expect(weights.lockPieces!.at(-1)).toBe(Math.ceil(weights.bytes / 4096) * 4096)
  })

  it('locks nothing under the limit of 8 MiB, and runs all the same', () => {
    const { counters, actions } = llama(limitOf(8 * MIB))
    expect(counters.lockedVm).toBe(0)
    expect(refusalsOf(actions)).toEqual(['ENOMEM RLIMIT_MEMLOCK'])
    expect(actions.some(action => action.do === 'ready')).toBe(true)
  })

  it('locks the prefix that fits the limit, and is refused once', () => {
    const { counters, actions } = llama(limitOf(2 * GIB))
    expect(counters.lockedVm).toBeGreaterThan(PAGES(1.8 * GIB))
    expect(counters.lockedVm).toBeLessThanOrEqual(PAGES(2 * GIB))
    expect(refusalsOf(actions)).toHaveLength(1)
  })

  it('locks weights only: not the KV cache, not the buffers', () => {
    const { counters } = llama({ memlockBytes: 'unlimited', capIpcLock: false })
    expect(counters.lockedVm).toBe(Math.ceil(4.92e9 / 4096))
    expect(counters.rssAnon).toBeGreaterThan(PAGES(GIB)) // KV cache of 8192 tokens: 1 GiB
  })

  it('read instead of mapped, weights are anonymous and locked at once', () => {
    const { counters, labels } = llama({ memlockBytes: 'unlimited', capIpcLock: false }, { load: 'read' })
    expect(labels.filter(label => label.startsWith('mlock'))).toEqual(['mlock weights'])
    expect(counters.rssAnon).toBeGreaterThan(PAGES(4.92e9))
  })

  it('a dense model sweeps over its weights, one with experts has a hot part', () => {
    const access = (model: string) =>
      scriptOf({ kind: 'llm', params: { model, tokensPerS: 1 } }).need.areas.find(a => a.name === 'weights')!
        .access!
    expect(access('Llama-3.1-8B')).toMatchObject({ popularity: { kind: 'cyclic' }, ratePerS: 4.92e9 / 4096 })
    const experts = access('Qwen3-30B-A3B')
    expect(experts.popularity.kind).toBe('hotset')
    expect(experts.ratePerS).toBeCloseTo(((18.6e9 / 4096) * 3.3) / 30.5, 0)
  })
})

describe('the programs of the proposals', () => {
  it('000: locked on fault, a file of 350 GB counts whole and holds nothing', () => {
    const { counters } = runJob({ kind: 'ngram-model', strategy: 'mlock-onfault' })
    expect(counters.lockedVm).toBe(Math.ceil(350e9 / 4096))
    expect(counters.rssFile).toBe(0)
  })

  it('001: every other piece is discarded, and half stays', () => {
    const { counters } = runJob({ kind: 'sparse-guest', params: { plugged: GIB, own: 4096 } })
    expect(counters.rssShmem).toBe(PAGES(GIB / 2))
  })

  it('002: with mlock of large folios, those inside the range are mlocked', () => {
    const { counters } = runJob({
      kind: 'straddling',
      params: { area: 64 * MIB, range: 3 * MIB, distance: 8 * MIB },
    })
    // Ranges of 3 MiB each 8 MiB, the last of which still fits.
    expect(counters.lockedVm).toBe(8 * PAGES(3 * MIB))
    expect(counters.anonHuge).toBeLessThan(PAGES(64 * MIB))
  })

  it('003: populating under the write lock is one hold on 3.7 and none on 3.10', () => {
    const writes = (kernel: string): number =>
      Math.max(
        ...runJob({
          kind: 'two-threads',
          strategy: 'map-populate',
          kernel,
          params: { area: GIB },
        }).actions.map(a => (a.do === 'work' && a.segment.lock === 'mmap-write' ? a.segment.cpuNs : 0)),
      )
    expect(writes('3.7')).toBeGreaterThan(1000 * writes('3.10'))
  })

  it('004: pinned and locked beside each other pass a limit that together they exceed', () => {
    const rdma = (strategy: string, plus: string[]) =>
      runJob({
        kind: 'rdma',
        params: { buffers: 4 * GIB, locked: 4 * GIB },
        strategy,
        plus,
        limits: limitOf(5 * GIB),
      })
    expect(refusalsOf(rdma('pin', []).actions)).toEqual([])
    expect(refusalsOf(rdma('mpin', ['vm-pinned']).actions)).toEqual(['ENOMEM RLIMIT_MEMLOCK'])
  })

  it('replays the operations of a trace with the files that they name', () => {
    const ops = [
      { op: 'mmap', as: 'a', length: MIB, prot: 'rw', flags: ['shared'], file: 'f' },
      { op: 'touch', on: 'a', length: MIB, access: 'write' },
    ]
    const files = { f: { kind: 'memfd', bytes: MIB } }
    const params = { ops: JSON.stringify(ops), files: JSON.stringify(files) }
    expect(runJob({ kind: 'trace', params }).counters.rssShmem).toBe(PAGES(MIB))
  })
})
