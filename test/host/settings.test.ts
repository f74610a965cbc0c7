import { spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi, type TestContext } from 'vitest'
import { LiveSession, runLive } from '../../host/index.ts'
import { live, programOf, settingsNow } from './live.ts'
import { thorough } from './thorough-programs.ts'

const child = join(import.meta.dirname, 'run-long.ts')

/** A process that is in the middle of a program, with every kind of setting changed. */
async function halfWay(context: TestContext, before: Record<string, string>): Promise<ChildProcess> {
  live(context, thorough) // skips the test where settings cannot be changed
  const runner = spawn(process.execPath, [child], { stdio: ['ignore', 'ignore', 'inherit'] })
  await vi.waitUntil(() => tracedBy(runner.pid ?? 0).length > 0 || runner.exitCode !== null, {
    timeout: 10_000,
  })
  await sleep(100) // into the long op
  expect(runner.exitCode).toBe(null)
  expect(settingsNow()).not.toEqual(before)
  return runner
}

/** Process numbers of what a process traces, and of its watchdog. */
const tracedBy = (pid: number): number[] => pidsWith(/^TracerPid:\t(\d+)/m, 'status', String(pid))
const watchdogOf = (pid: number): number[] =>
  pidsWith(/holdfast-watchdog\0[^\0]*\/(\d+)-\d+\.journal/, 'cmdline', String(pid))

function pidsWith(pattern: RegExp, file: string, wanted: string): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && pattern.exec(textOf(`/proc/${name}/${file}`))?.[1] === wanted)
    .map(Number)
}

/** Empty for a process that has just ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

const ended = async (runner: ChildProcess): Promise<unknown> =>
  runner.exitCode ?? runner.signalCode ?? new Promise(resolve => runner.once('exit', resolve))

describe.skipIf(process.platform !== 'linux')('settings of the machine (on Linux)', () => {
  it('are as before after a run, and after a run that failed half-way', context => {
    const before = settingsNow()
    live(context, thorough)
    expect(settingsNow()).toEqual(before)
    const failing = { ...thorough, ops: [...thorough.ops, { op: 'munlockall', pid: 'nobody' }] } as const
    expect(runLive(failing)).toMatchObject({ ok: false, reason: 'program' })
    expect(settingsNow()).toEqual(before)
  })

  it('stay changed between the runs of a session, and are as before when it is closed', context => {
    const before = settingsNow()
    live(context, thorough)
    const opened = LiveSession.open()
    if (!opened.ok) return context.skip(opened.sentence)
    opened.session.run(thorough)
    const between = settingsNow()
    opened.session.run(programOf([{ op: 'munlockall' }]))
    expect(opened.session.close()).toEqual([])
    expect(settingsNow()).toEqual(before)
    expect(between).not.toEqual(before)
  })

  it.for(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'are as before after %s half-way',
    async (signal, context) => {
      const before = settingsNow()
      const runner = await halfWay(context, before)
      const traced = tracedBy(runner.pid ?? 0)
      runner.kill(signal)
      await ended(runner)
      await vi.waitFor(() => expect(settingsNow()).toEqual(before), { timeout: 10_000 })
      await vi.waitUntil(() => traced.every(pid => textOf(`/proc/${pid}/cmdline`) === ''), {
        timeout: 10_000,
      })
    },
  )

  it('are put back by the next run if the watchdog was killed too', async context => {
    const before = settingsNow()
    const runner = await halfWay(context, before)
    const watchdogs = watchdogOf(runner.pid ?? 0)
    expect(watchdogs).toHaveLength(1)
    for (const pid of watchdogs) process.kill(pid, 'SIGKILL')
    runner.kill('SIGKILL')
    await ended(runner)
    expect(settingsNow()).not.toEqual(before)
    const opened = LiveSession.open()
    expect(settingsNow()).toEqual(before)
    if (opened.ok) opened.session.close()
  })
})
