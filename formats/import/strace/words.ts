/** Words of strace for flags, and ours. */
import { ADVICES, MMAP_FLAGS, type Advice, type MmapFlag, type Prot } from '../../../engine/op.ts'

const words = (text: string, prefix: string): string[] =>
  text
    .split('|')
    .filter(word => word.startsWith(prefix))
    .map(word => word.slice(prefix.length).toLowerCase())

/** `PROT_READ|PROT_WRITE`. On x86 what can be written can be read. */
export function protOf(text: string): Prot {
  const has = (word: string): boolean => text.includes(word)
  const x = has('PROT_EXEC')
  if (has('PROT_WRITE')) return x ? 'rwx' : 'rw'
  if (has('PROT_READ')) return x ? 'rx' : 'r'
  return x ? 'x' : 'none'
}

export function mmapFlagsOf(text: string): MmapFlag[] {
  const given = words(text.replace('MAP_SHARED_VALIDATE', 'MAP_SHARED'), 'MAP_')
  return MMAP_FLAGS.filter(flag => given.includes(flag))
}

export function adviceOf(text: string): Advice | undefined {
  const [word] = words(text, 'MADV_')
  return ADVICES.find(advice => advice === word)
}

/** Flags of one call that have a name here. */
export function flagsOf<Name extends string>(text: string, prefix: string, names: readonly Name[]): Name[] {
  const given = words(text, prefix)
  return names.filter(name => given.includes(name))
}
