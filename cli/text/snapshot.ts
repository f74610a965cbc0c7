/** A moment of a run: the host as /proc/meminfo prints it, tasks as status and smaps do. */
import { formatDuration } from '../../engine/quantity.ts'
import type { Snapshot, TaskSnapshot } from '../../engine/sim/result.ts'
import { harmless } from './harmless.ts'
import type { Paper } from './terminal.ts'

/** `MemFree:        1048576 kB`, as the kernel aligns it. */
const field = (name: string, kib: number): string =>
  `${`${name}:`.padEnd(16)}${String(Math.round(kib)).padStart(12)} kB`

export function snapshotText(paper: Paper, { atS, meminfo, tasks }: Snapshot): string {
  const host = [
    paper.ink('bold', `host after ${formatDuration(atS * 1e9)}`),
    ...Object.entries(meminfo).map(([name, kib]) => field(name, kib)),
  ]
  return [host.join('\n'), ...tasks.map(task => taskText(paper, task))].join('\n\n')
}

function taskText(paper: Paper, task: TaskSnapshot): string {
  const who =
    task.instances > 1
      ? `${task.workload}, instances ${task.instance} to ${task.instance + task.instances - 1}, each`
      : `${task.workload}, instance ${task.instance}`
  return [
    paper.ink('bold', harmless(`${who}: ${task.state}`)),
    ...Object.entries(task.status).map(([name, kib]) => field(name, kib)),
    ...task.areas.flatMap(({ name, maps }) => maps.map(map => mapText(name, map))),
  ].join('\n')
}

type Map = TaskSnapshot['areas'][number]['maps'][number]

/** Offsets from the beginning of the area stand where addresses would. */
function mapText(name: string, { start, end, flags, ...numbers }: Map): string {
  const hex = (offset: number): string => offset.toString(16).padStart(8, '0')
  const lines = Object.entries(numbers).map(([key, kib]) => field(key, kib))
  return [`${harmless(name)}+${hex(start)}-${hex(end)}`, ...lines, `VmFlags: ${flags}`].join('\n')
}
