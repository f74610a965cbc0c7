/** What the palette offers and keys do: one list, made anew from what is open. Keys that are shown are keys that work. */
import { SCREENS, type Workspace } from './workspace.svelte.ts'
import { machineDesk } from './machine-desk.svelte.ts'
import { calibrationDesk } from './calibration.svelte.ts'
import { workloadsOf } from './document.ts'
import { realityDesk, type Way } from './reality-desk.svelte.ts'
import { reportDesk } from './report-desk.svelte.ts'

export interface Command {
  readonly id: string
  readonly group: 'Go to' | 'Do' | 'Add' | 'Workload' | 'Field' | 'Plan' | 'Template'
  readonly title: string
  readonly keys?: string
  /** Other keys that do the same. */
  readonly also?: string
  readonly run: () => void
}

export interface Hooks {
  /** Opens the palette with some words, or closes it. */
  readonly palette: (start: string) => void
  readonly showShortcuts: () => void
  readonly toggleTheme: () => void
  /** Moves the focus by so many panes. */
  readonly pane: (by: number) => void
}

export function commandsOf(workspace: Workspace, hooks: Hooks): readonly Command[] {
  return [
    ...SCREENS.map(({ id, title, key }): Command => ({
      ...{ id: `go-${id}`, group: 'Go to', title, keys: `Alt ${key}` },
      run: () => (workspace.screen = id),
    })),
    ...planActions(workspace),
    ...always(workspace, hooks),
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

function always(workspace: Workspace, hooks: Hooks): Command[] {
  const go = 'Go to'
  return [
    {
      ...{ id: 'open-file', group: 'Do', title: 'Open or import files', keys: 'Ctrl O' },
      run: () => workspace.pickFiles(),
    },
    {
      ...{ id: 'new-here', group: 'Do', title: 'New plan of this machine' },
      run: () => void workspace.createHere(),
    },
    {
      ...{ id: 'calibrate', group: 'Do', title: 'Calibrate the host that Holdfast runs on…' },
      run: () => {
        workspace.screen = 'machines'
        machineDesk.isImporting = false
        calibrationDesk.isAskedFor = true
      },
    },
    {
      ...{ id: 'theme', group: 'Do', title: 'Switch between light and dark', keys: 'Alt D' },
      run: hooks.toggleTheme,
    },
    {
      ...{ id: 'tables', group: 'Do', keys: 'Alt T' },
      title: workspace.tables ? 'Show charts' : 'Show tables instead of charts',
      run: () => (workspace.tables = !workspace.tables),
    },
    {
      ...{ id: 'palette', group: 'Do', title: 'All commands, plans, workloads and fields', keys: 'Ctrl K' },
      run: () => hooks.palette(''),
    },
    { id: 'shortcuts', group: 'Do', title: 'Keyboard shortcuts', keys: '?', run: hooks.showShortcuts },
    { id: 'next-pane', group: go, title: 'Next pane', keys: 'F6', run: () => hooks.pane(1) },
    { id: 'last-pane', group: go, title: 'Pane before', keys: 'Shift F6', run: () => hooks.pane(-1) },
    {
      ...{ id: 'first-steps', group: 'Do', title: 'Guide: the first plan, step by step' },
      run: () => workspace.guide(0),
    },
  ]
}

function planActions(workspace: Workspace): Command[] {
  const { plan } = workspace
  if (plan === null) return []
  const { undo, redo, id } = plan.view
  // On their screen, machines are what is edited.
  const edited = workspace.screen === 'machines' ? machineDesk : plan
  const workloads = workloadsOf(plan.document)
  const selected = workloads[plan.selected]
  return [
    {
      ...{ id: 'undo', group: 'Do', title: undo === null ? 'Undo' : `Undo: ${undo}`, keys: 'Ctrl Z' },
      run: () => edited.undo(),
    },
    {
      ...{ id: 'redo', group: 'Do', title: redo === null ? 'Redo' : `Redo: ${redo}`, keys: 'Ctrl Y' },
      also: 'Ctrl Shift Z',
      run: () => edited.redo(),
    },
    { id: 'run', group: 'Do', title: 'Run again', keys: 'Alt R', run: () => void plan.run.start() },
    {
      ...{ id: 'save-file', group: 'Do', title: 'Save the plan as a file', keys: 'Ctrl S' },
      also: 'Ctrl Shift S',
      run: () => void workspace.saveFile(),
    },
    ...reportDesk.formats.map(({ id: format, title }): Command => ({
      ...{ id: `download-${format}`, group: 'Do', title: `Download ${title}` },
      run: () => void reportDesk.save(format, id),
    })),
    {
      ...{ id: 'duplicate', group: 'Do', title: 'Duplicate this plan' },
      run: () => void workspace.duplicate(id),
    },
    {
      ...{ id: 'delete', group: 'Do', title: 'Delete this plan' },
      run: () => void workspace.remove(id),
    },
    {
      ...{ id: 'zoom-all', group: 'Do', title: 'Show all of the time', keys: 'Alt 0' },
      run: () => plan.time.all(),
    },
    ...(selected === undefined ? [] : [selected]).map(({ name }): Command => ({
      ...{ id: 'duplicate-workload', group: 'Do', title: `Duplicate ${String(name)}`, keys: 'Alt C' },
      run: () => workspace.duplicateWorkload(),
    })),
    ...realityActions(workspace),
    ...workloads.map(({ name }, index): Command => ({
      ...{ id: `workload-${index}`, group: 'Workload', title: String(name) },
      run: () => {
        plan.selected = index
        workspace.screen = 'plan'
        requestAnimationFrame(() => document.getElementById(`workload-${index}`)?.focus())
      },
    })),
  ]
}

function realityActions(workspace: Workspace): Command[] {
  const go = (way: Way): void => {
    workspace.screen = 'reality'
    Object.assign(realityDesk, { way, tab: 'measurement' })
  }
  return [
    {
      ...{ id: 'reality-run', group: 'Do', title: 'Run this plan for real' },
      run: () => {
        go('run')
        if (realityDesk.isLoaded) void realityDesk.run()
      },
    },
    { id: 'reality-follow', group: 'Do', title: 'Follow a process…', run: () => go('follow') },
    { id: 'reality-load', group: 'Do', title: 'Lay recordings over the run…', run: () => go('load') },
    {
      ...{ id: 'reality-rests', group: 'Do', title: 'What this prediction rests on' },
      run: () => {
        workspace.screen = 'reality'
        realityDesk.tab = 'fidelity'
      },
    },
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
