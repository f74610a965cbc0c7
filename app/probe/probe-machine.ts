/** The use case: the host that the program runs on, as a machine of a plan. */
import { CannotRun } from '../../host/refusal.ts'
import { probeHost } from '../../host/probe/probe.ts'
import type { HostReader } from '../../host/probe/reader.ts'
import type { ProbedMachineView } from '../contract.ts'
import { AppError } from '../errors.ts'
import { machineDocument } from '../machines.ts'
import { probedMachine } from './probed-machine.ts'

/** Of the running host; a reader of recorded files makes it that of another one. */
export async function probeMachine(reader?: HostReader): Promise<ProbedMachineView> {
  const start = performance.now()
  try {
    const { features, pools, notes, ...probed } = probedMachine(await probeHost(reader))
    return {
      ...probed,
      document: machineDocument(probed.machine),
      features: [...features],
      pools: [...pools],
      notes: [...notes],
      tookMs: Math.round(performance.now() - start),
    }
  } catch (error) {
    if (error instanceof CannotRun) throw new AppError('not-here', error.message)
    throw error
  }
}
