/** Which kernel a person asked for: an offered one, plus and minus single changes. */
import { CHANGES } from '../engine/kernels/changes.ts'
import { KERNELS, kernelNamed, type KernelProfile, type OfferedKernel } from '../engine/kernels/releases.ts'
import { didYouMean } from './suggest.ts'

export interface KernelOptions {
  readonly kernel?: string
  readonly plus?: readonly string[]
  readonly minus?: readonly string[]
}

/** A kernel or a change that is not there; the message says what is. */
export class UnknownName extends Error {
  override readonly name = 'UnknownName'
}

/** The changes asked for on top of whatever kernel it is. */
export interface ChosenChanges {
  readonly plus: readonly string[]
  readonly minus: readonly string[]
}

export function chosenChanges({ plus = [], minus = [] }: KernelOptions): ChosenChanges {
  for (const id of plus) requireChange('--plus', id)
  for (const id of minus) requireChange('--minus', id)
  const both = plus.find(id => minus.includes(id))
  if (both !== undefined)
    throw new UnknownName(`the change ${both} is asked for with --plus and with --minus`)
  return { plus, minus }
}

function requireChange(option: string, id: string): void {
  const ids = CHANGES.map(change => change.id)
  if (ids.includes(id)) return
  const found = JSON.stringify(id.slice(0, 64))
  const hint = didYouMean(id, ids) || ` Changes are ${ids.join(', ')}.`
  throw new UnknownName(`${option}: there is no change ${found}.${hint} See: holdfast kernels --changes`)
}

/** The offered kernel of a name; `where` names the place that asks for it. */
export function offeredKernel(name: string, where: string): OfferedKernel {
  const kernel = kernelNamed(name)
  if (kernel !== undefined) return kernel
  const names = KERNELS.map(offered => offered.name)
  const found = JSON.stringify(name.slice(0, 64))
  throw new UnknownName(
    `${where} is ${found}, which is not on offer.${didYouMean(name, names)} Offered are ${names.join(', ')}.`,
  )
}

/** An offered kernel with changes added and taken away. */
export function profileWith(kernel: OfferedKernel, { plus, minus }: ChosenChanges): KernelProfile {
  return {
    release: kernel.release,
    plus: [...(kernel.plus ?? []), ...plus],
    minus: [...(kernel.minus ?? []).filter(id => !plus.includes(id)), ...minus],
  }
}

/** `6.18`, or `6.18 +vm-pinned -mlock-count`: what a document calls the kernel. */
export const kernelLabel = (name: string, { plus, minus }: ChosenChanges): string =>
  [name, ...plus.map(id => `+${id}`), ...minus.map(id => `-${id}`)].join(' ')
