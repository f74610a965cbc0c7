/** What the palette offers: a list, made anew from what is open. */
import { SCREENS, type Workspace } from './workspace.svelte.ts'
import { workloadsOf } from './document.ts'
import { reportDesk } from './report-desk.svelte.ts'

export interface Command {
  readonly id: string
  readonly group: 'Go to' | 'Do' | 'Add' | 'Workload' | 'Plan' | 'Template'
  readonly title: string
  readonly keys?: string
  readonly run: () => void
}

export interface Hooks {
  readonly showShortcuts: () => void
  readonly toggleTheme: () => void
}

export function commandsOf(workspace: Workspace, hooks: Hooks): readonly Command[] {
  return [
    ...SCREENS.map(({ id, title, key }): Command => ({
      ...{ id: `go-${id}`, group: 'Go to', title, keys: `Alt ${key}` },
      run: () => (workspace.screen = id),
    })),
    ...actions(workspace, hooks),
    ...workspace.kinds.map(({ id, title }): Command => ({
      ...{ id: `add-${id}`, group: 'Add', title: `Add ${title}` },
      run: () => workspace.addWorkload(id),
    })),
    ...workspace.plans.map(({ id, name }): Command => ({
      ...{ id: `plan-${id}`, group: 'Plan', title: name },
      run: () => void workspace.openPlan(id),
    })),
    ...workspace.templates.map(({ id, title }): Command => ({
      ...{ id: `template-${id}`, group: 'Template', title },
      run: () => void workspace.create({ from: 'template', template: id }),
    })),
  ]
}

function actions(workspace: Workspace, hooks: Hooks): Command[] {
  const { plan } = workspace
  const always: Command[] = [
    {
      id: 'theme',
      group: 'Do',
      title: 'Switch between light and dark',
      keys: 'Alt D',
      run: hooks.toggleTheme,
    },
    {
      ...{ id: 'tables', group: 'Do', keys: 'Alt T' },
      title: workspace.tables ? 'Show charts' : 'Show tables instead of charts',
      run: () => (workspace.tables = !workspace.tables),
    },
    { id: 'shortcuts', group: 'Do', title: 'Keyboard shortcuts', keys: '?', run: hooks.showShortcuts },
  ]
  if (plan === null) return always
  const { undo, redo } = plan.view
  return [
    ...(undo === null
      ? []
      : [
          {
            id: 'undo',
            group: 'Do',
            title: `Undo: ${undo}`,
            keys: 'Ctrl Z',
            run: () => plan.undo(),
          } as const,
        ]),
    ...(redo === null
      ? []
      : [
          {
            id: 'redo',
            group: 'Do',
            title: `Redo: ${redo}`,
            keys: 'Ctrl Y',
            run: () => plan.redo(),
          } as const,
        ]),
    { id: 'run', group: 'Do', title: 'Run again', keys: 'Alt R', run: () => void plan.run.start() },
    {
      ...{ id: 'duplicate', group: 'Do', title: 'Duplicate this plan' },
      run: () => void workspace.duplicate(plan.view.id),
    },
    ...reportDesk.formats.map(({ id, title }): Command => ({
      ...{ id: `download-${id}`, group: 'Do', title: `Download ${title}` },
      run: () => void reportDesk.save(id, plan.view.id),
    })),
    ...always,
    ...workloadsOf(plan.document).map(({ name }, index): Command => ({
      ...{ id: `workload-${index}`, group: 'Workload', title: String(name) },
      run: () => {
        plan.selected = index
        workspace.screen = 'plan'
      },
    })),
  ]
}

/** Commands that hold every word typed, those that begin with it first. */
export function found(commands: readonly Command[], query: string): readonly Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const textOf = (command: Command): string => `${command.title} ${command.group}`.toLowerCase()
  const hits = commands.filter(command => words.every(word => textOf(command).includes(word)))
  const first = words[0]
  if (first === undefined) return hits
  return hits.toSorted((a, b) => Number(textOf(b).startsWith(first)) - Number(textOf(a).startsWith(first)))
}
