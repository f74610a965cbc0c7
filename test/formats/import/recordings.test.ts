import { describe, expect, it } from 'vitest'
import { readRecordings, timeOf, type RecordedFile } from '../../../formats/import/recordings.ts'

const status = (rssKib: number, pid = 7): string =>
  `Name:\tllama\nState:\tR (running)\nPid:\t${pid}\nVmLck:\t    1024 kB\nVmRSS:\t  ${rssKib} kB\nVmSwap:\t       0 kB\n`
const rollup = (lockedKib: number): string =>
  `55d000000000-7ffd00000000 ---p 00000000 00:00 0                          [rollup]\nRss:              9000 kB\nLocked:           ${lockedKib} kB\n`
const meminfo = 'MemTotal:       16384000 kB\nMemFree:         1000000 kB\nSwapTotal:       2097148 kB\n'
const read = (files: readonly RecordedFile[]): ReturnType<typeof readRecordings> =>
  readRecordings(files, { workload: 'llama', intervalS: 5 })
const rss = ({ samples }: ReturnType<typeof readRecordings>): unknown[] =>
  samples.map(({ atS, tasks }) => [atS, tasks.map(task => task.status['VmRSS'])])

describe('recorded files become samples', () => {
  it('at the times in their names', () => {
    const files = [
      { name: 'status-90s.txt', text: status(3000) },
      { name: 'status-0s.txt', text: status(1000) },
      { name: 'status-1m.txt', text: status(2000) },
    ]
    expect(rss(read(files))).toEqual([
      [0, [1000]],
      [60, [2000]],
      [90, [3000]],
    ])
  })

  it('that are dates count from the first one', () => {
    const files = [
      { name: 'status.2026-11-28T16:44:21', text: status(1000) },
      { name: 'status.2026-11-28T16:45:21', text: status(2000) },
    ]
    expect(rss(read(files))).toEqual([
      [0, [1000]],
      [60, [2000]],
    ])
  })

  it('in their order where no name says, which is told', () => {
    const recording = read([
      { name: 'a', text: status(1000) },
      { name: 'b', text: status(2000) },
    ])
    expect(rss(recording)).toEqual([
      [0, [1000]],
      [5, [2000]],
    ])
    expect(recording.notes.join()).toContain('5 s apart, in the order given')
  })

  it('files of one moment are one sample: status counts, smaps_rollup adds what it alone has', () => {
    const recording = read([
      { name: 'status-10s', text: status(1000) },
      { name: 'smaps_rollup-10s', text: rollup(512) },
      { name: 'meminfo-10s', text: meminfo },
    ])
    expect(recording.samples).toHaveLength(1)
    expect(recording.samples[0]).toMatchObject({
      atS: 10,
      meminfo: { MemTotal: 16384000 },
      tasks: [{ workload: 'llama', status: { VmRSS: 1000, VmLck: 1024, Locked: 512 } }],
    })
    expect(recording.facts).toMatchObject({ swapBytes: 2097148 * 1024, ramBytes: 16384000 * 1024 })
  })

  it('several processes of one moment are several instances', () => {
    const recording = read([{ name: 'all-0s', text: status(1000, 7) + status(2000, 8) }])
    expect(rss(recording)).toEqual([[0, [1000, 2000]]])
  })

  it('one process again and again in one file is a series', () => {
    const recording = read([{ name: 'loop.txt', text: status(1000) + status(2000) + status(2500) }])
    expect(rss(recording)).toEqual([
      [0, [1000]],
      [5, [2000]],
      [10, [2500]],
    ])
  })

  it('samples of virsh are a series, with faults of the guest', () => {
    const one = (kib: number): string => `actual 33554432\nmajor_fault 412\nminor_fault 9\nrss ${kib}\n`
    const recording = read([{ name: 'guest.txt', text: one(1000) + one(2000) }])
    expect(rss(recording)).toEqual([
      [0, [1000]],
      [5, [2000]],
    ])
    expect(recording.samples[0]?.tasks[0]?.status).toMatchObject({ majflt: 412, minflt: 9 })
  })

  it('a bundle of the host is one sample with its kernel and its settings', () => {
    const text = `=== uname -r\n5.10.223\n=== /proc/meminfo\n${meminfo}=== /proc/7/status\n${status(1000)}`
    const recording = read([{ name: 'bundle-3s.txt', text }])
    expect(recording.facts).toMatchObject({ kernel: '5.10', swapBytes: 2097148 * 1024 })
    expect(rss(recording)).toEqual([[3, [1000]]])
  })

  it('what is no recording is named with its file, and nothing is guessed', () => {
    expect(read([{ name: 'x.txt', text: 'hello' }]).issues[0]).toContain('"x.txt"')
    expect(read([{ name: 'm-0s', text: meminfo }]).issues[0]).toContain('There is no process in it')
  })
})

it('times in names', () => {
  const names = ['a-90s', 'a-1.5m', 'a.01:02:03', 'a-250ms.txt', 'a.1795884261', 'a2', 'smaps']
  expect(names.map(timeOf)).toEqual([90, 90, 3723, 0.25, 1795884261, null, null])
})
