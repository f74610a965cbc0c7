/** Every field of the plan as a command that goes there. Made when the palette opens: there may be thousands. */
import { tick } from 'svelte'
import type { Command } from './commands.ts'
import { pathText, workloadsOf, type Path } from './document.ts'
import type { Workspace } from './workspace.svelte.ts'

/** Fields of the host; the first names of those that every workload has. */
const HOST: readonly (readonly [label: string, path: Path])[] = [
  ['Host', ['machine', 'preset']],
  ['RAM', ['machine', 'ram']],
  ['CPUs', ['machine', 'cpus']],
  ['THP', ['machine', 'thp', 'enabled']],
  ['Swappiness', ['machine', 'swappiness']],
  ['Kernel', ['kernel']],
  ['Length of the run', ['horizon']],
]
const COMMON: readonly (readonly [label: string, path: Path])[] = [
  ['Name', ['name']],
  ['Kind', ['kind']],
  ['Count', ['count']],
  ['Strategy', ['strategy']],
  ['Lock limit', ['limits', 'memlock']],
  ['CAP_IPC_LOCK', ['limits', 'capIpcLock']],
  ['Starts at', ['start']],
  ['Each later by', ['stagger']],
]

export function fieldCommands(workspace: Workspace): readonly Command[] {
  const { plan } = workspace
  if (plan === null) return []
  const to = (title: string, path: Path, at: number | null): Command => ({
    ...{ id: `field-${pathText(path)}`, group: 'Field', title },
    run: () => {
      workspace.screen = 'plan'
      if (at !== null) plan.selected = at
      void focusField(path)
    },
  })
  return [
    ...HOST.map(([label, path]) => to(`${label} of the host`, path, null)),
    ...workloadsOf(plan.document).flatMap((workload, at) => {
      const own = ['workloads', at]
      const of = (label: string): string => `${label} of ${String(workload['name'])}`
      const kind = workspace.kinds.find(({ id }) => id === workload['kind'])
      const strategy = workspace.strategies.find(({ id }) => id === workload['strategy'])
      return [
        ...COMMON.map(([label, path]) => to(of(label), [...own, ...path], at)),
        ...(strategy?.params ?? []).map(({ id, title }) => to(of(title), [...own, 'strategyParams', id], at)),
        ...(kind?.params ?? []).map(({ id, title }) => to(of(title), [...own, 'params', id], at)),
      ]
    }),
  ]
}

/** Brings the focus to a field, out of whatever is folded around it. */
export async function focusField(path: Path): Promise<void> {
  await tick()
  const field = document.querySelector<HTMLElement>(`[data-path="${CSS.escape(pathText(path))}"]`)
  let folded = field?.closest('details') ?? null
  while (folded !== null) {
    folded.open = true
    folded = folded.parentElement?.closest('details') ?? null
  }
  field?.focus()
  field?.scrollIntoView({ block: 'nearest' })
}
