/** The application over its store, for commands that need both. */
import { existsSync } from 'node:fs'
import type { Api, Method, Output } from '../app/contract.ts'
import { apiOf, createApp } from '../app/create-app.ts'
import { memoryStore } from '../app/memory-store.ts'
import { openedStore, usualStorePath } from '../app/open-store.ts'

export interface AppOptions {
  /** The usual one if absent. */
  readonly store?: string | undefined
  /** Whether the store is made where there is none; otherwise it is taken to be empty. */
  readonly makes: boolean
}

export type Fail = (sentence: string) => never

/** Opens the store, does the work, closes it. */
export async function withApp<T>(
  { store: given, makes }: AppOptions,
  fail: Fail,
  work: (api: Api) => Promise<T>,
): Promise<T> {
  const path = given ?? usualStorePath(process.env)
  const opened =
    makes || existsSync(path)
      ? openedStore(path, { makeFolder: given === undefined })
      : ({ ok: true, store: memoryStore() } as const)
  if (!opened.ok) return fail(`${opened.sentence} ${opened.wayOut}`)
  const app = createApp({ store: opened.store, lookEveryMs: 0, onBroken: error => console.error(error) })
  try {
    return await work(apiOf(app))
  } finally {
    await app.close()
  }
}

/** Asks, and gives the value of the answer; what was wrong goes to the person. */
export async function valueOf<M extends Method>(
  api: Api,
  fail: Fail,
  ...[method, input, options]: Parameters<typeof api.call<M>>
): Promise<Output<M>> {
  const answer = await api.call(method, input, options)
  if (answer.ok) return answer.value
  const { sentence, issues = [] } = answer.error
  return fail([sentence, ...issues.map(issue => `  ${issue.sentence}`)].join('\n'))
}
