/** The kernel of a plan: `6.18`, or a name plus and minus single changes. */
import { CHANGES } from '../../engine/kernels/changes.ts'
import { KERNELS } from '../../engine/kernels/releases.ts'
import type { KernelChoice } from '../../engine/scenario.ts'
import { shown } from './issues.ts'
import type { Codec } from './reader.ts'
import { field, record } from './record.ts'
import { listOf, oneOf } from './values.ts'

const names = oneOf(KERNELS.map(kernel => kernel.name))
const changes = listOf(oneOf(CHANGES.map(change => change.id)), CHANGES.length)
export const KERNEL_FIELDS = [
  field('name', names, 'A kernel on offer: `holdfast kernels`.'),
  field('plus', changes, 'Changes that it has besides: `holdfast kernels --changes`.', { fallback: [] }),
  field('minus', changes, 'Changes that it has not.', { fallback: [] }),
]
const choice = record<KernelChoice>(KERNEL_FIELDS)

export const kernel: Codec<KernelChoice> = {
  allowed: 'the name of a kernel such as "6.18", or an object with name, plus, minus',
  read(value, at, to) {
    if (typeof value !== 'object' || value === null) {
      const name = names.read(value, at, to)
      return name === undefined ? undefined : { name, plus: [], minus: [] }
    }
    const read = choice.read(value, at, to)
    const both = read?.plus.find(id => read.minus.includes(id))
    if (both === undefined) return read
    const sentence = `The change ${both} is in plus and in minus.`
    to.issues.say(at, shown(both), 'a change in one of plus and minus', sentence)
    return undefined
  },
  write: value => (value.plus.length + value.minus.length === 0 ? value.name : choice.write(value)),
}
