/** One list of calls that every shell has to answer alike. */
import { expect } from 'vitest'
import {
  METHODS,
  type Answer,
  type Api,
  type AppEvent,
  type Input,
  type Method,
  type Output,
} from '../../app/contract.ts'
import { HOST_BUNDLE_SNIPPET } from '../../formats/import/host-bundle-snippet.ts'
import { HOST_CALLS } from './host-calls.ts'
import { REALITY_CALLS } from './reality-calls.ts'

/** A plan that takes a moment and fits. */
export const PLAN = {
  format: 'holdfast-plan/1',
  name: 'Two guests',
  doc: 'For tests.',
  machine: { preset: 'edge-64' },
  workloads: [
    {
      name: 'guests',
      kind: 'qemu-guest',
      params: { ram: '2 GiB' },
      count: 2,
      limits: { memlock: 'unlimited' },
    },
  ],
  horizon: '60 s',
}

/** The value of a call that has to succeed, after a look at its form. */
export async function value<M extends Method>(api: Api, method: M, input: Input<M>): Promise<Output<M>> {
  const answer = await api.call(method, input)
  if (!answer.ok) throw new Error(`${method}: ${JSON.stringify(answer.error)}`)
  expect(METHODS[method].output.safeParse(answer.value).error).toBeUndefined()
  // JSON changes nothing: what a shell carries is what the application said.
  expect(JSON.parse(JSON.stringify(answer.value))).toEqual(answer.value)
  return answer.value
}

/** The code of a call that has to be refused. */
export async function code(answer: Promise<Answer<unknown>>): Promise<string> {
  const given = await answer
  return given.ok ? 'ok' : given.error.code
}

/** The next event that fits; those that came before are not seen. */
export function heard(api: Api, fits: (event: AppEvent) => boolean): Promise<AppEvent> {
  return new Promise(resolve => {
    const stop = api.subscribe(event => {
      if (!fits(event)) return
      stop()
      resolve(event)
    })
  })
}

export interface Call {
  readonly title: string
  readonly run: (api: Api) => Promise<void>
}

export const CALLS: readonly Call[] = [
  {
    title: 'a template becomes a plan, which is edited, undone, redone, copied, thrown away and restored',
    run: async api => {
      const [template] = await value(api, 'plans.templates', {})
      const made = await value(api, 'plans.create', {
        origin: { from: 'template', template: template?.id ?? '' },
      })
      expect(made.checked.issues).toEqual([])
      expect([made.undo, made.redo]).toEqual([null, null])
      const edit = { id: made.id, revision: made.revision, label: 'rename' }
      const edited = await value(api, 'plans.edit', { ...edit, document: { ...made.document, name: 'Mine' } })
      expect(edited).toMatchObject({ name: 'Mine', undo: 'rename' })
      expect(await code(api.call('plans.edit', { ...edit, document: {} }))).toBe('conflict')
      const undone = await value(api, 'plans.undo', { id: made.id })
      expect(undone).toMatchObject({ name: made.name, document: made.document, undo: null, redo: 'rename' })
      expect(await code(api.call('plans.undo', { id: made.id }))).toBe('nothing-to-undo')
      expect(await value(api, 'plans.redo', { id: made.id })).toMatchObject({ name: 'Mine', redo: null })
      const copy = await value(api, 'plans.duplicate', { id: made.id })
      expect(copy.name).toBe('Mine (copy)')
      expect((await value(api, 'plans.rename', { id: copy.id, name: 'Other' })).name).toBe('Other')
      await value(api, 'plans.delete', { id: copy.id })
      expect(await code(api.call('plans.rename', { id: copy.id, name: 'x' }))).toBe('in-trash')
      const trash = await value(api, 'plans.list', { trash: true })
      expect(trash.map(({ name }) => name)).toContain('Other')
      await value(api, 'plans.restore', { id: copy.id })
      expect((await value(api, 'plans.list', { search: 'OTHER' })).map(({ id }) => id)).toEqual([copy.id])
    },
  },
  {
    title: 'edits of one gesture are one step of undo',
    run: async api => {
      const made = await value(api, 'plans.create', { origin: { from: 'document', document: PLAN } })
      let { revision } = made
      for (const horizon of ['70 s', '80 s', '90 s']) {
        const document = { ...PLAN, horizon }
        const edit = { id: made.id, revision, document, label: 'horizon', gesture: 'drag-1' }
        revision = (await value(api, 'plans.edit', edit)).revision
      }
      expect((await value(api, 'plans.undo', { id: made.id })).document).toEqual(PLAN)
    },
  },
  {
    title: 'a plan with mistakes is kept as it was typed, tells all of them, and is not run',
    run: async api => {
      const document = { ...PLAN, horizon: 'soon', kernel: '9.9' }
      const made = await value(api, 'plans.create', { origin: { from: 'document', document } })
      expect(made.document).toEqual(document)
      expect(made.checked.scenario).toBeNull()
      expect(made.checked.issues.map(({ path }) => path).sort()).toEqual(['$.horizon', '$.kernel'])
      const refused = await api.call('runs.start', { subject: { planId: made.id } })
      expect(refused).toMatchObject({ ok: false, error: { code: 'plan-has-mistakes' } })
    },
  },
  {
    title: 'a run is told about, has a report, curves of the width of a chart, a budget and a snapshot',
    run: async api => {
      const made = await value(api, 'plans.create', { origin: { from: 'document', document: PLAN } })
      const finished = heard(api, event => event.event === 'run.finished' && event.planId === made.id)
      const started = await value(api, 'runs.start', { subject: { planId: made.id } })
      expect(['queued', 'running']).toContain(started.state)
      expect(await finished).toMatchObject({ runId: started.id, holds: true })
      const runId = started.id
      const run = await value(api, 'runs.get', { runId })
      expect(run).toMatchObject({ state: 'finished', share: 1, report: { verdict: { holds: true } } })
      const curves = [{ scope: 'guests', name: 'VmRSS' }]
      const { timesS, series } = await value(api, 'runs.series', { runId, curves, width: 100 })
      expect(series.map(({ name }) => name)).toEqual(['VmRSS'])
      expect(series[0]?.values).toHaveLength(timesS.length)
      expect(timesS.length).toBeLessThanOrEqual(202)
      expect(Math.max(...(series[0]?.values ?? []))).toBe(run.report?.workloads[0]?.peakRssBytes)
      const budget = await value(api, 'runs.budget', { runId, width: 100 })
      expect(Object.values(budget.parts).reduce((sum, part) => sum + (part[0] ?? 0), 0)).toBeCloseTo(
        budget.memTotalBytes,
        -5,
      )
      const snapshot = await value(api, 'runs.snapshot', { runId, atS: 30 })
      expect(snapshot).toMatchObject({ atS: 30, tasks: [{ workload: 'guests' }] })
      expect((await value(api, 'runs.list', { planId: made.id })).map(({ id }) => id)).toEqual([runId])
    },
  },
  {
    title: 'a run is followed: one answer has all that is drawn, and any figure says why it is what it is',
    run: async api => {
      const made = await value(api, 'plans.create', { origin: { from: 'document', document: PLAN } })
      const subject = { planId: made.id }
      const picture = await value(api, 'runs.follow', { subject, width: 100, workload: 'guests' })
      expect(picture.run).toMatchObject({ state: 'finished', planId: made.id, report: null })
      expect(picture.report).toMatchObject({ verdict: { holds: true }, workloads: [{ workload: 'guests' }] })
      expect(picture.series.map(({ name }) => name)).toContain('VmRSS')
      for (const { values } of picture.series) expect(values).toHaveLength(picture.timesS.length)
      const { id: runId } = picture.run
      const part = await value(api, 'runs.picture', { runId, width: 100, fromS: 10, toS: 20 })
      expect(part.points).toBeLessThan(picture.points)
      const why = await value(api, 'runs.explain', { runId, figure: 'guests.peakRssBytes' })
      expect(why).toMatchObject({ trust: 'expected', formula: 'highest sum of mapped pages' })
      expect(await value(api, 'runs.explain', { runId, figure: 'guests.shoeSize' })).toBeNull()
    },
  },
  {
    title: 'questions are answered, with progress where they are long',
    run: async api => {
      const subject = { document: PLAN }
      const axis = 'workloads[0].strategy=none,mlock,mlock-onfault'
      const seen: number[] = []
      const compared = await api.call(
        'questions.compare',
        { subject, axis },
        { onProgress: ({ done, of }) => seen.push(done / (of ?? 1)) },
      )
      expect(compared).toMatchObject({ ok: true, value: { breakEven: null, comparison: { complete: true } } })
      expect(seen.at(-1)).toBe(1)
      const swept = await value(api, 'questions.sweep', { subject, axes: ['workloads[0].count=1,2'] })
      expect(swept.rows.map(({ values }) => values)).toEqual([[1], [2]])
      const counted = await value(api, 'questions.capacity', { subject, most: 4 })
      expect(counted.capacities).toMatchObject([{ workload: 'guests', fits: 4, bounded: true }])
      const paths = ['workloads[0].count']
      const moved = await value(api, 'questions.sensitivity', { subject, metric: 'rss', share: 0.5, paths })
      expect(moved.influences.map(({ path }) => path)).toEqual(paths)
      const vary = ['workloads[0].params.ram=uniform(1GiB,2GiB)']
      expect(await value(api, 'questions.monteCarlo', { subject, vary, runs: 3 })).toMatchObject({ runs: 3 })
      expect(await value(api, 'questions.limits', { subject })).toMatchObject([{ workload: 'guests' }])
      expect(await value(api, 'questions.compatibility', { subject })).toBeInstanceOf(Array)
      const fields = await value(api, 'questions.fields', { subject })
      expect(fields.find(({ path }) => path === 'workloads[0].params.ram')).toMatchObject({
        ...{ kind: 'bytes', shown: '2 GiB', written: 'workloads[0].params.ram' },
      })
      expect(fields.find(({ path }) => path === 'machine.ramBytes')?.written).toBe('machine.ram')
      expect((await value(api, 'questions.metrics', {})).map(({ id }) => id)).toContain('ready')
    },
  },
  {
    title: 'what is worth comparing comes as variants that are asked for as they are, with their curves',
    run: async api => {
      const subject = { document: PLAN }
      const choices = await value(api, 'questions.choices', { subject })
      expect(choices.filter(({ group }) => group === 'proposal')).toHaveLength(5)
      const variants =
        choices.find(({ id }) => id === 'strategies')?.variants.map(each => ({ ...each })) ?? []
      const asked = variants.map(({ name, set }) => ({ name, set: { ...set } }))
      const answer = await value(api, 'questions.compare', { subject, variants: asked, curves: true })
      expect(answer.comparison.variants.map(({ name }) => name)).toEqual(variants.map(({ name }) => name))
      expect(answer.sets).toEqual(variants.map(({ set }) => set))
      const locked = answer.curves?.find(({ name }) => name === 'mem-lock=on')
      expect(Math.max(...(locked?.lockedResident ?? []))).toBeGreaterThan(2 * 2 * 2 ** 30)
      const wrong = [{ name: 'x', set: { 'machine.ram': 'much' } }]
      const refused = await api.call('questions.compare', { subject, variants: wrong })
      expect(refused).toMatchObject({ ok: false, error: { code: 'plan-has-mistakes' } })
    },
  },
  {
    title: 'a question with a ticket is stopped with what is there so far',
    run: async api => {
      const ticket = `t-${Math.random()}`
      const input = { subject: { document: PLAN }, axes: ['seed=1..5000/1'], ticket }
      const going = new Promise<void>(resolve => {
        void api.call('questions.sweep', input, { onProgress: () => resolve() }).then(answer => {
          told = answer
        })
      })
      let told: Answer<Output<'questions.sweep'>> | null = null
      await going
      expect(await value(api, 'questions.stop', { ticket })).toEqual({ stopped: true })
      await expect.poll(() => told, { timeout: 20_000 }).not.toBeNull()
      expect(told).toMatchObject({ ok: true, value: { complete: false, runs: 5000 } })
      expect(await value(api, 'questions.stop', { ticket })).toEqual({ stopped: false })
    },
  },
  {
    title: 'a question that cannot be asked is refused with the reason',
    run: async api => {
      const subject = { document: PLAN }
      const ask = (input: Input<'questions.sweep'>): Promise<Answer<unknown>> =>
        api.call('questions.sweep', input)
      expect(await code(ask({ subject, axes: ['nowhere=1'] }))).toBe('bad-question')
      expect(await code(ask({ subject, axes: ['machine.ram=1..2#60000', 'machine.cpus=1..9'] }))).toBe(
        'bad-question',
      )
      expect(await code(ask({ subject, axes: ['workloads[0].count=1'], of: 'nobody' }))).toBe('no-workload')
      expect(await code(ask({ subject: { planId: 'none' }, axes: ['workloads[0].count=1'] }))).toBe('no-plan')
      expect(await code(api.call('questions.compare', { subject }))).toBe('bad-question')
    },
  },
  {
    title: 'the host that it runs on is read, and kept with its kernel',
    run: async api => {
      const answer = await api.call('machines.probe', {})
      if (process.platform !== 'linux') {
        expect(answer).toMatchObject({ ok: false, error: { code: 'not-here' } })
        return
      }
      const { document, kernel, machine } = await value(api, 'machines.probe', {})
      const { name, plus, minus } = kernel
      const saved = await value(api, 'machines.save', {
        document: { ...document, name: 'here' },
        kernel: { name, plus: [...plus], minus: [...minus] },
        origin: 'probed',
      })
      expect(saved).toMatchObject({ name: 'here', ramBytes: machine.ramBytes, kernel, origin: 'probed' })
      const plan = await value(api, 'plans.create', { origin: { from: 'machine', machine: saved.id } })
      expect(plan.checked.issues).toEqual([])
      const wrong = await api.call('machines.save', { document, kernel: '9.9' })
      expect(wrong).toMatchObject({ ok: false, error: { code: 'machine-has-mistakes' } })
      await value(api, 'machines.delete', { id: saved.id })
    },
  },
  {
    title: 'a calibration that cannot be made says why, and one that is not wanted any more keeps nothing',
    run: async api => {
      const tables = await value(api, 'costs.list', {})
      const little = await api.call('machines.calibrate', { share: 1e-9, timeS: 1 })
      expect(little).toMatchObject({ ok: false, error: { code: 'not-here' } })
      expect(await code(api.call('machines.calibrate', { machineId: 'none' }))).toBe('no-machine')
      expect(await code(api.call('machines.calibrate', { share: 2 }))).toBe('bad-input')
      expect(await code(api.call('costs.delete', { id: 'none' }))).toBe('no-costs')
      expect(await code(api.call('costs.delete', { id: tables[0]?.id ?? '' }))).toBe('no-costs')
      expect(await value(api, 'costs.list', {})).toEqual(tables)
    },
  },
  {
    title: 'presets are fixed, machines of one’s own are saved, changed, planned on and deleted',
    run: async api => {
      const [preset] = await value(api, 'machines.list', {})
      const { document } = await value(api, 'machines.get', { id: preset?.id ?? '' })
      expect(await code(api.call('machines.save', { id: preset?.id ?? '', document }))).toBe('preset-fixed')
      const saved = await value(api, 'machines.save', {
        document: { ...document, name: 'rack 7', ram: '96 GiB' },
      })
      expect(saved).toMatchObject({ source: 'saved', name: 'rack 7', ramBytes: 96 * 2 ** 30 })
      const changed = { ...saved.document, ram: '128 GiB' }
      expect((await value(api, 'machines.save', { id: saved.id, document: changed })).id).toBe(saved.id)
      const plan = await value(api, 'plans.create', { origin: { from: 'machine', machine: saved.id } })
      expect(plan.checked.scenario?.machine.ramBytes).toBe(128 * 2 ** 30)
      const wrong = await api.call('machines.save', { document: { ...document, ram: 'much' } })
      expect(wrong).toMatchObject({
        ok: false,
        error: { code: 'machine-has-mistakes', issues: [{ path: '$.ram' }] },
      })
      await value(api, 'machines.delete', { id: saved.id })
      expect(await code(api.call('machines.get', { id: saved.id }))).toBe('no-machine')
    },
  },
  {
    title: 'lists tell what there is to choose from',
    run: async api => {
      expect((await value(api, 'kernels.list', {})).map(({ name }) => name)).toContain('6.18')
      expect((await value(api, 'kernels.changes', {}))[0]).toHaveProperty('effect')
      expect((await value(api, 'costs.list', {}))[0]?.units.length).toBeGreaterThan(10)
      const kinds = await value(api, 'catalog.workloads', {})
      expect(kinds.find(({ id }) => id === 'qemu-guest')?.params.map(({ id }) => id)).toContain('ram')
      expect((await value(api, 'catalog.strategies', {})).map(({ id }) => id)).toContain('mlock-onfault')
      expect((await value(api, 'catalog.devices', {})).length).toBeGreaterThan(3)
      expect(await value(api, 'about.get', {})).toMatchObject({ planFormat: 'holdfast-plan/1' })
    },
  },
  {
    title: 'quantities are read as people type them, and written as a place wants them',
    run: async api => {
      const parse = (input: Input<'quantities.parse'>): Promise<unknown> =>
        value(api, 'quantities.parse', input)
      expect(await parse({ kind: 'bytes', text: '24 * 16G' })).toEqual({
        ...{ ok: true, value: 24 * 16 * 2 ** 30, shown: '384 GiB' },
      })
      expect(await parse({ kind: 'bytes', text: '25 %', baseBytes: 2 ** 40 })).toMatchObject({
        value: 2 ** 38,
      })
      expect(await parse({ kind: 'limit', text: 'unlimited' })).toMatchObject({ value: 'unlimited' })
      expect(await parse({ kind: 'duration', text: '1h 30m' })).toMatchObject({ value: 5400e9 })
      expect(await parse({ kind: 'share', text: '2.5 %' })).toMatchObject({ value: 0.025 })
      expect(await parse({ kind: 'bytes', text: 'lots' })).toMatchObject({ ok: false })
      const format = { kind: 'limit', value: 36 * 2 ** 30, dialect: 'systemd' } as const
      expect(await value(api, 'quantities.format', format)).toEqual({ text: '36G' })
      expect(await code(api.call('quantities.format', { ...format, dialect: 'nobody' }))).toBe('bad-question')
    },
  },
  {
    title: 'settings are kept one by one',
    run: async api => {
      const changed = heard(api, event => event.event === 'store.changed' && event.what === 'settings')
      await value(api, 'settings.set', { theme: 'dark' })
      await changed
      expect(await value(api, 'settings.set', { fontScale: 1.25 })).toEqual({
        theme: 'dark',
        fontScale: 1.25,
      })
      expect(await value(api, 'settings.get', {})).toEqual({ theme: 'dark', fontScale: 1.25 })
    },
  },
  {
    title: 'a report is told as data, and written in every format with the same figures',
    run: async api => {
      const subject = { document: PLAN }
      const report = await value(api, 'reports.get', { subject, compare: 'workloads[0].count=1,2' })
      expect(report).toMatchObject({ title: 'Two guests', meta: { holds: true } })
      const formats = await value(api, 'exports.list', {})
      for (const { id: format, extension, parts } of formats) {
        const part = parts[0]?.id
        const question = { subject, format, ...(part === undefined ? {} : { part }) }
        const written = await value(api, 'exports.write', { ...question, compare: 'workloads[0].count=1,2' })
        expect(written.fileName.endsWith(`.${extension}`)).toBe(true)
        expect(written.encoding).toBe(['pdf', 'png'].includes(format) ? 'base64' : 'utf-8')
        if (format === 'html') expect(written.text).toContain(report.meta.kernel)
      }
      expect(await code(api.call('exports.write', { subject, format: 'docx' }))).toBe('no-format')
      expect(await code(api.call('exports.write', { subject, format: 'csv', part: 'x' }))).toBe('no-part')
      expect(await code(api.call('reports.get', { subject, compare: 'nowhere=1' }))).toBe('bad-question')
    },
  },
  {
    title: 'a plan goes out as text and comes back the same',
    run: async api => {
      const written = await value(api, 'exports.write', { subject: { document: PLAN }, format: 'plan' })
      expect(written.fileName).toBe('two-guests.json')
      const read = await value(api, 'imports.read', { text: written.text })
      expect(read).toMatchObject({ format: 'plan', issues: [] })
      const again = { subject: { document: read.document ?? {} }, format: 'plan' } as const
      expect((await value(api, 'exports.write', again)).text).toBe(written.text)
      expect(await value(api, 'imports.read', { text: 'hello' })).toMatchObject({
        format: null,
        document: null,
      })
      const text = written.text.replace(/"horizon": "[^"]*"/, '"horizon": "soon"')
      const broken = await value(api, 'imports.read', { text })
      expect(broken).toMatchObject({ format: 'plan', document: { horizon: 'soon' } })
      expect(broken.issues.map(({ path }) => path)).toEqual(['$.horizon'])
    },
  },
  {
    title: 'what other programs wrote becomes one plan, with what was taken and what was assumed',
    run: async api => {
      const meminfo = { name: 'meminfo', text: 'MemTotal:       65536000 kB\nMemFree:        60000000 kB\n' }
      const command = { name: 'run.sh', text: 'qemu-system-x86_64 -m 4G -overcommit mem-lock=on -name web\n' }
      const read = await value(api, 'imports.plan', { files: [meminfo, command] })
      expect(read.formats).toEqual(['/proc/meminfo', expect.stringContaining('QEMU')])
      expect(read.issues).toEqual([])
      expect(read.document?.['workloads']).toHaveLength(1)
      expect(new Set(read.notes.map(({ kind }) => kind))).toContain('assumed')
      const broken = await value(api, 'imports.plan', { files: [{ name: 'x', text: 'no such thing' }] })
      expect(broken).toMatchObject({ document: null, formats: [null], issues: [{ file: 0 }] })
    },
  },
  {
    title: 'a script collects what is to be known of a host',
    run: async api => {
      const { fileName, text } = await value(api, 'imports.snippet', {})
      expect(fileName).toBe('host-bundle.sh')
      expect(text).toBe(HOST_BUNDLE_SNIPPET)
    },
  },
  {
    title: 'configuration is written for places that are asked for, each line with its reason',
    run: async api => {
      const locked = { ...PLAN.workloads[0], params: { ram: '2 GiB', memLock: 'on' } }
      const subject = { document: { ...PLAN, workloads: [locked] } }
      const [target, ...others] = await value(api, 'exports.configuration', { subject, targets: ['libvirt'] })
      expect(others).toEqual([])
      expect(target).toMatchObject({ id: 'libvirt', files: [{ workload: 'guests' }] })
      const line = target?.files[0]?.lines.find(({ text }) => text.includes('<locked/>'))
      expect(line?.why).toContain('mem-lock=on')
      const unknown = { subject, targets: ['nowhere'] }
      expect(await code(api.call('exports.configuration', unknown))).toBe('no-target')
    },
  },
  {
    title: 'what is not in the contract is refused',
    run: async api => {
      // A caller that does not know the contract.
      const call = api.call as (method: string, input: unknown) => Promise<Answer<unknown>>
      expect(await code(call('nothing.at-all', {}))).toBe('unknown-method')
      expect(await code(call('toString', {}))).toBe('unknown-method')
      expect(await code(call('plans.get', { id: 7 }))).toBe('bad-input')
      expect(await code(call('plans.get', { id: 'x', more: 1 }))).toBe('bad-input')
      expect(await code(call('runs.get', { runId: 'none' }))).toBe('no-run')
    },
  },
  ...HOST_CALLS,
  ...REALITY_CALLS,
]
