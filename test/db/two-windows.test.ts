import { describe, expect, it } from 'vitest'
import { MIGRATIONS as LIST } from '../../db/migrations/index.ts'
import { watchStore } from '../../db/watch.ts'
import { child, opened, storePath } from './support.ts'

describe('two connections on one store', () => {
  it('each is told what the other has written, once, and nothing of its own', () => {
    const path = storePath()
    const [one, other] = [opened(path), opened(path)]
    one.plans.create({ name: 'plan', body: 'a' })
    one.settings.set('theme', 'dark')
    expect(one.changedElsewhere()).toEqual([])
    expect(other.changedElsewhere()).toEqual(['settings', 'plans'])
    expect(other.changedElsewhere()).toEqual([])
    other.settings.set('theme', 'light')
    one.plans.create({ name: 'second', body: 'b' })
    one.plans.rename(2, { after: 1, name: 'renamed' })
    expect(one.changedElsewhere()).toEqual(['settings'])
    expect(other.changedElsewhere()).toEqual(['plans'])
  })

  it('a store that another program brings to a newer version says so', () => {
    const path = storePath()
    const store = opened(path)
    const newer = opened(path, { migrations: [...LIST, { version: LIST.length + 1, sql: 'SELECT 1' }] })
    newer.close()
    expect(() => store.changedElsewhere()).toThrow(/newer Holdfast/)
  })
})

describe('two processes on one store', () => {
  it('wait for each other, and every write of both is there', async () => {
    const path = storePath()
    const store = opened(path)
    const other = child('count', path, '200')
    await other.said('ready')
    let writes = 0
    while (writes < 50 || !other.lines.includes('done')) {
      store.settings.set(`own-${writes++}`, writes)
      // A lock is had by whoever asks at the right moment: without a pause the other process may wait for all of its 5 s.
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    await other.ended
    expect(Object.keys(store.settings.all())).toHaveLength(200 + writes)
  })

  it('a watcher hears of the other process, until it is told to stop', async () => {
    const path = storePath()
    const store = opened(path)
    const other = child('echo', path)
    await other.said('ready')
    const heard: string[] = []
    const told = new Promise<void>((resolve, reject) => {
      const stop = watchStore(
        store,
        nouns => {
          heard.push(...nouns)
          stop()
          resolve()
        },
        reject,
        5,
      )
    })
    other.process.stdin?.write('hello\n')
    await told
    expect(heard).toEqual(['settings'])
    expect(store.settings.get('echo')).toBe('hello')
    other.process.stdin?.end()
    expect(await other.ended).toBe(0)
  })
})
