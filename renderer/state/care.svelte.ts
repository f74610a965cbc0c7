/** The store as Settings shows it: where it is, its backups, whether it is whole. */
import type { Output } from '../../app/contract.ts'
import { ask } from '../api.ts'
import { saveText } from './files.ts'

export class Care {
  about = $state.raw<Output<'about.get'> | null>(null)
  store = $state.raw<Output<'store.get'> | null>(null)
  checked = $state.raw<Output<'store.check'> | null>(null)
  /** The backup that is looked into, and the plans in it. */
  backup = $state.raw<{ readonly name: string; readonly plans: Output<'store.plansOf'> } | null>(null)
  /** What is under way, for people; null while nothing is. */
  doing = $state<string | null>(null)
  said = $state<string | null>(null)
  failure = $state<string | null>(null)

  load(): Promise<void> {
    return this.#do(null, async () => {
      const [about, store] = await Promise.all([ask('about.get', {}), ask('store.get', {})])
      Object.assign(this, { about, store })
    })
  }

  check(): Promise<void> {
    return this.#do('Reading all of the store…', async () => {
      this.checked = await ask('store.check', {})
    })
  }

  backUp(): Promise<void> {
    return this.#do('Making a backup…', async () => {
      this.store = await ask('store.backUp', {})
      this.said = 'A backup was made beside the store.'
    })
  }

  look(name: string): Promise<void> {
    return this.#do('Opening the backup…', async () => {
      this.backup = { name, plans: await ask('store.plansOf', { backup: name }) }
    })
  }

  bringBack(plans: readonly string[]): Promise<void> {
    const { backup } = this
    if (backup === null) return Promise.resolve()
    return this.#do('Bringing plans back…', async () => {
      const made = await ask('store.bringBack', { backup: backup.name, plans: [...plans] })
      this.said = `${made.length === 1 ? 'One plan is' : `${made.length} plans are`} back, as new plans of the library.`
      this.store = await ask('store.get', {})
    })
  }

  export(): Promise<void> {
    return this.#do('Writing all plans…', async () => {
      const { fileName, mediaType, text } = await ask('store.export', {})
      saveText(fileName, mediaType, text)
    })
  }

  async #do(what: string | null, step: () => Promise<void>): Promise<void> {
    Object.assign(this, { doing: what, said: null, failure: null })
    try {
      await step()
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    } finally {
      this.doing = null
    }
  }
}
