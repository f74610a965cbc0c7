/**
 * What is worth comparing for a plan: its strategies, kernels, huge pages, hosts, and each kernel proposal without and
 * with it. Variants set fields as a plan writes them, so that choosing one is an edit of the plan.
 */
import type { KernelChoice, Scenario, WorkloadSpec } from '../../scenario.ts'
import type { Catalog } from '../catalog.ts'
import { hasChange, kernelWith, PROPOSALS, type Proposal } from './proposals.ts'
import { proposalSets } from './proposal-sets.ts'
import { strategyVariants } from './strategy-variants.ts'

export interface ChoiceVariant {
  readonly name: string
  /** Values as a plan has them, by path. */
  readonly set: Readonly<Record<string, unknown>>
}

export interface Choice {
  readonly id: string
  readonly group: 'usual' | 'proposal'
  readonly title: string
  readonly help: string
  /** Variants beside the plan itself. */
  readonly variants: readonly ChoiceVariant[]
  /** A question that belongs to it: where two of the variants are worth the same. */
  readonly breakEven: ChoiceBreakEven | null
  /** The change of the kernel that it is about, and what the plan's own kernel would be with it and without. */
  readonly change: ChoiceChange | null
}

export interface ChoiceBreakEven {
  readonly between: readonly [string, string]
  readonly path: string
  readonly from: string
  readonly to: string
  readonly metric: string
}

export interface ChoiceChange {
  readonly id: string
  /** Whether the plan's kernel has it. */
  readonly isOn: boolean
  /** The plan's kernel the other way, as a plan writes it. */
  readonly otherwise: KernelWritten
}

export type KernelWritten = string | KernelChoice

/** Releases between which much has changed for locked memory. */
const KERNELS = ['3.10', '4.18', '5.14', '6.1', '6.12', '6.18']

/** What can be compared for a workload of a plan. */
export function choicesFor(
  scenario: Scenario,
  at: number,
  machines: readonly { readonly id: string; readonly name: string }[],
  catalog: Catalog,
): Choice[] {
  const spec = scenario.workloads[at]
  return [
    ...(spec === undefined ? [] : [strategyChoice(scenario, spec, at, catalog)]),
    kernelChoice(scenario),
    thpChoice(),
    machineChoice(scenario, machines),
    ...(spec === undefined ? [] : PROPOSALS.map(proposal => proposalChoice(scenario, spec, at, proposal))),
  ].filter(({ variants }) => variants.length > 1)
}

/** A kernel as a plan writes it: the name alone where nothing was changed. */
export const kernelWritten = (kernel: KernelChoice): KernelWritten =>
  kernel.plus.length + kernel.minus.length === 0 ? kernel.name : kernel

function strategyChoice(scenario: Scenario, spec: WorkloadSpec, at: number, catalog: Catalog): Choice {
  const variants = strategyVariants(scenario, spec, at, catalog)
  const names = variants.map(({ name }) => name)
  const pair = LOCK_PAIRS.find(([all, fault]) => names.includes(all) && names.includes(fault))
  const footprint = catalog.workloads
    .find(({ id }) => id === spec.kind)
    ?.params.find(({ id }) => id === 'footprint')
  return {
    ...{ id: 'strategies', group: 'usual', title: `Strategies of ${spec.name}`, change: null },
    help: 'Which way of locking or populating is better, and at what price?',
    variants,
    breakEven:
      pair === undefined || footprint === undefined
        ? null
        : {
            ...{ between: pair, path: `workloads[${at}].params.footprint` },
            ...{ from: '1 %', to: '100 %', metric: 'memory-time' },
          },
  }
}

/** A lock of everything and its counterpart on fault, as strategies call them, and as QEMU does. */
const LOCK_PAIRS: readonly (readonly [string, string])[] = [
  ['mlock', 'mlock2, on fault'],
  ['mem-lock=on', 'mem-lock=on-fault'],
]

function kernelChoice({ kernel }: Scenario): Choice {
  const own = { name: `${kernel.name}, as planned`, set: {} }
  const others = KERNELS.filter(name => name !== kernel.name).map(name => ({ name, set: { kernel: name } }))
  return {
    ...{ id: 'kernels', group: 'usual', title: 'Kernels', breakEven: null, change: null },
    help: 'What does the plan come to on other releases?',
    variants: [own, ...others],
  }
}

function thpChoice(): Choice {
  const set = (enabled: string): ChoiceVariant => ({ name: enabled, set: { 'machine.thp.enabled': enabled } })
  return {
    ...{ id: 'thp', group: 'usual', title: 'Transparent huge pages', breakEven: null, change: null },
    help: 'What do huge pages save, and what do they hold?',
    variants: [
      ...['never', 'madvise', 'always'].map(set),
      {
        name: '64 KiB folios',
        set: { 'machine.thp.enabled': 'never', 'machine.thp.mthp': { '64k': 'always' } },
      },
    ],
  }
}

/** The planned host first; the others as they come, without the settings that the plan has made. */
function machineChoice(
  { machine }: Scenario,
  machines: readonly { readonly id: string; readonly name: string }[],
): Choice {
  const others = machines
    .filter(({ name }) => name !== machine.name)
    .map(({ id, name }) => ({ name, set: { machine: { preset: id } } }))
  return {
    ...{ id: 'machines', group: 'usual', title: 'Hosts', breakEven: null, change: null },
    help: 'On which host does the plan hold?',
    variants: [{ name: `${machine.name}, as planned`, set: {} }, ...others],
  }
}

function proposalChoice(scenario: Scenario, spec: WorkloadSpec, at: number, proposal: Proposal): Choice {
  const { kernel } = scenario
  const { change, title, claim, seed } = proposal
  const isOn = hasChange(kernel, change)
  const sets = proposalSets(spec, at, change)
  const variant = (name: string, has: boolean): ChoiceVariant => ({
    name,
    set: { kernel: kernelWritten(kernelWith(kernel, change, has)), ...(has ? sets.with : sets.without) },
  })
  return {
    ...{ id: `proposal-${seed}`, group: 'proposal', title, help: claim, breakEven: null },
    variants: [variant(`without ${title}`, false), variant(`with ${title}`, true)],
    change: { id: change, isOn, otherwise: kernelWritten(kernelWith(kernel, change, !isOn)) },
  }
}
