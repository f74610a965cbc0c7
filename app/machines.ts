/** Machines: presets that come with the program, and those that a person saved. */
import { HOSTS } from '../engine/data/hosts.ts'
import { machineNamed } from '../engine/machines.ts'
import { machineFigures } from '../engine/planner/machine-figures.ts'
import type { KernelChoice, MachineProfile } from '../engine/scenario.ts'
import { Place } from '../formats/issues.ts'
import { PlanIssues } from '../formats/plan/issues.ts'
import { kernel as kernelCodec } from '../formats/plan/kernel.ts'
import { readMachine, writeMachine } from '../formats/plan/machine.ts'
import { isRecord } from '../formats/plan/reader.ts'
import type { Input, MachineChecked, MachineEntry, MachineView, Output, PlanDocument } from './contract.ts'
import { AppError } from './errors.ts'
import type { Tell } from './events.ts'
import type { Store, StoredMachine } from './store.ts'
import { fileNameOf } from './transfers.ts'

/** A machine with its kernel, as a file of its own. */
export const MACHINE_FORMAT = 'holdfast-machine/1'

export class Machines {
  readonly #store: Store
  readonly #tell: Tell

  constructor(store: Store, tell: Tell) {
    this.#store = store
    this.#tell = tell
  }

  list(): MachineEntry[] {
    const presets = HOSTS.flatMap(({ id }) => {
      const machine = machineNamed(id)
      return machine === undefined ? [] : [presetEntry(id, machine)]
    })
    return [...presets, ...this.#store.machines.list().map(savedEntry)]
  }

  get({ id }: { readonly id: string }): MachineView {
    const saved = this.#store.machines.get(id)
    if (saved !== null) return viewOf(savedEntry(saved), saved.machine)
    const preset = machineNamed(id)
    if (preset === undefined) throw new AppError('no-machine', id)
    return viewOf(presetEntry(id, preset), preset)
  }

  save({ id, document, kernel, origin, note }: Input<'machines.save'>): MachineView {
    const before = id === undefined ? null : this.#own(id)
    const issues = new PlanIssues()
    const machine = readMachine(document, Place.root, { issues, naming: 'plan' })
    const choice = kernel === undefined ? (before?.kernel ?? null) : readKernel(kernel, issues)
    if (machine === undefined || issues.count > 0)
      throw new AppError('machine-has-mistakes', '', issues.list())
    const saved = this.#store.machines.save(id ?? null, {
      ...{ machine, kernel: choice },
      origin: origin ?? before?.origin ?? 'typed',
      note: note ?? before?.note ?? '',
    })
    this.#tell({ event: 'store.changed', what: 'machines' })
    return viewOf(savedEntry(saved), saved.machine)
  }

  delete({ id }: { readonly id: string }): Record<string, never> {
    this.#own(id)
    this.#store.machines.delete(id)
    this.#tell({ event: 'store.changed', what: 'machines' })
    return {}
  }

  check({ document, kernel }: Input<'machines.check'>): MachineChecked {
    const issues = new PlanIssues()
    const machine = readMachine(document, Place.root.at('machine'), { issues, naming: 'plan' }) ?? null
    const choice = readKernel(kernel, issues, Place.root.at('kernel'))
    return {
      ...{ machine, kernel: choice, issues: issues.list() },
      figures: machine === null ? null : machineFigures(machine),
    }
  }

  /** Plans keep a copy of their machine: those that were made of this one are known by its preset, or by its name. */
  uses({ id }: { readonly id: string }): Output<'machines.uses'> {
    const saved = this.#store.machines.get(id)
    if (saved === null && machineNamed(id) === undefined) throw new AppError('no-machine', id)
    return this.#store.plans.list('in use').flatMap(({ id: planId, name }) => {
      const machine = this.#store.plans.get(planId)?.document['machine']
      if (!isRecord(machine)) return []
      if (saved === null)
        return machine['preset'] === id ? [{ planId, name, changed: Object.keys(machine).length > 1 }] : []
      if (machine['name'] !== saved.machine.name) return []
      const read = readMachine(machine, Place.root, { issues: new PlanIssues(), naming: 'plan' })
      return [{ planId, name, changed: read === undefined || written(read) !== written(saved.machine) }]
    })
  }

  export({ id }: { readonly id: string }): Output<'machines.export'> {
    const { name, document, kernel } = this.get({ id })
    const written = kernel === null ? {} : { kernel: kernelCodec.write(kernel) }
    const text = `${JSON.stringify({ format: MACHINE_FORMAT, machine: document, ...written }, null, 2)}\n`
    return { fileName: fileNameOf(name, 'machine'), mediaType: 'application/json', text }
  }

  /** A machine that may be changed: one that was saved. */
  #own(id: string): StoredMachine {
    const saved = this.#store.machines.get(id)
    if (saved !== null) return saved
    throw new AppError(machineNamed(id) === undefined ? 'no-machine' : 'preset-fixed', id)
  }
}

/** A machine as a plan writes it. */
export function machineDocument(machine: MachineProfile): PlanDocument {
  const document = writeMachine(machine)
  if (!isRecord(document)) throw new Error('a machine is written as an object')
  return document
}

const written = (machine: MachineProfile): string => JSON.stringify(machineDocument(machine))

/** Null where none is written, and where what is written has mistakes. */
function readKernel(value: unknown, issues: PlanIssues, at = Place.root.at('kernel')): KernelChoice | null {
  if (value === undefined || value === null) return null
  return kernelCodec.read(value, at, { issues, naming: 'plan' }) ?? null
}

const figuresOf = ({ name, ramBytes, cpus, nodes }: MachineProfile) => ({ name, ramBytes, cpus, nodes })

const presetEntry = (id: string, machine: MachineProfile): MachineEntry => ({
  ...{ id, source: 'preset', ...figuresOf(machine) },
  ...{ origin: null, kernel: null, note: '', changedAtMs: null },
})

const savedEntry = ({ id, machine, ...saved }: StoredMachine): MachineEntry => ({
  ...{ id, source: 'saved', ...figuresOf(machine) },
  ...saved,
})

const viewOf = (entry: MachineEntry, machine: MachineProfile): MachineView => ({
  ...entry,
  machine,
  document: machineDocument(machine),
})
