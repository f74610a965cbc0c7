import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JOBS } from './jobs/index.ts'
import type { RunningShell } from './shell.ts'
import { SHELLS } from './shells.ts'

describe.each(SHELLS)('jobs in the window: $title', shell => {
  const reason = shell.missing === null ? '' : ` (skipped: ${shell.missing})`
  let folder: string
  let running: RunningShell

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-job-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  afterAll(() => shell.dispose())

  it.skipIf(shell.missing !== null).each(JOBS)(`$title${reason}`, async ({ run, provokes = [] }) => {
    const file = join(folder, 'holdfast.db')
    running = await shell.start(file)
    const said: string[] = []
    try {
      await run({
        page: () => running.page,
        shell: () => running,
        restart: async () => {
          said.push(...running.said)
          await running.close()
          running = await shell.start(file)
          return running.page
        },
      })
      said.push(...running.said)
    } finally {
      await running.close()
    }
    expect(said.filter(text => !provokes.some(pattern => pattern.test(text)))).toEqual([])
  })
})
