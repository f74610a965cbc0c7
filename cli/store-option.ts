/** Commands that work on the store: which one. */
import type { Command } from 'commander'
import { memoryStore } from '../app/memory-store.ts'
import { openedStore, usualStorePath } from '../app/open-store.ts'
import type { Store } from '../app/store.ts'

export interface StoreOptions {
  readonly store?: string
  readonly memory?: true
}

export const withStoreOptions = (command: Command): Command =>
  command
    .option('--store <file>', 'file that plans are kept in (default: one in your folder of application data)')
    .option('--memory', 'keep nothing when it ends')

export function storeFor({ store, memory }: StoreOptions, fail: (sentence: string) => never): Store {
  if (memory === true && store !== undefined) return fail('--store and --memory exclude each other')
  if (memory === true) return memoryStore()
  const opened = openedStore(store ?? usualStorePath(process.env), { makeFolder: store === undefined })
  return opened.ok ? opened.store : fail(`${opened.sentence} ${opened.wayOut}`)
}
