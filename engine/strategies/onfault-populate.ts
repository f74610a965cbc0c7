import { ParamReader, shareParam } from '../params.ts'
import type { ParamSpec } from '../scenario.ts'
import { lock, mappedBytesOf, pageBytesOf, populate } from './steps.ts'
import type { Strategy } from './strategy.ts'

const params: readonly ParamSpec[] = [
  shareParam('share', 1, {
    title: 'Populated part',
    help: 'How much of the memory, from its beginning, is populated at once; the rest is locked when it is used.',
    source: 'all of it, which makes it as complete as mlock',
  }),
]

export const onfaultPopulate: Strategy = {
  id: 'onfault-populate',
  title: 'Lock on fault, then populate',
  help: 'mlock2 with ONFAULT over everything, then MADV_POPULATE_WRITE of all or of the hot first part: locked without the long hold of one call, and with errors. Linux 5.14.',
  params,
  mapped: (area, context) => {
    const unit = pageBytesOf(area)
    const share = new ParamReader(params, context.params).number('share')
    const bytes = Math.ceil((mappedBytesOf(area) * share) / unit) * unit
    return [...lock(area, context, true), ...populate(area, 'write', { bytes })]
  },
}
