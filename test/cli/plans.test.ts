import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../../cli/exit-codes.ts'
import type { Capacity } from '../../engine/planner/capacity.ts'
import type { Comparison } from '../../engine/planner/compare.ts'
import type { ProcessLimit } from '../../engine/planner/process-limits.ts'
import type { Sweep } from '../../engine/planner/sweep.ts'
import type { RunResult, Snapshot } from '../../engine/sim/result.ts'
import { TEMPLATES } from '../../formats/plan/templates.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'holdfast-plans-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function holdfast(args: readonly string[], input = '', env: Record<string, string> = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'cli/main.ts'), ...args], {
    cwd: folder,
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: '', NO_COLOR: '', ...env },
  })
  return { code: status, out: stdout, err: stderr }
}

const plan = (changes: object = {}, workload: object = {}): string =>
  JSON.stringify({
    format: 'holdfast-plan/1',
    name: 'a small plan',
    machine: { preset: 'edge-64' },
    kernel: '6.18',
    workloads: [
      { name: 'cache', kind: 'cache', strategy: 'mlock', limits: { memlock: '40 GiB' }, ...workload },
    ],
    horizon: '1 min',
    sample: '1 s',
    ...changes,
  })
const data = (ended: Ended): unknown => JSON.parse(ended.out)
const lines = (text: string): string[] => text.split(/\r?\n/)

describe('holdfast run', () => {
  it('says that a plan holds, in words and by its exit code', () => {
    const { code, out, err } = holdfast(['run', '-'], plan())
    expect({ code, err }).toEqual({ code: exitCodes.holds, err: '' })
    expect(out).toContain('a small plan')
    expect(out).toMatch(/^Holds: /m)
    expect(out).toMatch(/MemFree +[▁-█]+ /)
    expect(out).not.toContain('\u001b')
  })

  it('answers 1 where it does not, with the rule, the numbers and the fix', () => {
    const { code, out } = holdfast(['run', '-'], plan({}, { limits: { memlock: '8 MiB' } }))
    expect(code).toBe(exitCodes.doesNotHold)
    expect(out).toMatch(/^Does not hold: /m)
    expect(out).toContain('RLIMIT_MEMLOCK')
    expect(out).toMatch(/LimitMEMLOCK=\d+/)
  })

  it('prints the whole result as JSON, and every curve as CSV at the sample distance', () => {
    const result = data(holdfast(['run', '-', '--json'], plan())) as RunResult
    expect([result.format, result.verdict.holds, result.workloads[0]?.ready]).toEqual([
      'holdfast-result/1',
      true,
      1,
    ])
    const rows = lines(holdfast(['run', '-', '--csv'], plan()).out.trimEnd())
    expect(rows[0]).toMatch(/^time \[s\],host MemFree \[bytes\],/)
    expect(rows).toHaveLength(1 + 61)
    expect(rows.at(-1)).toMatch(/^60,/)
  })

  it('shows a moment as /proc would', () => {
    const { out } = holdfast(['run', '-', '--at', '30s'], plan())
    expect(out).toMatch(/^VmLck: +\d+ kB$/m)
    expect(out).toMatch(/^VmFlags: .*\blo\b/m)
    const snapshot = data(holdfast(['run', '-', '--at', '30s', '--json'], plan())) as Snapshot
    expect(snapshot.tasks[0]?.status['VmLck']).toBeGreaterThan(0)
  })

  it('shows where the memory is, over time', () => {
    expect(holdfast(['run', '-', '--budget'], plan()).out).toMatch(/^locked +[▁-█]+ +/m)
  })

  it('is ASCII where the locale is, and coloured nowhere but on a terminal', () => {
    const { out } = holdfast(['run', '-'], plan(), { LANG: 'C' })
    expect(out).toMatch(/^\p{ASCII}+$/u)
  })
})

describe('what is set on the command line', () => {
  it('changes the plan: fields by path, and the kernel', () => {
    const args = [
      'run',
      '-',
      '--json',
      '--set',
      'ram=128 GiB',
      '--set',
      'workloads[cache].count=2',
      '--kernel',
      '5.14',
    ]
    const result = data(holdfast(args, plan())) as RunResult
    expect([result.kernel, result.workloads[0]?.instances]).toEqual(['5.14', 2])
    expect(result.host.memTotalBytes).toBeGreaterThan(100 * 2 ** 30)
  })

  it('is refused with every mistake at once', () => {
    const args = ['run', '-', '--set', 'nothing=1', '--set', 'count=-4', '--set', 'ram', '--kernel', '2.4']
    const { code, out, err } = holdfast(args, plan())
    expect({ code, out }).toEqual({ code: exitCodes.badInput, out: '' })
    for (const part of [
      '--set nothing=1: there is no',
      '--set count=-4: ',
      '--set ram: expected path=value',
      '--set kernel=2.4: ',
    ])
      expect(err).toContain(part)
  })
})

describe('a plan', () => {
  it('that is wrong is told with every mistake and its place', () => {
    const { code, out, err } = holdfast(
      ['check', '-'],
      plan({ horizon: '-1 s', colour: 'red' }, { kind: 'csh' }),
    )
    expect({ code, out }).toEqual({ code: exitCodes.badInput, out: '' })
    for (const place of [
      'standard input: $.horizon: ',
      'standard input: $.colour: ',
      'standard input: $.workloads[0].kind: ',
    ])
      expect(err).toContain(place)
  })

  it('cannot do anything to the terminal', () => {
    const { out } = holdfast(['run', '-'], plan({}, { name: 'x\u001b]0;title\u0007y' }))
    const { err } = holdfast(['run', '-'], plan({ '\u001b[2J': 1 }))
    expect((out + err).replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  it('that is not there is told, with a guess at the template', () => {
    expect(holdfast(['run', 'lock-on-falt'])).toEqual({
      code: exitCodes.badInput,
      out: '',
      err: 'lock-on-falt: there is no such file, and no template of that name either; see: holdfast plan list. Did you mean lock-on-fault?\n',
    })
  })

  it('can be a template, or a file of the same name before it', () => {
    expect(holdfast(['check', 'kvm-host']).code).toBe(exitCodes.holds)
    writeFileSync(join(folder, 'kvm-host'), '{}')
    expect(holdfast(['check', 'kvm-host']).code).toBe(exitCodes.badInput)
    rmSync(join(folder, 'kvm-host'))
  })
})

describe('holdfast check', () => {
  it('answers 1 where something will be refused, without running it', () => {
    const { code, out } = holdfast(['check', '-'], plan({ kernel: '4.3' }, { strategy: 'mlock-onfault' }))
    expect(code).toBe(exitCodes.doesNotHold)
    expect(out).toMatch(/^error .*mlock2/m)
  })
})

describe('holdfast compare', () => {
  it('shows the claim of a template as a number, and where the variants cross', () => {
    const args = ['compare', 'lock-on-fault', '--break-even', 'footprint=0.01..1', '--json']
    const found = data(holdfast(args)) as Comparison & { breakEven: { crossings: number[] } }
    const figures = Object.fromEntries(found.variants.map(({ name, figures: all }) => [name, all]))
    expect(Number(figures['mlock']?.['ready']) / Number(figures['mlock-onfault']?.['ready'])).toBeGreaterThan(
      100,
    )
    expect(Number(figures['mlock-onfault']?.['locked']) / Number(figures['mlock']?.['locked'])).toBeCloseTo(
      0.08,
      2,
    )
    expect(found.breakEven.crossings).toHaveLength(1)
    expect(found.breakEven.crossings[0]).toBeGreaterThan(0.08)
  })

  it('takes any field as the axis, as a table that fits, or as CSV', () => {
    const args = ['compare', '-', '--axis', 'strategy=none,mlock,mlock-onfault']
    const { code, out } = holdfast(args, plan(), { COLUMNS: '72' })
    expect(code).toBe(exitCodes.holds)
    expect(Math.max(...lines(out).map(line => line.length))).toBeLessThanOrEqual(72)
    expect(out).toMatch(/^mlock is ready .* later/m)
    const rows = lines(holdfast([...args, '--csv'], plan()).out.trimEnd())
    expect(rows.map(row => row.split(',')[0])).toEqual([
      'workloads[*].strategy',
      'none',
      'mlock',
      'mlock-onfault',
    ])
  })

  it('says what is missing', () => {
    const { code, err } = holdfast(['compare', '-'], plan())
    expect(code).toBe(exitCodes.badInput)
    expect(err).toContain('the plan compares nothing: say what with --axis path=values')
    expect(holdfast(['compare', '-', '--axis', 'colour=red'], plan()).err).toContain('--axis there is no')
    expect(holdfast(['compare', '-', '--metric', 'redy'], plan()).err).toContain('Did you mean ready?')
  })
})

describe('holdfast capacity', () => {
  it('finds how many fit by strategy, the smallest host, and what a failed host leaves', () => {
    const args = ['capacity', '-', '--strategies', 'none,mlock', '--smallest-host', '--hosts', '4', '--json']
    const ended = holdfast(args, plan())
    const { capacities, smallest, headroom } = data(ended) as {
      capacities: Capacity[]
      smallest: { ramBytes: number }
      headroom: { total: number; perHostAfter: number }
    }
    expect(ended.code).toBe(exitCodes.holds)
    expect(capacities.map(({ strategy }) => strategy)).toEqual(['none', 'mlock'])
    for (const { fits, reason } of capacities) expect([fits > 0, reason !== null]).toEqual([true, true])
    expect(smallest.ramBytes).toBeLessThan(64 * 2 ** 30)
    expect(headroom.total).toBe(3 * headroom.perHostAfter)
  })
})

describe('holdfast sweep', () => {
  it('runs a grid', () => {
    const args = ['sweep', '-', '--axis', 'count=1..3/1', '--axis', 'ram=64GiB,128GiB', '--json']
    const { rows, complete } = data(holdfast(args, plan())) as Sweep
    expect([rows.length, complete]).toEqual([6, true])
  })

  it('moves every input, or draws them by chance, the same for the same seed', () => {
    expect(holdfast(['sweep', '-', '--sensitivity', '10', '--metric', 'locked'], plan()).out).toMatch(
      /elasticity/,
    )
    const args = [
      'sweep',
      '-',
      '--vary',
      'ram=uniform(64GiB,128GiB)',
      '--runs',
      '40',
      '--seed',
      '7',
      '--json',
    ]
    const { out } = holdfast(args, plan())
    expect((JSON.parse(out) as { runs: number }).runs).toBe(40)
    expect(holdfast([...args, '--workers', '0'], plan()).out).toBe(out)
  })

  it('ends cleanly on Ctrl-C, with what there is', async () => {
    const args = [
      join(root, 'cli/main.ts'),
      'sweep',
      'kvm-host',
      '--axis',
      'ram=300GiB..900GiB#5000',
      '--json',
    ]
    const child = spawn(process.execPath, args, { cwd: folder })
    let [out, err] = ['', '']
    child.stdout.on('data', text => (out += String(text)))
    child.stderr.on('data', text => (err += String(text)))
    // Long enough for some runs; not nearly enough for all.
    setTimeout(() => child.kill('SIGINT'), 4000)
    const code = await new Promise(resolve => child.on('close', resolve))
    expect(code).toBe(exitCodes.interrupted)
    expect(err).toMatch(/^Interrupted: what follows is partial, of \d+ runs\.\n$/)
    const { complete, rows, runs } = JSON.parse(out) as Sweep
    expect([complete, rows.length < runs, runs]).toEqual([false, true, 5000])
  })
})

describe('holdfast limits', () => {
  it('says what each process needs, in every unit, and answers 1 if one has less', () => {
    const ended = holdfast(['limits', '-', '--json'], plan({}, { limits: { memlock: '8 MiB' } }))
    expect(ended.code).toBe(exitCodes.doesNotHold)
    const [limit] = (data(ended) as { processes: ProcessLimit[] }).processes
    expect(limit).toMatchObject({ workload: 'cache', verdict: 'too low', currentBytes: 2 ** 23 })
    expect(holdfast(['limits', '-'], plan()).code).toBe(exitCodes.holds)
  })

  it('shows what others would set for a guest', () => {
    const { out } = holdfast(['limits', 'kvm-host'])
    for (const system of ['libvirt', 'QEMU', 'KubeVirt', 'oVirt', 'OpenStack Nova'])
      expect(out).toContain(system)
  })
})

describe('holdfast plan', () => {
  it('lists, shows and copies templates', () => {
    const listed = JSON.parse(holdfast(['plan', 'list', '--json']).out) as { id: string }[]
    expect(listed.map(({ id }) => id)).toEqual(TEMPLATES.map(({ id }) => id))
    const shown = holdfast(['plan', 'show', 'model-server']).out
    expect(JSON.parse(shown)).toEqual(TEMPLATES.find(({ id }) => id === 'model-server')?.document)
    expect(holdfast(['plan', 'new', 'model-server', '--out', 'mine.json']).code).toBe(exitCodes.holds)
    expect(readFileSync(join(folder, 'mine.json'), 'utf8')).toBe(shown)
    expect(holdfast(['check', 'mine.json']).code).not.toBe(exitCodes.badInput)
  })

  it('does not overwrite a file unasked', () => {
    writeFileSync(join(folder, 'there.json'), 'mine')
    const { code, err } = holdfast(['plan', 'new', 'kvm-host', '--out', 'there.json'])
    expect(code).toBe(exitCodes.badInput)
    expect(err).toContain('there.json is there already; --force overwrites it')
    expect(readFileSync(join(folder, 'there.json'), 'utf8')).toBe('mine')
    expect(holdfast(['plan', 'show', 'kvm-hots']).err).toContain('Did you mean kvm-host?')
  })
})
