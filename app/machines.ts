/** Machines: presets that come with the program, and those that a person saved. */
import { HOSTS } from '../engine/data/hosts.ts'
import { machineNamed } from '../engine/machines.ts'
import type { KernelChoice, MachineProfile } from '../engine/scenario.ts'
import { Place } from '../formats/issues.ts'
import { PlanIssues } from '../formats/plan/issues.ts'
import { readMachine, writeMachine } from '../formats/plan/machine.ts'
import { kernel as kernelCodec } from '../formats/plan/kernel.ts'
import { isRecord, type Raw } from '../formats/plan/reader.ts'
import type { Input, MachineEntry, MachineView, PlanDocument } from './contract.ts'
import { AppError } from './errors.ts'
import type { Tell } from './events.ts'
import type { MachineStore, StoredMachine } from './store.ts'

export class Machines {
  readonly #store: MachineStore
  readonly #tell: Tell

  constructor(store: MachineStore, tell: Tell) {
    this.#store = store
    this.#tell = tell
  }

  list(): MachineEntry[] {
    const presets = HOSTS.flatMap(({ id }) => {
      const machine = machineNamed(id)
      return machine === undefined ? [] : [entryOf(id, 'preset', machine)]
    })
    return [...presets, ...this.#store.list().map(({ id, machine }) => entryOf(id, 'saved', machine))]
  }

  get({ id }: { readonly id: string }): MachineView {
    const saved = this.#store.get(id)
    if (saved !== null) return viewOf(id, 'saved', saved)
    const preset = machineNamed(id)
    if (preset === undefined) throw new AppError('no-machine', id)
    return viewOf(id, 'preset', { machine: preset, kernel: null, probed: false })
  }

  save({ id, document, kernel, probed }: Input<'machines.save'>): MachineView {
    if (id !== undefined) this.#own(id)
    const issues = new PlanIssues()
    const machine = readMachine(document, Place.root, { issues, naming: 'plan' })
    if (machine === undefined || issues.count > 0)
      throw new AppError('machine-has-mistakes', '', issues.list())
    const known = {
      ...(kernel === undefined ? {} : { kernel: kernelRead(kernel) }),
      ...(probed === undefined ? {} : { probed }),
    }
    const saved = this.#store.save(id ?? null, machine, known)
    this.#tell({ event: 'store.changed', what: 'machines' })
    return viewOf(saved.id, 'saved', saved)
  }

  delete({ id }: { readonly id: string }): Record<string, never> {
    this.#own(id)
    this.#store.delete(id)
    this.#tell({ event: 'store.changed', what: 'machines' })
    return {}
  }

  /** A machine that may be changed: one that was saved. */
  #own(id: string): void {
    if (this.#store.get(id) !== null) return
    throw new AppError(machineNamed(id) === undefined ? 'no-machine' : 'preset-fixed', id)
  }
}

/** A machine as a plan writes it. */
export function machineDocument(machine: MachineProfile): PlanDocument {
  const document = writeMachine(machine)
  if (!isRecord(document)) throw new Error('a machine is written as an object')
  return document
}

function entryOf(id: string, source: MachineEntry['source'], machine: MachineProfile): MachineEntry {
  const { name, ramBytes, cpus, nodes } = machine
  return { id, source, name, ramBytes, cpus, nodes }
}

/** A kernel as a plan writes it: a name, or an object with plus and minus. */
function kernelRead(value: Raw): KernelChoice | null {
  if (value === null) return null
  const issues = new PlanIssues()
  const kernel = kernelCodec.read(value, Place.root.at('kernel'), { issues, naming: 'plan' })
  if (kernel === undefined || issues.count > 0) throw new AppError('machine-has-mistakes', '', issues.list())
  return kernel
}

const viewOf = (
  id: string,
  source: MachineEntry['source'],
  { machine, kernel, probed }: Omit<StoredMachine, 'id'>,
): MachineView => ({
  ...entryOf(id, source, machine),
  ...{ machine, kernel, probed },
  document: machineDocument(machine),
})
