/** What was dropped, pasted or opened and is not a plan yet: read, looked at, then made or put away. */
import type { GivenFile, Input, PlanImported } from '../../app/contract.ts'
import { ask } from '../api.ts'

type Given = Input<'imports.plan'>['files'][number]

/** Characters of a text that is read, as the contract has it. */
const MOST_TEXT = 4 * 2 ** 20
/** Of a binary file only its beginning is read: the header of a model is there. */
const MOST_BINARY = 5 * 2 ** 20
const MOST_FILES = 50
/** All files of one import together, as they cross. */
const MOST_TOGETHER = 14 * 2 ** 20

export class Incoming {
  files = $state.raw<readonly Given[]>([])
  answer = $state.raw<PlanImported | null>(null)
  failure = $state<string | null>(null)
  isReading = $state(false)

  get isOpen(): boolean {
    return this.files.length > 0 || this.failure !== null || this.isReading
  }

  /** A plan of our own without a mistake needs no look. */
  get isPlain(): boolean {
    const { answer } = this
    return (
      this.files.length === 1 &&
      answer?.document !== null &&
      answer?.formats[0] === 'Holdfast plan' &&
      answer.issues.length === 0
    )
  }

  async addFiles(list: readonly File[]): Promise<void> {
    await this.#read(() => Promise.all(list.map(given)))
  }

  async addText(text: string): Promise<void> {
    await this.#read(() => {
      if (text.length > MOST_TEXT) throw new Error(tooLarge('The pasted text', text.length))
      return [{ name: 'pasted text', text }]
    })
  }

  /** Files that the shell was opened with. */
  async addGiven(files: readonly GivenFile[]): Promise<void> {
    await this.#read(() =>
      Promise.all(
        files.map(({ name, base64, trouble }) => {
          if (trouble !== null) throw new Error(`${name} cannot be read: ${trouble}.`)
          const bytes = Uint8Array.from(atob(base64), byte => byte.charCodeAt(0))
          return given(new File([bytes], name))
        }),
      ),
    )
  }

  async remove(at: number): Promise<void> {
    const rest = this.files.filter((_, index) => index !== at)
    this.clear()
    if (rest.length > 0) await this.#read(() => [...rest])
  }

  clear(): void {
    this.files = []
    this.answer = null
    this.failure = null
  }

  /** More files make one plan with those that are here. */
  async #read(more: () => readonly Given[] | Promise<readonly Given[]>): Promise<void> {
    this.isReading = true
    this.failure = null
    try {
      const files = [...this.files, ...(await more())]
      if (files.length > MOST_FILES) throw new Error(`${files.length} files; at most ${MOST_FILES} are read.`)
      const together = files.reduce((sum, file) => sum + ('text' in file ? file.text : file.base64).length, 0)
      if (together > MOST_TOGETHER) throw new Error(tooLarge('All files together', together))
      this.answer = await ask('imports.plan', { files })
      this.files = files
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    } finally {
      this.isReading = false
    }
  }
}

const mib = (size: number): string => `${(size / 2 ** 20).toFixed(1)} MiB`
const tooLarge = (what: string, size: number): string =>
  `${what}: ${mib(size)}, more than can be read here. holdfast import reads files up to 256 MiB.`

/** The size is looked at before anything is read. */
async function given(file: File): Promise<Given> {
  const { name, size } = file
  const first = new Uint8Array(await file.slice(0, 4).arrayBuffer())
  if (String.fromCharCode(...first) === 'GGUF') {
    const bytes = new Uint8Array(await file.slice(0, MOST_BINARY).arrayBuffer())
    return { name, base64: base64Of(bytes), fileBytes: size }
  }
  if (size > MOST_TEXT) throw new Error(tooLarge(name, size))
  return { name, text: await file.text() }
}

function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}
