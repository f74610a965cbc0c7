/** The jobs: a file each, and a line here. */
import { cancelASweep } from './cancel-a-sweep.ts'
import { compareStrategies, switchProposal } from './compare-strategies.ts'
import { countGuests } from './count-guests.ts'
import { editAMachine } from './edit-a-machine.ts'
import { firstStart } from './first-start.ts'
import { followARefusal } from './follow-a-refusal.ts'
import { hostByKeyboard } from './host-by-keyboard.ts'
import { importAPlan } from './import-a-plan.ts'
import type { Job } from './job.ts'
import { followAProcess, layRealityOverARun } from './lay-reality-over-a-run.ts'
import { pasteAHost } from './paste-a-host.ts'
import { takeAReport } from './take-a-report.ts'
import { twoWindows } from './two-windows.ts'

export const JOBS: readonly Job[] = [
  ...[firstStart, hostByKeyboard, importAPlan, editAMachine, pasteAHost],
  ...[twoWindows, followARefusal, takeAReport],
  ...[layRealityOverARun, followAProcess],
  ...[compareStrategies, switchProposal],
  ...[countGuests, cancelASweep],
]
