/** What about this machine makes its answers differ from those that a program asks for. */
import { release } from 'node:os'
import type { Program } from '../engine/program.ts'
import { readKnob } from './knobs.ts'

/** Settings that programs take for granted and that are not ours to change. */
const assumed = [
  { path: '/proc/sys/vm/overcommit_memory', usual: '0', effect: 'mmap may answer ENOMEM' },
  {
    path: '/proc/sys/vm/max_map_count',
    usual: '65530',
    effect: 'ENOMEM for too many mappings comes elsewhere',
  },
  { path: '/sys/kernel/mm/lru_gen/enabled', usual: '0x0000', effect: 'page-out may choose other pages' },
]

export const unprivilegedNote =
  'Without CAP_SYS_ADMIN the kernel does not show page frames: sys, pgZero, pgLarge, pgMlocked and pgUnevictable are null, which means not comparable.'

export function machineNotes(): string[] {
  return assumed.flatMap(({ path, usual, effect }) => {
    const value = readKnob(path)
    if (value === undefined || value === usual) return []
    return [`${path} is ${value} here, programs assume ${usual}: ${effect}.`]
  })
}

export function kernelNotes({ machine }: Program): string[] {
  const wanted = machine.kernel.split('.')
  const running = release().split('.')
  if (wanted.every((part, i) => part === running[i])) return []
  return [`The program asks for Linux ${machine.kernel}; this is ${release()}.`]
}
