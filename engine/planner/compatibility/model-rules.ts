import { formatBytes as show } from '../../quantity.ts'
import { kvCache, lockedPrefix } from '../../workloads/llm-memory.ts'
import { rule, type CompatibilityRule, type ModelFacts, type PlanFacts } from './rule.ts'

const SOURCE = 'llama.cpp src/llama-mmap.cpp, src/llama-model-loader.cpp'

/** A rule about a model server that locks. */
const whenLocked =
  <Result>(find: (model: ModelFacts, facts: PlanFacts) => Result | null) =>
  (facts: PlanFacts): Result | null =>
    facts.model?.lock === true ? find(facts.model, facts) : null

/** What llama.cpp leaves unlocked without failing. */
export const MODEL_RULES: readonly CompatibilityRule[] = [
  rule(
    {
      id: 'model-lock-beyond-limit',
      title: 'Only a prefix of the model is locked',
      severity: 'error',
      source: `${SOURCE}; R2`,
      fix: 'Raise RLIMIT_MEMLOCK to the size of the file, or drop the lock.',
    },
    whenLocked(({ tensors, mmap }, { process }) => {
      if (
        tensors === undefined ||
        !mmap ||
        process?.limitBytes === undefined ||
        process.capIpcLock === true ||
        process.root === true
      )
        return null
      const prefix = lockedPrefix(tensors, process.limitBytes)
      if (prefix.refused === null) return null
      const { lockedBytes, askedBytes, leftBytes } = prefix
      const end = tensors.reduce((most, { offsetBytes, bytes }) => Math.max(most, offsetBytes + bytes), 0)
      return {
        message: `${show(lockedBytes)} of ${show(end)} are locked: ${prefix.refused.name} asked for ${show(askedBytes)} with ${show(leftBytes)} left. It prints a warning, runs on, and exits with 0.`,
        numbers: { lockedBytes, fileBytes: end, askedBytes, leftBytes, exitCode: 0 },
      }
    }),
  ),
  rule(
    {
      id: 'cache-is-not-locked',
      title: 'The lock covers weights only',
      severity: 'note',
      source: SOURCE,
      fix: 'Keep swap away from the process (memory.swap.max=0), or call mlockall from a wrapper.',
    },
    whenLocked(({ shape }) => {
      const perToken =
        shape === undefined ? 0 : kvCache(shape, { contextTokens: 256, fullWindows: true }).bytes / 256
      const size = perToken === 0 ? '' : `, ${show(perToken)} a token,`
      return {
        message: `KV cache${size} and buffers are plain memory and can be swapped.`,
        numbers: { cacheBytesPerToken: perToken },
      }
    }),
  ),
  rule(
    {
      id: 'gpu-layers-are-not-locked',
      title: 'Layers on a GPU are not locked',
      severity: 'note',
      source: SOURCE,
      fix: 'Count only the layers on the CPU.',
    },
    whenLocked(({ gpuLayers = 0 }) =>
      gpuLayers === 0
        ? null
        : {
            message: `${gpuLayers} layers are on a GPU; their part of the file is neither locked nor kept.`,
            numbers: { gpuLayers },
          },
    ),
  ),
  rule(
    {
      id: 'model-read-twice',
      title: 'A model without mmap is in memory twice for a while',
      severity: 'warning',
      source: SOURCE,
      fix: 'Use mmap, or leave room for the page cache while it loads.',
    },
    whenLocked(({ mmap }) =>
      mmap
        ? null
        : { message: 'Buffers are locked and zeroed first, then the file is read through the page cache.' },
    ),
  ),
  rule(
    {
      id: 'numa-does-not-populate',
      title: 'A NUMA mode turns population off',
      severity: 'warning',
      source: SOURCE,
      fix: 'Expect faults at first use, or warm the page cache.',
    },
    ({ model }) =>
      model?.numa === true && model.mmap
        ? { message: 'With --numa the file is mapped without MAP_POPULATE and advised as random.' }
        : null,
  ),
  rule(
    {
      id: 'quantised-values-need-flash-attention',
      title: 'A quantised V cache needs flash attention',
      severity: 'error',
      source: 'llama.cpp llama_init_from_model()',
      fix: 'Turn flash attention on, or keep V in f16.',
    },
    ({ model }) =>
      model?.flashAttention === false && /^(q|iq)/.test(model.valueType ?? '')
        ? {
            message: `V cache in ${model.valueType ?? ''} without flash attention: the context is not created.`,
          }
        : null,
  ),
]
