import { execFileSync, spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  Answer,
  Api,
  AppEvent,
  CallOptions,
  Input,
  Method,
  Output,
  Progress,
} from '../../app/contract.ts'
import { lineOf, valuesIn } from '../../server/ndjson.ts'
import { CALLS, PLAN } from '../app/calls.ts'

const program = join(import.meta.dirname, '../../cli/main.ts')

/** A line that comes back. */
interface Said {
  readonly id?: number
  readonly p?: Progress
  readonly r?: Answer<unknown>
  readonly event?: string
}

/** The contract spoken in lines with a process. */
class Conversation implements Api {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #open = new Map<
    number,
    { readonly options: CallOptions; readonly end: (a: Answer<unknown>) => void }
  >()
  readonly #listeners = new Set<{ readonly listen: (event: AppEvent) => void }>()
  readonly ended: Promise<number | null>
  #last = 0

  constructor(...args: readonly string[]) {
    this.#child = spawn(process.execPath, [program, 'call', ...args])
    this.ended = new Promise(resolve => this.#child.once('exit', resolve))
    void this.#hear()
  }

  async #hear(): Promise<void> {
    for await (const value of valuesIn(this.#child.stdout)) {
      const { id, p, r, event } = value as Said
      if (event !== undefined) for (const { listen } of [...this.#listeners]) listen(value as AppEvent)
      const call = id === undefined ? undefined : this.#open.get(id)
      if (p !== undefined) call?.options.onProgress?.(p)
      if (r !== undefined) call?.end(r)
    }
  }

  call<M extends Method>(method: M, input: Input<M>, options: CallOptions = {}): Promise<Answer<Output<M>>> {
    const id = ++this.#last
    options.signal?.addEventListener('abort', () => this.#child.stdin.write(lineOf({ cancel: id })))
    this.#child.stdin.write(lineOf({ id, method, input }))
    return new Promise(end => this.#open.set(id, { options, end: answer => end(answer as never) }))
  }

  subscribe(listen: (event: AppEvent) => void): () => void {
    const entry = { listen }
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  endInput(): void {
    this.#child.stdin.end()
  }
}

describe('holdfast call', () => {
  let folder: string
  let conversation: Conversation

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-call-'))
    conversation = new Conversation('--store', join(folder, 'calls.db'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  describe('a conversation in lines answers as every shell does', () => {
    const api: Api = {
      call: (method, input, options) => conversation.call(method, input, options),
      subscribe: listen => conversation.subscribe(listen),
    }
    it.each(CALLS)('$title', ({ run }) => run(api))

    it('a call that is cancelled ends at once, and the end of the input ends the process', async () => {
      const controller = new AbortController()
      const vary = ['workloads[0].params.ram=uniform(1GiB,2GiB)']
      const answer = conversation.call(
        'questions.monteCarlo',
        { subject: { document: PLAN }, vary, runs: 5000 },
        { signal: controller.signal, onProgress: () => controller.abort() },
      )
      expect(await answer).toMatchObject({ ok: true, value: { complete: false } })
      conversation.endInput()
      expect(await conversation.ended).toBe(0)
    })
  })

  it('what is no line of a call is refused, and the conversation goes on', () => {
    const lines = 'no json\n7\n\n{"id":"a","method":"about.get","input":{}}'
    const { stdout, status } = spawnSync(process.execPath, [program, 'call', '--memory'], { input: lines })
    const answers = stdout
      .toString()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as unknown)
    const refused = { ok: false, error: { code: 'unknown-method' } }
    expect([status, answers]).toMatchObject([
      0,
      [
        { id: null, r: refused },
        { id: null, r: refused },
        { id: 'a', r: { ok: true } },
      ],
    ])
  })

  it('one method gives its value, and a refusal its code and 2', () => {
    const call = (...args: readonly string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [program, 'call', '--memory', ...args])
    const about = execFileSync(process.execPath, [program, 'call', '--memory', 'about.get'], {
      encoding: 'utf8',
    })
    expect(JSON.parse(about)).toMatchObject({ name: 'Holdfast', store: null })
    const refused = call('plans.get', '{"id":"none"}')
    expect([refused.status, JSON.parse(refused.stdout.toString())]).toMatchObject([2, { code: 'no-plan' }])
    const noJson = call('plans.get', '{id}')
    expect([noJson.status, noJson.stderr.toString()]).toEqual([2, expect.stringContaining('is not JSON')])
  })
})
