import { existsSync } from 'node:fs'
import { describe, it } from 'vitest'
import { expectAgreement } from './agreement.ts'
import { KERNELS, loadRecorded, recordedFile } from './load.ts'

const recorded = KERNELS.filter(kernel => existsSync(recordedFile(kernel, 'random')))

/** `random-swap-17` is about swap. */
const themeOf = (name: string): string => /^random-(.+)-\d+$/.exec(name)?.[1] ?? 'others'

describe('random programs that were recorded', () => {
  it.skipIf(recorded.length > 0)('are not in the repository', context => context.skip('no recordings'))

  describe.each(recorded)('on %s come out the same on the model:', kernel => {
    const byTheme = Map.groupBy(loadRecorded(kernel, 'random'), ({ program }) => themeOf(program.name))

    it.each([...byTheme])('%s', (_, recordings) => expectAgreement(recordings))
  })
})
