import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { apiOf, createApp } from '../app/create-app.ts'
import { memoryStore } from '../app/memory-store.ts'
import { serverClient } from '../server/client.ts'
import { startServer } from '../server/start-server.ts'
import { DATE, HOSTILE, subjectOf } from './support/reports.ts'
import type { Api, Output } from '../app/contract.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'holdfast-agree-'))
const app = createApp({ store: memoryStore(), now: () => Date.parse(`${DATE}T12:00:00Z`), lookEveryMs: 0 })
const server = await startServer({ app, renderer: folder })
const client = serverClient({ origin: server.origin, token: server.token })
afterAll(async () => {
  client.close()
  await server.close()
  await app.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What the command line writes to standard output. The server goes on meanwhile. */
async function commandLine(...args: string[]): Promise<Buffer> {
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(HOSTILE))
  const all = [args[0] ?? '', join(folder, 'plan.json'), ...args.slice(1), '-o', '-', '--date', DATE]
  const command = [join(root, 'cli/main.ts'), ...all]
  try {
    return (await run(process.execPath, command, { maxBuffer: 2 ** 28, encoding: 'buffer' })).stdout
  } catch (error) {
    // The plan does not hold: it answers 1.
    const { code, stdout } = error as { readonly code: number; readonly stdout: Buffer }
    expect(code).toBe(1)
    return stdout
  }
}

async function written(api: Api, format: string, part?: string): Promise<Buffer> {
  const question = { subject: { document: HOSTILE }, format, ...(part === undefined ? {} : { part }) }
  const answer = await api.call('exports.write', question)
  if (!answer.ok) throw new Error(answer.error.sentence)
  const { encoding, text }: Output<'exports.write'> = answer.value
  return Buffer.from(text, encoding)
}

describe('window, server and command line', () => {
  it('have the same report, to the last sign', async () => {
    const here = await apiOf(app).call('reports.get', { subject: { document: HOSTILE } })
    const there = await client.call('reports.get', { subject: { document: HOSTILE } })
    expect(there).toEqual(here)
    expect(here).toEqual({
      ok: true,
      value: JSON.parse(JSON.stringify((await subjectOf(HOSTILE)).report)) as unknown,
    })
  })

  it.each(['pdf', 'html', 'md'])('write the same file: report as %s', async format => {
    const file = await commandLine('report', '--format', format)
    expect((await written(apiOf(app), format)).equals(file)).toBe(true)
    expect((await written(client, format)).equals(file)).toBe(true)
  })

  it.each([
    ['json', undefined],
    ['csv', 'limits'],
    ['svg', 'host-memory'],
    ['png', 'host-memory'],
    ['plan', undefined],
  ])('write the same file: export as %s %s', async (format, part) => {
    const more = part === undefined ? [] : [format === 'csv' ? '--table' : '--chart', part]
    const file = await commandLine('export', '--as', format, ...more)
    expect((await written(client, format, part)).equals(file)).toBe(true)
  })
})
