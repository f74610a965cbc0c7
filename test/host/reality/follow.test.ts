import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { followProcess } from '../../../host/reality/follow.ts'
import { statOf } from '../../../host/reality/look.ts'
import { listProcesses } from '../../../host/reality/processes.ts'
import { refusalOf } from '../../../host/refusal.ts'

const request = { workload: 'child', seconds: 1, intervalS: 0.05 }

/** A process that grows by 32 MiB when it is told to, and says when it has. */
async function growing(
  context: TestContext,
  forks = false,
): Promise<ChildProcess & { readonly pid: number }> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    context.skip('Processes are followed on Linux on x86-64.')
  const script = `
    const kept = []
    ${forks ? "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])" : ''}
    process.stdin.on('data', () => { kept.push(Buffer.alloc(32 << 20, 1)); process.stdout.write('grown') })
    process.stdout.write('there')`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  if (child.pid === undefined) throw new Error('no process')
  return child as ChildProcess & { readonly pid: number }
}

describe('following a process', () => {
  it('sees its memory grow, and what is known of it', async context => {
    const child = await growing(context)
    let told = 0
    const followed = followProcess(
      { ...request, pid: child.pid },
      {
        onSample: () => {
          if (++told === 5) child.stdin?.write('x')
        },
      },
    )
    const { samples, facts, events, name } = await followed
    expect(samples.length).toBeGreaterThan(8)
    const rss = samples.map(({ tasks }) => tasks[0]?.status['VmRSS'] ?? 0)
    expect((rss.at(-1) ?? 0) - (rss[0] ?? 0)).toBeGreaterThan(30 * 1024)
    expect(samples[0]?.tasks[0]?.status).toMatchObject({
      Locked: expect.any(Number) as number,
      minflt: expect.any(Number) as number,
    })
    expect(facts).toMatchObject({
      kernel: expect.stringMatching(/^\d/) as string,
      thp: expect.any(String) as string,
    })
    expect(events).toEqual([])
    expect(name).not.toBe('')
  })

  it('ends with the process, and says so', async context => {
    const child = await growing(context)
    const { samples, events } = await followProcess(
      { ...request, seconds: 20, pid: child.pid },
      {
        onSample: ({ atS }) => {
          if (atS > 0.15) child.kill('SIGKILL')
        },
      },
    )
    expect(samples.length).toBeGreaterThan(1)
    expect(events).toMatchObject([{ kind: 'stop', text: `process ${child.pid} has ended` }])
  })

  it('keeps what it has seen when it is told to stop', async context => {
    const child = await growing(context)
    const controller = new AbortController()
    const { samples } = await followProcess(
      { ...request, seconds: 20, pid: child.pid },
      {
        signal: controller.signal,
        onSample: ({ atS }) => {
          if (atS > 0.1) controller.abort()
        },
      },
    )
    expect(samples.length).toBeGreaterThan(1)
    expect(samples.length).toBeLessThan(20)
  })

  it('takes children as further instances if it is asked to', async context => {
    const child = await growing(context, true)
    const { samples } = await followProcess({ ...request, pid: child.pid, withChildren: true })
    expect(samples.at(-1)?.tasks.map(({ instance }) => instance)).toEqual([0, 1])
  })

  it('refuses a process that is not there, in words', async context => {
    if (process.platform !== 'linux') context.skip('Processes are followed on Linux.')
    const refused = await followProcess({ ...request, pid: 4_194_000 }).catch(refusalOf)
    expect(refused).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('There is no process 4194000') as string,
    })
  })
})

it('the list of processes has this one, with what of it may be read', context => {
  if (process.platform !== 'linux' || process.arch !== 'x64') context.skip('Processes are listed on Linux.')
  const mine = listProcesses().find(({ pid }) => pid === process.pid)
  expect(mine).toMatchObject({ isReadable: true })
  expect(mine?.rssBytes).toBeGreaterThan(2 ** 20)
})

it('the line of /proc/PID/stat is read behind a name with any letters', () => {
  const line = `7 (a) b (c) S 1 ${Array.from({ length: 40 }, (_, i) => i + 5).join(' ')}`
  expect(statOf(line)).toEqual({ state: 'S', minflt: 10, majflt: 12, startTicks: 22 })
})
