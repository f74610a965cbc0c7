import type { Command } from 'commander'
import { registerCosts } from './costs.ts'
import { registerKernels } from './kernels.ts'
import { registerReplay } from './replay.ts'

/** Adds one command to the program with `program.command(…)`, which hands its settings down. */
export type Register = (program: Command) => void

/** Every command of the program, in the order in which the help lists them. */
export const commands: readonly Register[] = [registerReplay, registerKernels, registerCosts]
