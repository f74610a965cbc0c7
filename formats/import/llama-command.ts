/**
 * llama.cpp command lines:
 *
 *     llama-server -m /models/Llama-3.1-8B-Instruct-Q4_K_M.gguf -c 32768 -np 4 -ctk q8_0 --mlock
 */
import type { WorkloadSpec } from '../../engine/scenario.ts'
import { quoted } from '../safe-text.ts'
import { textOf } from './decode.ts'
import type { Importer, ImportResult } from './importer.ts'
import { llmWorkload, modelInName } from './llm-import.ts'
import { Notes, refused } from './notes.ts'
import { commandsOf, programAt, type Command, type Word } from './shell-words.ts'

const PROGRAM =
  /^(?:[^\s=]*\/)?(?:llama-(?:server|cli|run|bench|simple|batched|perplexity|embedding|parallel|mtmd-cli)|llama)(?:\.exe)?$/
/** Names of older releases, which only their folder or their options tell from others. */
const OLD_PROGRAM = /^(?:[^\s=]*\/)?(?:main|server)$/

export const isLlama = (word: string): boolean => PROGRAM.test(word) || OLD_PROGRAM.test(word)

export const llamaCommand: Importer = {
  id: 'llama-command',
  title: 'llama.cpp command line',
  yields: ['workloads'],
  recognises: head => !/^\s*[<{[]/.test(head) && commandsOf(head).some(isLlamaCommand),
  read: input => readCommands(textOf(input)),
}

function isLlamaCommand({ words }: Command): boolean {
  const at = programAt(words, isLlama)
  const program = words[at]?.text
  if (program === undefined) return false
  const rest = words.slice(at + 1).map(({ text }) => text)
  if (PROGRAM.test(program)) return rest.some(word => word.startsWith('-'))
  return rest.some(word => word.endsWith('.gguf')) && rest.some(word => /^(?:-m|--model)$/.test(word))
}

function readCommands(text: string): ImportResult {
  const notes = new Notes()
  const workloads = commandsOf(text).flatMap(command => {
    if (!isLlamaCommand(command)) {
      notes.ignored(
        '',
        `${quoted(command.words.map(word => word.text).join(' '))} is no llama.cpp.`,
        command.line,
      )
      return []
    }
    const workload = llamaWorkload(command.words, notes)
    return workload === undefined ? [] : [workload]
  })
  if (workloads.length > 0) return { ok: true, workloads, notes: notes.list() }
  const why = notes.list().find(note => note.kind === 'not understood')?.sentence
  return refused({
    path: '-m',
    found: 'no model that is known',
    allowed: 'a model on offer, by the name of its file',
    sentence: why ?? 'No command of llama.cpp with a model is in it.',
  })
}

/** Options of which something is taken; the first name is what notes call them. */
const WITH_VALUE = [
  ['-m', '--model'],
  ['-hf', '--hf-repo', '-hfr', '-mu', '--model-url'],
  ['-c', '--ctx-size'],
  ['-np', '--parallel'],
  ['-t', '--threads'],
  ['-ctk', '--cache-type-k'],
  ['-ctv', '--cache-type-v'],
  ['-ngl', '--gpu-layers', '--n-gpu-layers'],
  ['--numa'],
  ['-a', '--alias'],
] as const

/** The workload of one command. */
export function llamaWorkload(words: readonly Word[], notes: Notes): WorkloadSpec | undefined {
  const from = Math.max(0, programAt(words, isLlama)) + 1
  const line = words[from - 1]?.line ?? 1
  const { values, flags } = optionsOf(
    words.slice(from).map(({ text }) => text),
    notes,
    line,
  )
  const file = values.get('-m') ?? values.get('-hf') ?? ''
  const name = (file.split(/[\\/]/).at(-1) ?? '').slice(0, 300)
  const model = modelInName(name) ?? modelInName(file)
  if (model === undefined) {
    notes.notUnderstood(
      '-m',
      `${quoted(name)} names no model that is on offer; import the header of its file.`,
      line,
    )
    return undefined
  }
  notes.assumed('-m', `${quoted(name)} is planned as ${model.id}.`, line)
  const number = (option: string): number | undefined => {
    const text = values.get(option)
    return text === undefined || text.startsWith('-')
      ? undefined
      : notes.count(text, option, line, 10_000_000)
  }
  const [keys, cached] = [values.get('-ctk'), values.get('-ctv')]
  if (keys !== cached && (keys ?? 'f16') !== (cached ?? 'f16'))
    notes.assumed(
      '-ctk',
      `Keys and values have types of their own; all of the cache is planned as ${keys ?? cached}.`,
      line,
    )
  if (number('-c') === 0)
    notes.assumed('-c', `-c 0 is all of the model’s context: ${model.contextTokens}.`, line)
  const layers = number('-ngl') ?? 0
  if (layers > 0)
    notes.ignored('-ngl', `${layers} layers are to be on a GPU; all of them are planned in RAM.`, line)
  const context = number('-c')
  const [slots, threads, cacheType] = [number('-np'), number('-t'), keys ?? cached]
  const has = (...names: readonly string[]): boolean => names.some(one => flags.has(one))
  if (has('--mlock')) notes.taken('--mlock', 'Its weights are to be locked.', line)
  return llmWorkload(
    {
      name: values.get('-a') ?? model.id,
      model,
      fileType: /(?:I?Q\d_[A-Z0-9_]+|MXFP4|BF16|F16|F32)(?=[.-]|$)/i.exec(name)?.[0].toUpperCase() ?? '',
      ...(context === undefined ? {} : { contextTokens: context === 0 ? model.contextTokens : context }),
      ...(slots === undefined ? {} : { slots }),
      ...(threads === undefined ? {} : { threads }),
      ...(cacheType === undefined ? {} : { cacheType: cacheType.toLowerCase() }),
      ...(has('--no-mmap') ? { mmap: false } : {}),
      ...(has('--mlock') ? { lock: true } : {}),
      ...(has('--no-warmup') ? { warmUp: false } : {}),
      ...(values.has('--numa') ? { prefetch: false } : {}),
    },
    '-m',
    notes,
  )
}

function optionsOf(
  words: readonly string[],
  notes: Notes,
  line: number,
): { values: Map<string, string>; flags: Set<string> } {
  const values = new Map<string, string>()
  const flags = new Set<string>()
  const others: string[] = []
  for (let i = 0; i < words.length; i++) {
    const [word = '', joined] = /^--[^=]+=/.test(words[i] ?? '') ? splitOnce(words[i] ?? '') : [words[i]]
    const option = WITH_VALUE.find(names => names.some(name => name === word))
    if (option !== undefined) values.set(option[0], joined ?? words[++i] ?? '')
    else if (/^--(?:mlock|no-mmap|no-warmup)$/.test(word)) flags.add(word)
    else if (word.startsWith('-') && !/^-\d/.test(word)) others.push(word)
  }
  if (others.length > 0) {
    const listed = [...new Set(others)].slice(0, 30).join(' ')
    notes.ignored(listed, `Not about memory, or not modelled: ${listed}.`, line)
  }
  return { values, flags }
}

const splitOnce = (word: string): [string, string] => {
  const at = word.indexOf('=')
  return [word.slice(0, at), word.slice(at + 1)]
}
