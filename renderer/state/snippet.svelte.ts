/** What to run on another host, as the application ships it: asked for once, when somebody looks. */
import { ask } from '../api.ts'

class Snippet {
  text = $state.raw<string | null>(null)

  async load(): Promise<void> {
    this.text ??= (await ask('imports.snippet', {})).text
  }
}

export const snippet = new Snippet()
