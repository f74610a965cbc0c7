import type { Command } from 'commander'
import { registerCall } from './call.ts'
import { registerCalibrate } from './calibrate.ts'
import { registerCapacity } from './capacity.ts'
import { registerCheck } from './check.ts'
import { registerCompare } from './compare.ts'
import { registerConfig } from './config.ts'
import { registerCosts } from './costs.ts'
import { registerImport } from './import.ts'
import { registerKernels } from './kernels.ts'
import { registerLimits } from './limits.ts'
import { registerMachine } from './machine.ts'
import { registerPlan } from './plan.ts'
import { registerReality } from './reality.ts'
import { registerReplay } from './replay.ts'
import { registerRun } from './run.ts'
import { registerExport, registerReport } from './report.ts'
import { registerServe } from './serve.ts'
import { registerSweep } from './sweep.ts'

/** Adds one command to the program with `program.command(…)`, which hands its settings down. */
export type Register = (program: Command) => void

/** Every command of the program, in the order in which the help lists them. */
export const commands: readonly Register[] = [
  registerPlan,
  registerMachine,
  registerCalibrate,
  registerImport,
  registerRun,
  registerCompare,
  registerCapacity,
  registerSweep,
  registerLimits,
  registerConfig,
  registerCheck,
  registerReport,
  registerExport,
  registerReality,
  registerReplay,
  registerKernels,
  registerCosts,
  registerServe,
  registerCall,
]
