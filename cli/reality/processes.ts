/** What `holdfast reality processes` prints. */
import { formatBytes } from '../../engine/quantity.ts'
import { listProcesses, type ProcessEntry } from '../../host/reality/processes.ts'
import { refusalOf } from '../../host/refusal.ts'
import { harmless } from '../text/harmless.ts'
import { json } from '../text/json.ts'
import { table } from '../text/table.ts'
import { print, standardPaper } from '../text/terminal.ts'
import type { Fail } from '../with-app.ts'
import type { ProcessesOptions } from './options.ts'

export function printProcesses(options: ProcessesOptions, fail: Fail): void {
  const processes = listed(fail).slice(0, options.most)
  if (options.json === true) {
    console.log(json(processes))
    return
  }
  const paper = standardPaper()
  const right = true
  const columns = [
    { title: 'pid', right },
    { title: 'VmLck', right },
    { title: 'VmRSS', right },
    { title: 'VmSwap', right },
    { title: 'name' },
    { title: 'smaps_rollup' },
  ]
  const rows = processes.map(({ pid, name, lockedBytes, rssBytes, swapBytes, isReadable }) => [
    ...[String(pid), formatBytes(lockedBytes), formatBytes(rssBytes), formatBytes(swapBytes)],
    ...[harmless(name), isReadable ? 'readable' : 'not yours'],
  ])
  print(paper, table(paper, columns, rows))
}

function listed(fail: Fail): readonly ProcessEntry[] {
  try {
    return listProcesses()
  } catch (error) {
    return fail(refusalOf(error).sentence)
  }
}
