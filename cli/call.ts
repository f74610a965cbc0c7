/** What `holdfast call` does: the application's methods for scripts, one at a time or as a conversation in lines. */
import { createInterface } from 'node:readline'
import { createApp, type App } from '../app/create-app.ts'
import type { Answer } from '../app/contract.ts'
import { failureOf } from '../app/errors.ts'
import { lineOf } from '../server/ndjson.ts'
import { exitCodes } from './exit-codes.ts'
import { storeFor, type StoreOptions } from './store-option.ts'

type Usage = (sentence: string) => never

/** A line that is asked. Answers come with the same id, in the order in which they are ready. */
interface Asked {
  readonly id?: unknown
  readonly method?: unknown
  readonly input?: unknown
  /** Instead of a method: the id of a call whose answer is no longer wanted. */
  readonly cancel?: unknown
}

const say = (value: unknown): void => void process.stdout.write(lineOf(value))

export async function callMethod(
  method: string | undefined,
  input: string | undefined,
  options: StoreOptions,
  usage: Usage,
): Promise<void> {
  const read = readInput(input ?? '{}', usage)
  const app = createApp({ store: storeFor(options, usage), onBroken: error => console.error(error) })
  try {
    if (method === undefined) await converse(app)
    else tell(await app.call(method, read))
  } finally {
    await app.close()
  }
}

function readInput(text: string, usage: Usage): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return usage(`the input is not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function tell(answer: Answer<unknown>): void {
  if (answer.ok) {
    process.stdout.write(`${JSON.stringify(answer.value, null, 2)}\n`)
    return
  }
  say(answer.error)
  process.exitCode = answer.error.code === 'broken' ? exitCodes.broken : exitCodes.badInput
}

/** Goes on until the input ends and everything is answered. */
async function converse(app: App): Promise<void> {
  const open = new Map<unknown, { readonly controller: AbortController; readonly answered: Promise<void> }>()
  const stop = app.subscribe(say)
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue
    const { id = null, method, input, cancel } = asked(line)
    if (cancel !== undefined) open.get(cancel)?.controller.abort()
    else if (id !== null && open.has(id)) say({ id, r: refused('a call of this id is under way') })
    else {
      // Calls without an id cannot be cancelled.
      const key = id ?? Symbol()
      const controller = new AbortController()
      const onProgress = (p: unknown): void => say({ id, p })
      const answered = app
        .call(String(method), input, { signal: controller.signal, onProgress })
        .then(r => say({ id, r }))
        .finally(() => open.delete(key))
      open.set(key, { controller, answered })
    }
  }
  await Promise.all([...open.values()].map(({ answered }) => answered))
  stop()
}

/** A line that cannot be read is answered like a call without a method: the conversation goes on. */
function asked(line: string): Asked {
  try {
    return (JSON.parse(line) ?? {}) as Asked
  } catch {
    return { method: line.slice(0, 64) }
  }
}

const refused = (why: string): Answer<unknown> => ({ ok: false, error: failureOf('not-allowed', why) })
