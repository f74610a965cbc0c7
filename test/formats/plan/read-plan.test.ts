import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkScenario, readPlan } from '../../../formats/plan/read-plan.ts'
import { planOfTemplate, TEMPLATES } from '../../../formats/plan/templates.ts'
import { writePlan } from '../../../formats/plan/write-plan.ts'
import { upgraded } from '../../../formats/plan/upgrades.ts'

const GIB = 2 ** 30

/** A plan that reads, with keys replaced. */
const plan = (changes: object = {}, workload: object = {}): string =>
  JSON.stringify({
    format: 'holdfast-plan/1',
    name: 'test',
    machine: { preset: 'edge-64' },
    workloads: [{ name: 'guest', kind: 'qemu-guest', ...workload }],
    ...changes,
  })

const issuesOf = (text: string): string[] => {
  const read = readPlan(text)
  return read.ok ? [] : read.issues.map(issue => `${issue.path} | ${issue.found} | ${issue.allowed}`)
}

describe('a plan', () => {
  it('needs a format, a name, a machine and workloads; the rest has defaults', () => {
    const read = readPlan(plan())
    expect(read.ok && read.plan.scenario).toMatchObject({
      kernel: { name: '6.18', plus: [], minus: [] },
      horizonS: 600,
      sampleS: 1,
      seed: 1,
      doc: '',
      workloads: [
        {
          count: 1,
          startS: 0,
          stopS: null,
          strategy: 'none',
          params: {},
          limits: { memlockBytes: 8 * 2 ** 20, capIpcLock: false },
          memcg: { maxBytes: null, highBytes: null, swapMaxBytes: null },
        },
      ],
    })
  })

  it('takes the strategy of a workload’s kind where none is named', () => {
    const read = readPlan(plan({}, { kind: 'secrets' }))
    expect(read.ok && read.plan.scenario.workloads[0]!.strategy).toBe('mlock')
  })

  it('takes quantities as people write them, percentages of RAM too', () => {
    const text = plan(
      {
        horizon: '1h 30m',
        sample: '250ms',
        machine: {
          preset: 'edge-64',
          ram: '1.5 TiB',
          hostReserve: '1 %',
          memoryBandwidth: '400 GB/s',
          hugetlb: { '2M': '64 GiB', '1G': 3 },
        },
      },
      {
        params: { ram: '2 * 16 GiB', footprint: '8 %', rate: '20k/s' },
        limits: { memlock: 'unlimited' },
        memcg: { max: '10 %' },
      },
    )
    const read = readPlan(text)
    expect(read.ok && read.plan.scenario).toMatchObject({
      horizonS: 5400,
      sampleS: 0.25,
      machine: {
        ramBytes: 1536 * GIB,
        hostReserveBytes: Math.round(15.36 * GIB),
        memoryBandwidthBytesPerS: 400e9,
        hugetlb: { '2M': 32768, '1G': 3 },
      },
      workloads: [
        {
          params: { ram: 32 * GIB, footprint: 0.08, rate: 20_000 },
          limits: { memlockBytes: 'unlimited' },
          memcg: { maxBytes: Math.round(153.6 * GIB) },
        },
      ],
    })
  })

  it('without a preset states RAM and processors, and has defaults for the rest', () => {
    expect(issuesOf(plan({ machine: {} })).map(issue => issue.split(' | ')[0])).toEqual([
      '$.machine.ram',
      '$.machine.cpus',
    ])
    const read = readPlan(plan({ machine: { ram: '64 GiB', cpus: 8 } }))
    expect(read.ok && read.plan.scenario.machine).toMatchObject({
      swappiness: 60,
      hostReserveBytes: GIB,
      swap: [],
    })
  })

  it('states operations as JSON, and they are checked', () => {
    const generic = (ops: unknown[]): string =>
      plan({}, { kind: 'generic', params: { areas: [{ name: 'a', bytes: '1 GiB' }], ops } })
    expect(issuesOf(generic([{ op: 'mlock', on: 'a', length: 4096 }]))).toEqual([])
    const read = readPlan(generic([]))
    const areas = read.ok ? read.plan.scenario.workloads[0]!.params['areas'] : ''
    expect(JSON.parse(String(areas))).toMatchObject([
      { name: 'a', bytes: GIB, backing: 'anon', role: 'main' },
    ])
    const again = read.ok ? readPlan(writePlan(read.plan)) : read
    expect(again).toEqual(read)
    const [issue, ...more] = issuesOf(generic([{ op: 'mlock', on: 'b', length: 4096 }]))
    expect(more).toEqual([])
    expect(issue).toMatch(/^\$\.workloads\[0\]\.params\.ops \| ops\[0\]\.on: .*b/)
  })
})

describe('mistakes', () => {
  it.each([
    ['no JSON', '{"format": ', /^\$ \| syntax \|/],
    ['two equal keys', '{"name": 1, "name": 2}', /\$\.name \| duplicateKey/],
    ['too deep', '['.repeat(50), /tooDeep/],
    [
      'another format',
      plan({ format: 'holdfast-plan/9' }),
      /\$\.format \| "holdfast-plan\/9" \| "holdfast-plan\/1"/,
    ],
    ['no name', plan({ name: '' }), /\$\.name \| "" \| a text of 1 to 200 characters/],
    ['control characters', plan({ name: 'a\u001b[31m' }), /\$\.name/],
    [
      'unknown preset',
      plan({ machine: { preset: 'edge-65' } }),
      /\$\.machine\.preset \| "edge-65" \| one of edge-64,/,
    ],
    ['unknown kernel', plan({ kernel: '6.17.3' }), /\$\.kernel \| "6\.17\.3"/],
    [
      'unknown change',
      plan({ kernel: { name: '6.18', plus: ['vm-pined'] } }),
      /\$\.kernel\.plus\[0\] \| "vm-pined"/,
    ],
    [
      'a change twice',
      plan({ kernel: { name: '6.18', plus: ['mlock2'], minus: ['mlock2'] } }),
      /\$\.kernel \| "mlock2"/,
    ],
    ['unknown device', plan({ machine: { preset: 'edge-64', disk: 'tape' } }), /\$\.machine\.disk \| "tape"/],
    ['unknown kind', plan({}, { kind: 'qemu' }), /\$\.workloads\[0\]\.kind \| "qemu"/],
    ['unknown strategy', plan({}, { strategy: 'mlok' }), /\$\.workloads\[0\]\.strategy \| "mlok"/],
    [
      'unknown parameter',
      plan({}, { params: { ramm: 1 } }),
      /\$\.workloads\[0\]\.params\.ramm \| the key "ramm"/,
    ],
    [
      'no parameters',
      plan({}, { strategyParams: { x: 1 } }),
      /\$\.workloads\[0\]\.strategyParams\.x \| 1 \| nothing/,
    ],
    ['wrong unit', plan({}, { params: { ram: '16 Gib/s' } }), /\$\.workloads\[0\]\.params\.ram/],
    [
      'too much',
      plan({}, { params: { ram: '1 PiB' } }),
      /params\.ram \| "1 PiB" \| an amount of memory from 1 MiB to 64 TiB/,
    ],
    ['negative', plan({}, { params: { ram: '-1 GiB' } }), /params\.ram \| "-1 GiB"/],
    [
      'no share',
      plan({}, { params: { footprint: '120 %' } }),
      /params\.footprint \| "120 %" \| a share from 0 to 1/,
    ],
    [
      'no choice',
      plan({}, { params: { memLock: 'yes' } }),
      /params\.memLock \| "yes" \| one of off, on, on-fault/,
    ],
    ['no flag', plan({}, { params: { prealloc: 'on' } }), /params\.prealloc \| "on" \| true or false/],
    ['fractions of instances', plan({}, { count: 1.5 }), /count \| 1\.5 \| a whole number from 1 to 10000/],
    ['text for a count', plan({}, { count: '3' }), /count \| "3"/],
    ['beyond 2^53', plan().replace('"name":"guest"', '"name":"guest","count":99999999999999999999'), /count/],
    ['a long run', plan({ horizon: '10000 d' }), /\$\.horizon/],
    [
      'many samples',
      plan({ horizon: '30 d', sample: '1 ms' }),
      /\$\.sample \| 2592000000 samples \| at most 1000000/,
    ],
    [
      'ends before it starts',
      plan({}, { start: '1 min', stop: '30 s' }),
      /stop \| 30 s \| later than its start at 60 s/,
    ],
    [
      'one name twice',
      plan({
        workloads: [
          { name: 'a', kind: 'cache' },
          { name: 'a', kind: 'jvm' },
        ],
      }),
      /workloads\[1\]\.name \| "a" again/,
    ],
    ['the name of the machine', plan({}, { name: 'host' }), /workloads\[0\]\.name \| "host"/],
    [
      'pools beyond RAM',
      plan({ machine: { preset: 'edge-64', hugetlb: { '1G': 64 } } }),
      /machine\.hugetlb \| 64 GiB \| at most 63 GiB/,
    ],
    [
      'no whole page',
      plan({ machine: { preset: 'edge-64', hugetlb: { '2M': '3 MiB' } } }),
      /machine\.hugetlb\.2M|machine\.hugetlb\["2M"\]/,
    ],
    [
      'many instances',
      plan({ workloads: [1, 2].map(n => ({ name: `w${n}`, kind: 'cache', count: 6000 })) }),
      /\$\.workloads \| 12000 instances \| at most 10000/,
    ],
    [
      'beyond the address space',
      plan({}, { params: { ram: '60 TiB' } }),
      /workloads\[0\] \| an area of 60 TiB/,
    ],
    [
      'too many operations',
      plan({}, { kind: 'two-threads', params: { times: 9001 } }),
      /params\.times \| 9001/,
    ],
    ['no JSON in a parameter', plan({}, { kind: 'generic', params: { ops: 'touch' } }), /params\.ops/],
    [
      'a path to nowhere',
      plan({ compare: { axis: 'workloads[7].strategy', values: ['none'] } }),
      /\$\.compare\.values\[0\]/,
    ],
    [
      'a mistake in a variant',
      plan({ compare: { axis: 'kernel', values: ['6.18', '9.9'] } }),
      /\$\.compare\.values\[1\] \| "9\.9"/,
    ],
    [
      'nothing to compare',
      plan({ compare: { axis: 'kernel', values: [] } }),
      /\$\.compare\.values \| an empty list/,
    ],
  ])('%s', (_, text, expected) => {
    const issues = issuesOf(text)
    expect(issues.length).toBeGreaterThan(0)
    expect(
      issues.some(issue => expected.test(issue)),
      issues.join('\n'),
    ).toBe(true)
  })

  it('are told all at once, each with a sentence, and a guess at what was meant', () => {
    const read = readPlan(plan({ horizen: 1, seed: -1, kernel: '6.181' }, { cuont: 3, strategy: 'mlok' }))
    expect(!read.ok && read.issues.map(issue => issue.path).sort()).toEqual([
      '$.horizen',
      '$.kernel',
      '$.seed',
      '$.workloads[0].cuont',
      '$.workloads[0].strategy',
    ])
    const sentences = read.ok ? '' : read.issues.map(issue => issue.sentence).join('\n')
    for (const guess of ['horizon', '6.18', 'count', 'mlock'])
      expect(sentences).toContain(`Did you mean ${guess}?`)
  })

  it('beyond a hundred are counted', () => {
    const read = readPlan(plan({ workloads: Array.from({ length: 500 }, () => ({})) }))
    expect(!read.ok && read.issues).toHaveLength(101)
    expect(!read.ok && read.issues.at(-1)!.sentence).toMatch(/^\d+ more mistakes are not listed/)
  })

  it('of any other JSON are issues too, never an exception', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        expect(readPlan(text).ok).toBe(false)
      }),
      { numRuns: 200 },
    )
    fc.assert(
      fc.property(
        fc.constantFrom('machine', 'kernel', 'workloads', 'compare', 'claim', 'seed'),
        fc.jsonValue(),
        (key, value) => {
          const read = readPlan(plan({ [key]: value }))
          if (read.ok) expect(JSON.stringify(read.plan)).not.toContain('NaN')
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('notes', () => {
  it.each([
    [
      'a strategy that needs another kernel',
      plan({}, { strategy: 'mpin' }),
      /mpin needs the change vm-pinned/,
    ],
    [
      'an instance that never starts',
      plan({}, { count: 100, stagger: '1 min' }),
      /the last instance would start at 5940 s/,
    ],
    [
      'a limit without effect',
      plan({}, { memcg: { max: '1 GiB', high: '2 GiB' } }),
      /memory\.high is above memory\.max/,
    ],
  ])('%s', (_, text, expected) => {
    const read = readPlan(text)
    expect(read.ok && read.notes).toEqual([expect.stringMatching(expected)])
  })
})

describe('a comparison', () => {
  it('is a checked scenario for each value, in every place that the path names', () => {
    const workloads = ['a', 'b'].map(name => ({ name, kind: 'cache' }))
    const read = readPlan(
      plan({ workloads, compare: { axis: 'workloads[*].strategy', values: ['none', 'mlock'] } }),
    )
    const variants = read.ok ? (read.plan.compare?.variants ?? []) : []
    expect(variants.map(({ name, scenario }) => [name, ...scenario.workloads.map(w => w.strategy)])).toEqual([
      ['none', 'none', 'none'],
      ['mlock', 'mlock', 'mlock'],
    ])
  })

  it('goes into a preset', () => {
    const read = readPlan(plan({ compare: { axis: 'machine.thp.enabled', values: ['always', 'never'] } }))
    expect(read.ok && read.plan.compare?.variants.map(v => v.scenario.machine.thp.enabled)).toEqual([
      'always',
      'never',
    ])
  })
})

describe('older forms', () => {
  const steps = [
    {
      from: 'plan/0',
      to: 'plan/0.5',
      apply: ({ title, ...rest }: Record<string, unknown>) => ({ ...rest, name: title }),
    },
    { from: 'plan/0.5', to: 'holdfast-plan/1', apply: (old: Record<string, unknown>) => old },
  ]

  it('go through one step for each version, and the reader says so', () => {
    const old = plan({ format: 'plan/0', title: 'old' }).replace('"name":"test",', '')
    const read = readPlan(old, steps)
    expect(read.ok && read.plan.scenario.name).toBe('old')
    expect(read.ok && read.notes).toHaveLength(2)
  })

  it('that nobody knows stay as they are', () => {
    expect(upgraded({ format: 'plan/7' }, steps)).toEqual({ plan: { format: 'plan/7' }, notes: [] })
    expect(upgraded(7, steps)).toEqual({ plan: 7, notes: [] })
  })
})

describe('plain data', () => {
  it.each(TEMPLATES.map(template => [template.id, planOfTemplate(template).scenario] as const))(
    'the scenario of %s is one, and comes back as it is',
    (_, scenario) => {
      const read = checkScenario(JSON.parse(JSON.stringify(scenario)))
      expect(read.ok && read.scenario).toEqual(scenario)
    },
  )

  it('is checked by the names of a scenario', () => {
    const [template] = TEMPLATES
    const scenario = planOfTemplate(template!).scenario
    const paths = (value: unknown): string[] => {
      const read = checkScenario(value)
      return read.ok ? [] : read.issues.map(issue => issue.path)
    }
    expect(paths({ ...scenario, horizonS: NaN })).toEqual(['$.horizonS'])
    expect(paths({ ...scenario, horizonS: Infinity, horizon: 1 })).toEqual(['$.horizon', '$.horizonS'])
    expect(paths({ ...scenario, machine: { ...scenario.machine, ramBytes: 1.5 } })).toEqual([
      '$.machine.ramBytes',
    ])
    expect(paths(null)).toEqual(['$'])
  })
})
