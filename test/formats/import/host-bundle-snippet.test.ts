import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { HOST_BUNDLE_SNIPPET } from '../../../formats/import/host-bundle-snippet.ts'
import { importInput } from '../../../formats/import/index.ts'

const works = (command: readonly string[]): boolean =>
  existsSync('/proc/meminfo') &&
  spawnSync(command[0] ?? '', [...command.slice(1), '-c', 'exit 0']).status === 0

/** What it prints in a shell; a process of one's own stands for those that are chosen. */
function bundle(command: readonly string[]): { stdout: string; stderr: string; status: number | null } {
  const args = [...command.slice(1), '-s', '--', String(process.pid), 'no-pid', '4194305']
  return spawnSync(command[0] ?? '', args, { input: HOST_BUNDLE_SNIPPET, encoding: 'utf8' })
}

const SHELLS = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh']]

describe.each(SHELLS)('the script in %s %s', (...words) => {
  const command = words.filter(Boolean)
  const skipped = !works(command)

  it.skipIf(skipped)(
    `tells this host, and imports as what /proc says${skipped ? ' (skipped: no such shell, or no /proc)' : ''}`,
    () => {
      const { stdout, stderr, status } = bundle(command)
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
      const read = importInput({ text: stdout })
      if (!read.ok) throw new Error(JSON.stringify(read.issues))
      const total = /MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
      expect(read.observed?.memory?.bytes['MemTotal']).toBe(Number(total) * 1024)
      const swappiness = Number(readFileSync('/proc/sys/vm/swappiness', 'utf8'))
      expect(read.host?.swappiness).toBe(swappiness)
      const swaps = readFileSync('/proc/swaps', 'utf8').trim().split('\n').length - 1
      expect(read.host?.swap ?? []).toHaveLength(swaps)
      expect(read.observed?.processes?.some(({ pid }) => pid === process.pid)).toBe(true)
      expect(read.limits?.some(({ of }) => of === `pid ${process.pid}`)).toBe(true)
      expect(read.notes.filter(({ kind }) => kind === 'not understood')).toEqual([])
    },
  )
})

describe('the script', () => {
  it('writes to nothing but its output', () => {
    const redirections = HOST_BUNDLE_SNIPPET.match(/>+\s*[^\s)]+/g) ?? []
    expect(new Set(redirections)).toEqual(new Set(['>/dev/null']))
    expect(HOST_BUNDLE_SNIPPET).not.toMatch(/\b(?:sudo|rm|mv|tee|mktemp|dd)\b/)
  })

  it.skipIf(!existsSync('/proc/meminfo'))('hands over a command with its words, quotes and all', () => {
    const words = ['-name', `guest=it's "a" b`, '-m', '2G', '-overcommit', 'mem-lock=on']
    // It waits for its input, and is called as QEMU is.
    const child = spawn('sh', ['-c', 'read line', ...words], { argv0: 'qemu-system-x86_64' })
    try {
      const { stdout } = spawnSync('sh', ['-s', '--', String(child.pid)], {
        input: HOST_BUNDLE_SNIPPET,
        encoding: 'utf8',
      })
      const read = importInput({ text: stdout })
      expect(read.ok && read.guests).toMatchObject([{ name: `it's "a" b`, ramBytes: 2 ** 31, lock: 'on' }])
    } finally {
      child.kill()
    }
  })
})
