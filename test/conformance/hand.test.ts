import { describe, it } from 'vitest'
import { expectAgreement } from './agreement.ts'
import { KERNELS, loadRecorded } from './load.ts'
import { topics } from './programs/index.ts'

const topicOf = new Map(
  Object.entries(topics).flatMap(([topic, list]) =>
    list.map(({ program }) => [program.name, topic] as const),
  ),
)

describe.each(KERNELS)('the model of %s says what that kernel said about', kernel => {
  const byTopic = Map.groupBy(
    loadRecorded(kernel, 'hand'),
    ({ program }) => topicOf.get(program.name) ?? 'others',
  )

  it.each([...byTopic])('%s', (_, recordings) => expectAgreement(recordings))
})
