/** Calls about measurements: recordings anywhere, processes and plans run for real where this is Linux. */
import { expect } from 'vitest'
import type { Api } from '../../app/contract.ts'
import { code, heard, PLAN, value, type Call } from './calls.ts'

/** /proc/PID/status of one guest at a moment. */
const status = (rssKib: number, lockedKib: number): string =>
  `Name:\tqemu\nState:\tS (sleeping)\nPid:\t7\nVmLck:\t${lockedKib} kB\nVmRSS:\t${rssKib} kB\nVmSwap:\t0 kB\n`

const files = [0, 10, 20, 30].map(second => ({
  name: `status-${second}s.txt`,
  text: status(300_000 + second * 1000, 0),
}))

const planned = async (api: Api): Promise<string> => {
  const { id } = await value(api, 'plans.create', { origin: { from: 'document', document: PLAN } })
  return id
}

export const REALITY_CALLS: readonly Call[] = [
  {
    title: 'recordings are laid over a run, moved in time, kept with the plan, and deleted',
    run: async api => {
      const planId = await planned(api)
      const told = heard(api, event => event.event === 'store.changed' && event.what === 'measurements')
      const { head, check } = await value(api, 'reality.load', { planId, workload: 'guests', files })
      await told
      expect(head).toMatchObject({ planId, source: 'recorded', title: '4 files', offsetS: 0, scaled: null })
      expect(check.curves.find(({ name }) => name === 'VmRSS')?.points).toHaveLength(4)
      expect(check.verdict).toContain('VmRSS of guests')
      expect(await value(api, 'reality.list', { planId })).toEqual([head])
      const moved = await value(api, 'reality.align', { id: head.id, offsetS: 15 })
      expect(moved.check.curves[0]?.points[0]?.atS).toBe(15)
      expect((await value(api, 'reality.check', { id: head.id })).head.offsetS).toBe(15)
      await value(api, 'reality.delete', { id: head.id })
      expect(await value(api, 'reality.list', { planId })).toEqual([])
      expect(await code(api.call('reality.check', { id: head.id }))).toBe('no-measurement')
    },
  },
  {
    title: 'what is no recording, no workload and no process is refused in words',
    run: async api => {
      const planId = await planned(api)
      const load = (workload: string, text: string): Promise<string> =>
        code(api.call('reality.load', { planId, workload, files: [{ name: 'a.txt', text }] }))
      expect(await load('guests', 'hello')).toBe('cannot-measure')
      expect(await load('nobody', status(1, 1))).toBe('no-workload')
      const request = { planId, workload: 'guests', pid: 4_194_000, seconds: 1 }
      expect(await code(api.call('reality.follow', request))).toBe('cannot-measure')
      expect(await code(api.call('reality.run', { planId: 'none' }))).toBe('no-plan')
      expect(await code(api.call('reality.run', { planId, costs: 'nobody', seconds: 1 }))).not.toBe('ok')
    },
  },
  {
    title: 'a process is followed, told about on the way, and what was seen is kept when it is cancelled',
    run: async api => {
      const place = await value(api, 'reality.place', {})
      expect(place.sentence).not.toBe('')
      if (!place.canMeasure) return
      const planId = await planned(api)
      const processes = await value(api, 'reality.processes', {})
      expect(processes.some(({ pid }) => pid === process.pid)).toBe(true)
      const live = heard(api, event => event.event === 'reality.live' && event.planId === planId)
      const controller = new AbortController()
      const request = { planId, workload: 'guests', pid: process.pid, seconds: 30, intervalS: 0.05 }
      const kept = heard(api, event => event.event === 'store.changed' && event.what === 'measurements')
      const following = api.call('reality.follow', request, { signal: controller.signal })
      expect(await live).toMatchObject({
        source: 'followed',
        ofS: 30,
        check: { curves: expect.any(Array) as [] },
      })
      controller.abort()
      await following
      await kept
      const [head] = await value(api, 'reality.list', { planId })
      expect(head).toMatchObject({ source: 'followed', facts: { kernel: expect.any(String) as string } })
    },
  },
  {
    title: 'a plan is run for real, made small, and laid over the prediction of the small plan',
    run: async api => {
      const { canMeasure } = await value(api, 'reality.place', {})
      if (!canMeasure) return
      const planId = await planned(api)
      const asked = { planId, seconds: 1, memoryShare: 0.005 }
      const answer = await api.call('reality.run', asked)
      // A machine may refuse (no ptrace in a container); then it says why.
      if (!answer.ok) {
        expect(answer.error).toMatchObject({
          code: 'cannot-measure',
          sentence: expect.stringMatching(/\.$/) as string,
        })
        return
      }
      const { head, check } = answer.value
      expect(head).toMatchObject({ source: 'scaled run', scaled: { by: { timeFactor: 60 } } })
      expect(check.curves.map(({ name }) => name)).toContain('VmRSS')
      expect(check.events.find(({ what }) => what === 'ready')).toMatchObject({ workload: 'guests' })
      expect((await value(api, 'reality.check', { id: head.id })).check.verdict).toBe(check.verdict)
    },
  },
  {
    title: 'what a prediction rests on is told',
    run: async api => {
      const fidelity = await value(api, 'reality.fidelity', { subject: { document: PLAN } })
      expect(fidelity.summary).toHaveLength(4)
      expect(fidelity.figures.some(({ figure }) => figure === 'VmLck')).toBe(true)
    },
  },
]
