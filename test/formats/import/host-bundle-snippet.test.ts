import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { combine } from '../../../formats/import/combine.ts'
import { HOST_BUNDLE_SNIPPET } from '../../../formats/import/host-bundle-snippet.ts'
import { importInput, recognise } from '../../../formats/import/index.ts'
import type { ImportData } from '../../../formats/import/importer.ts'
import { knownRelease } from '../../../formats/import/kernel-release.ts'
import { deviceOf } from '../../../formats/import/proc-swaps.ts'

const isLinux = process.platform === 'linux'
const SHELLS = [['dash'], ['bash'], ['busybox', 'sh']] as const
/** What the smallest hosts have besides their shell. */
const APPLETS = ['sh', 'cat', 'tr', 'sed', 'uname']
const pathOf = (program: string): string | undefined =>
  ['/usr/bin', '/bin', '/usr/local/bin'].map(folder => join(folder, program)).find(path => existsSync(path))
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh']
const mayBeNobody = isLinux && process.getuid?.() === 0 && pathOf('setpriv') !== undefined

interface Ran {
  readonly text: string
  readonly status: number | null
  readonly errors: string
}

/** Runs the snippet as a person does: the text is what a shell reads, or what is typed at it. */
function run(words: readonly string[], pids: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Ran {
  const [program = '', ...more] = words
  const { stdout, stderr, status } = spawnSync(program, [...more, '-s', ...pids], {
    input: HOST_BUNDLE_SNIPPET,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
  return { text: stdout, status, errors: stderr }
}

const fileOf = (path: string): string => readFileSync(path, 'utf8')
const chosen = (file: string): string | undefined =>
  /\[(.+)\]/.exec(fileOf(`/sys/kernel/mm/transparent_hugepage/${file}`))?.[1]
const numberIn = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:?\\s+(\\d+)`, 'm').exec(text)?.[1])

function read(text: string): ImportData {
  expect(recognise({ text })?.id).toBe('host-bundle')
  const result = importInput({ text }, { fileName: 'host.txt' })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  expect(result.notes.filter(({ kind }) => kind === 'not understood')).toEqual([])
  return result
}

/** What it says is what /proc and /sys say here. */
function expectThisHost(data: ImportData): void {
  const { host, observed, kernel } = data
  expect(observed?.memory?.bytes['MemTotal']).toBe(numberIn(fileOf('/proc/meminfo'), 'MemTotal') * 1024)
  const swaps = fileOf('/proc/swaps').trim().split('\n').slice(1)
  expect(host?.swap).toEqual(
    swaps.map(row => {
      const [name = '', , kib, , priority] = row.split(/\s+/)
      return { device: deviceOf(name), sizeBytes: Number(kib) * 1024, priority: Number(priority) }
    }),
  )
  expect(kernel?.name).toBe(knownRelease(fileOf('/proc/sys/kernel/osrelease'))?.kernel.name)
  expect(host?.swappiness).toBe(Number(fileOf('/proc/sys/vm/swappiness')))
  expect(host?.watermarkScaleFactor).toBe(Number(fileOf('/proc/sys/vm/watermark_scale_factor')))
  expect(host?.overcommit?.mode).toBe(Number(fileOf('/proc/sys/vm/overcommit_memory')))
  const cpus = readdirSync('/sys/devices/system/cpu').filter(name => /^cpu\d+$/.test(name))
  const nodes = readdirSync('/sys/devices/system/node').filter(name => /^node\d+$/.test(name))
  expect([host?.cpus, host?.nodes]).toEqual([cpus.length, nodes.length])
  if (existsSync('/sys/kernel/mm/transparent_hugepage/enabled'))
    expect(host?.thp).toMatchObject({ enabled: chosen('enabled'), defrag: chosen('defrag') })
}

describe.skipIf(!isLinux)('what is run on a host (on Linux)', () => {
  for (const words of SHELLS) {
    const isThere = pathOf(words[0]) !== undefined
    it.skipIf(!isThere)(`says in ${words.join(' ')} what /proc says${isThere ? '' : ' (not here)'}`, () => {
      const { text, status, errors } = run(words)
      expect([status, errors]).toEqual([0, ''])
      const data = read(text)
      expectThisHost(data)
      expect(combine([data]).ok).toBe(true)
    })
  }

  it.skipIf(!mayBeNobody)('says it as user nobody as well (needs root to become nobody)', () => {
    const { text, status, errors } = run(asNobody, [String(process.pid)])
    expect([status, errors]).toEqual([0, ''])
    expectThisHost(read(text))
    // The rollup of somebody else's process is not to be read: its block is there, and empty.
    expect(text).toMatch(new RegExp(`^=== /proc/${process.pid}/smaps_rollup\\n===`, 'm'))
  })
})

const busybox = isLinux ? pathOf('busybox') : undefined

describe.skipIf(busybox === undefined)('on a host that has nothing but busybox (needs busybox)', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'applets-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })
  const withApplets = (names: readonly string[]): Ran => {
    for (const name of names) symlinkSync(busybox ?? '', join(folder, name))
    return run([join(folder, 'sh')], [], { PATH: folder })
  }

  it('counts CPUs and nodes without lscpu', () => {
    const { text, status } = withApplets(APPLETS)
    expect(status).toBe(0)
    expect(text).not.toContain('=== lscpu')
    expectThisHost(read(text))
  })

  it('goes on to the end where programs are missing', () => {
    const { text, status, errors } = withApplets(['sh', 'cat'])
    expect([status, errors]).toEqual([0, ''])
    expectThisHost(read(text))
  })
})

describe.skipIf(!isLinux)('processes (on Linux)', () => {
  let folder = ''
  const running: ChildProcess[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'processes-'))
  })
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })
  /** A shell that waits for its input under the name of the program: it is found by that, and by its words. */
  function started(name: string, words: readonly string[]): string {
    const path = join(folder, name)
    symlinkSync(pathOf('dash') ?? pathOf('bash') ?? '/bin/sh', path)
    const child = spawn(path, ['-c', 'read line', ...words], { stdio: ['pipe', 'ignore', 'ignore'] })
    running.push(child)
    return String(child.pid)
  }
  const guest = ['-name', "guest=it's one", '-m', '4G', '-overcommit', 'mem-lock=on', '']
  const model = ['-m', '/models/Llama-3.1-8B-Instruct-Q4_K_M.gguf', '-c', '8192', '--mlock']

  it('finds QEMU and llama.cpp by themselves, and takes the limits that they have', () => {
    const pids = [started('qemu-system-x86_64', guest), started('llama-server', model)]
    const { text } = run(['sh'])
    for (const pid of pids) {
      expect(fileOf(`/proc/${pid}/comm`)).toMatch(/^(?:qemu-system|llama)/)
      for (const file of ['status', 'limits', 'smaps_rollup', 'cmdline'])
        expect(text).toContain(`=== /proc/${pid}/${file}\n`)
    }
    const { workloads = [], observed } = read(text)
    const own = workloads.filter(({ name }) => /it's one|Llama/i.test(name))
    expect(own.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['qemu-guest']))
    const soft = /^Max locked memory\s+(\S+)/m.exec(fileOf(`/proc/${pids[0]}/limits`))?.[1]
    const memlockBytes = soft === 'unlimited' ? soft : Number(soft)
    expect(own[0]?.limits.memlockBytes).toBe(memlockBytes)
    const caps = BigInt(`0x${/^CapEff:\s+(\w+)/m.exec(fileOf(`/proc/${pids[0]}/status`))?.[1]}`)
    expect(own[0]?.limits.capIpcLock).toBe(((caps >> 14n) & 1n) === 1n)
    const seen = observed?.processes?.filter(({ pid }) => pids.includes(String(pid)))
    expect(new Set(seen?.map(({ source }) => source))).toEqual(new Set(['status', 'smaps_rollup']))
  })

  it('shows those that are named and no others; one that is not there is an empty block', () => {
    const pid = started('qemu-system-x86_64', guest)
    const { text } = run(['sh'], [String(process.pid), '999999999'])
    expect(text).not.toContain(`/proc/${pid}/`)
    expect(text).toContain(`=== /proc/${process.pid}/status\nName:`)
    expect(text).toContain('=== /proc/999999999/status\n=== /proc/999999999/limits\n')
  })

  it('quotes words so that they come back the same, and leaves keys and passwords at home', () => {
    const secrets = [
      '--api-key',
      'one',
      '-object',
      'secret,id=a,data=two',
      '--hf-token=three',
      'password=four,x',
    ]
    const pid = started('qemu-system-x86_64', [...guest, 'a\nb', ...secrets])
    const { text } = run(['sh'], [pid])
    const line = text.slice(text.indexOf(`=== /proc/${pid}/cmdline`))
    expect(line).toContain(`'guest=it'\\''s one'`)
    expect(line).toContain("'a?b'")
    for (const word of ['first', 'two', 'three', 'four'])
      expect(line).not.toMatch(new RegExp(`[= '\n]${word}\\b`))
  })
})

describe('the text', () => {
  it('is one quoted word, without what a prompt would take for something else', () => {
    expect(HOST_BUNDLE_SNIPPET.split("'")).toHaveLength(3)
    expect(HOST_BUNDLE_SNIPPET).not.toMatch(/[!\t\r`]/)
    expect(HOST_BUNDLE_SNIPPET.split('\n').filter(line => line.length > 120)).toEqual([])
  })

  it('writes nowhere', () => {
    const targets = [...HOST_BUNDLE_SNIPPET.matchAll(/>\s*(\S+)/g)].map(([, target]) => target)
    expect(targets).toEqual(['/dev/null'])
  })
})
