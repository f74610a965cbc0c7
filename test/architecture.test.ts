import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { allClaims, claimedTwice, kernelMap } from '../scripts/kernel-map.ts'

/**
 * Who may import whom. An entry of `may` is a folder, a file, or `types of …` where `import type` alone is allowed.
 * Whatever a folder imports from itself is its own business, except in the engine, which has a table of its own.
 */
interface Rule {
  readonly may: readonly string[]
  /** Modules of Node, and packages. Absent means any. */
  readonly packages?: readonly string[]
}

const folders: Readonly<Record<string, Rule>> = {
  // Linear algebra is a library's business; both are pure.
  engine: { may: [], packages: ['ml-fcnnls', 'ml-matrix'] },
  // What charts say and how they look is the same on a screen, in a report and on the command line: pure, one place.
  charts: { may: ['types of engine'], packages: [] },
  // The plans that ship with the program are data of the format.
  formats: {
    may: ['engine', 'charts', 'plans'],
    packages: ['zod', 'yaml', 'fast-xml-parser', 'shlex', 'csv-stringify'],
  },
  host: { may: ['engine'] },
  db: { may: ['types of engine'] },
  // The version that it tells is the manifest's.
  app: { may: ['engine', 'charts', 'formats', 'host', 'db', 'package.json'] },
  // Its menu lists the screens of the page, which are plain data.
  electron: { may: ['app', 'renderer/state/screens.ts'] },
  server: { may: ['app'] },
  // Commands about one plan call the parts themselves; `serve` starts the server.
  cli: { may: ['app', 'server', 'engine', 'charts', 'formats', 'host', 'package.json'] },
  // The page reaches the application through the server's client, which is nothing but fetch, or through the preload's,
  // which is plain functions.
  renderer: {
    may: [
      ...['app/contract.ts', 'server/client.ts', 'electron/client.ts', 'charts'],
      ...['types of engine', 'engine/units.ts'],
    ],
  },
  scripts: { may: ['anything'] },
  test: { may: ['anything'] },
}

/** Inside the engine: units and types, then mm, then sim, then planner. */
const base = ['engine/units.ts', 'engine/errno.ts', 'engine/runs.ts', 'engine/work.ts']
/** What people write, and default data: plain values that any part may start from. */
const plain = ['engine/quantity.ts', 'engine/quantity', 'engine/data']
const nouns = ['engine/op.ts', 'engine/program.ts', 'engine/scenario.ts']
/** What workloads and strategies share: how parameters are read, and a rule that both of them ask. */
const jobs = [
  'engine/op.ts',
  'engine/program.ts',
  'engine/scenario.ts',
  'engine/params.ts',
  'engine/prealloc-threads.ts',
]
const insideEngine: Readonly<Record<string, Rule>> = {
  'engine/units.ts': { may: base },
  'engine/errno.ts': { may: base },
  'engine/runs.ts': { may: base },
  'engine/work.ts': { may: base },
  'engine/quantity.ts': { may: ['engine/quantity'] },
  'engine/quantity': { may: [] },
  'engine/data': { may: ['engine/quantity.ts'] },
  'engine/op.ts': { may: [...base, ...nouns] },
  'engine/program.ts': { may: [...base, ...nouns] },
  'engine/scenario.ts': { may: [...base, ...nouns] },
  // Rules ask the behaviour how releases differ, and a behaviour is made of rules.
  'engine/mm': { may: [...base, ...nouns, 'engine/kernels'] },
  'engine/kernels': { may: [...base, ...nouns, 'engine/mm'] },
  'engine/params.ts': { may: ['engine/scenario.ts'] },
  'engine/prealloc-threads.ts': { may: [] },
  // Hosts on offer as machines of a scenario.
  'engine/machines.ts': { may: ['engine/data', 'engine/scenario.ts'] },
  'engine/workloads': { may: [...base, ...plain, ...jobs] },
  'engine/strategies': { may: [...base, ...jobs] },
  'engine/sim': {
    may: [
      ...base,
      ...plain,
      ...nouns,
      ...jobs,
      'engine/mm',
      'engine/kernels',
      'engine/workloads',
      'engine/strategies',
    ],
  },
  'engine/planner': {
    may: [
      ...base,
      ...plain,
      ...nouns,
      'engine/machines.ts',
      ...jobs,
      'engine/mm',
      'engine/kernels',
      'engine/workloads',
      'engine/strategies',
      'engine/sim',
    ],
  },
  'engine/index.ts': { may: ['engine'] },
}

/** Packages that belong to one folder alone. */
const soleUser: Readonly<Record<string, string>> = {
  koffi: 'host',
  'better-sqlite3': 'db',
  electron: 'electron',
}

const root = fileURLToPath(new URL('..', import.meta.url))
const table = 'The table is in test/architecture.test.ts.'
const left = ['node_modules', 'out', 'coverage', '.git']

const files = readdirSync(root, { withFileTypes: true })
  .filter(({ name }) => !left.includes(name))
  .flatMap(entry =>
    entry.isDirectory()
      ? readdirSync(join(root, entry.name), { recursive: true, withFileTypes: true })
          .filter(inner => inner.isFile() && !inner.parentPath.includes('/node_modules'))
          .map(inner => join(inner.parentPath, inner.name).slice(root.length))
      : [entry.name],
  )
  .sort()
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const sources = files.filter(file => /\.(ts|svelte)$/.test(file) && file.includes('/'))

interface Import {
  /** A path from the root, or the name of a package or of a module of Node. */
  readonly of: string
  readonly kind: 'file' | 'package' | 'node'
  readonly typesOnly: boolean
}

function importsOf(file: string): Import[] {
  const text = read(file)
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName, pos }) => {
    const [keyword = ''] =
      /\b(?:import|export)\b(?!.*\b(?:import|export)\b)(?:\s+type\b)?/s.exec(text.slice(0, pos)) ?? []
    const typesOnly = /\btype$/.test(keyword)
    if (fileName.startsWith('.')) return { of: posix.join(dirname(file), fileName), kind: 'file', typesOnly }
    if (fileName.startsWith('node:')) return { of: fileName, kind: 'node', typesOnly }
    const [scope = '', name] = fileName.split('/')
    return { of: scope.startsWith('@') ? `${scope}/${name ?? ''}` : scope, kind: 'package', typesOnly }
  })
}

/** The row of a table that a path belongs to. */
const rowOf = (rules: Readonly<Record<string, Rule>>, file: string): string | undefined =>
  Object.keys(rules).find(place => within(file, place))
const within = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`)

function isAllowed(imported: Import, may: readonly string[]): boolean {
  return may.some(entry => {
    if (entry === 'anything') return true
    if (entry.startsWith('types of ')) return imported.typesOnly && within(imported.of, entry.slice(9))
    return within(imported.of, entry)
  })
}

/** What is wrong with one import of a file in the given row, or nothing. */
function breach(file: string, place: string, rule: Rule, imported: Import): string[] {
  const what = `${file} imports ${imported.typesOnly ? 'types of ' : ''}${imported.of}`
  if (imported.kind === 'file') {
    if (within(imported.of, place) || isAllowed(imported, rule.may)) return []
    const list = rule.may.length === 0 ? 'nothing outside itself' : rule.may.join(', ')
    return [`${what}. ${place} may import ${list}. ${table}`]
  }
  const sole = soleUser[imported.of]
  if (sole !== undefined && place !== sole && !rule.may.includes('anything'))
    return [`${what}, which is for ${sole} alone. ${table}`]
  if (rule.packages === undefined || rule.packages.includes(imported.of)) return []
  const list =
    rule.packages.length === 0 ? 'no packages and no node: modules' : `only ${rule.packages.join(', ')}`
  return [`${what}. ${place} may import ${list}. ${table}`]
}

function breachesOf(file: string, imports: readonly Import[] = importsOf(file)): string[] {
  return [folders, ...(within(file, 'engine') ? [insideEngine] : [])].flatMap(rules => {
    const place = rowOf(rules, file)
    if (place === undefined) return [`${file} has no row. ${table}`]
    const rule = rules[place] ?? { may: [] }
    return (
      imports
        // What leaves the engine is the business of the first table.
        .filter(imported => rules === folders || (imported.kind === 'file' && within(imported.of, 'engine')))
        .flatMap(imported => breach(file, place, rule, imported))
    )
  })
}

describe('who may import whom', () => {
  it.each(Object.keys(folders).filter(folder => existsSync(join(root, folder))))('%s', folder => {
    expect(sources.filter(file => within(file, folder)).flatMap(file => breachesOf(file))).toEqual([])
  })

  it('every folder of sources has a row', () => {
    expect(sources.filter(file => rowOf(folders, file) === undefined)).toEqual([])
  })

  it('the check itself sees a breach, and says what is allowed', () => {
    const value = (of: string): Import => ({ of, kind: 'file', typesOnly: false })
    expect(breachesOf('engine/mm/mlock.ts', [value('host/live.ts')])).toEqual([
      `engine/mm/mlock.ts imports host/live.ts. engine may import nothing outside itself. ${table}`,
    ])
    expect(breachesOf('engine/mm/mlock.ts', [value('engine/sim/clock.ts')])).toEqual([
      expect.stringMatching(
        /^engine\/mm\/mlock.ts imports engine\/sim\/clock.ts. engine\/mm may import engine\/units.ts, /,
      ),
    ])
    expect(breachesOf('engine/strategies/none.ts', [value('engine/mm/mlock.ts')])).toHaveLength(1)
    expect(breachesOf('engine/planner/limits.ts', [value('engine/mm/mlock.ts')])).toEqual([])
    expect(breachesOf('db/runs.ts', [value('engine/units.ts')])).toHaveLength(1)
    expect(breachesOf('db/runs.ts', [{ ...value('engine/units.ts'), typesOnly: true }])).toEqual([])
    expect(breachesOf('engine/units.ts', [{ of: 'zod', kind: 'package', typesOnly: true }])).toHaveLength(1)
    expect(breachesOf('cli/main.ts', [{ of: 'koffi', kind: 'package', typesOnly: false }])).toHaveLength(1)
    expect(breachesOf('engine/utils/x.ts', [])).toEqual([`engine/utils/x.ts has no row. ${table}`])
  })
})

describe('what a file may say', () => {
  it('the engine and the formats name no module of Node', () => {
    const named = sources.filter(file => /^(engine|formats)\//.test(file) && /['"`]node:/.test(read(file)))
    expect(named).toEqual([])
  })

  it('no file holds a path of somebody’s machine or the address of a registry', () => {
    // Put together from parts, so that this file does not find itself.
    const forbidden = [
      /(?<![\w.~-])\/(?:work|root)\//,
      new RegExp(['registry', 'npmjs'].join('\\.')),
      /\bnpm\.[a-z]+:\d+/,
    ]
    const found = files.flatMap(file => {
      const text = read(file)
      if (text.includes('\0')) return []
      return forbidden.flatMap(pattern => {
        const at = text.search(pattern)
        return at < 0 ? [] : [`${file}: ${text.slice(at, at + 40).split('\n')[0] ?? ''}`]
      })
    })
    expect(found).toEqual([])
  })

  it('the lock file leaves the address of every package to npm', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"')
  })
})

describe('the kernel map', () => {
  it('each name of the kernel is claimed once', () => {
    expect(claimedTwice(allClaims(root))).toEqual([])
  })

  it('docs/kernel-map.md is up to date: npm run kernel-map', () => {
    expect(read('docs/kernel-map.md')).toBe(kernelMap(allClaims(root)))
  })
})
