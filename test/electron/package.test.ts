/** What goes into the installers, packaged for real; only the binary of Electron is a stand-in, and the formats are left out. */
import { execFile } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { extractAll, listPackage } from '@electron/asar'
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { standInShell, startDesktop } from '../window/stand-in-shell.ts'

const isBuilt = existsSync('out/electron/main.js') && existsSync('out/renderer/index.html')
const missing =
  process.platform !== 'linux' ? 'not Linux' : isBuilt ? standInShell.missing : 'npm run build comes first'
const reason = missing === null ? '' : ` (skipped: ${missing})`

/** A program with the marks that fuses are set at: a fixed text, a version, the number of fuses, a digit for each. */
const FUSE_WIRE = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u0009111111111'

describe.skipIf(missing !== null)(`the package${reason}`, () => {
  let folder: string
  let resources: string
  let names: string[]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-package-'))
    const electron = join(folder, 'electron')
    mkdirSync(electron)
    copyFileSync('/bin/true', join(electron, 'electron'))
    appendFileSync(join(electron, 'electron'), FUSE_WIRE, 'latin1')
    writeFileSync(join(electron, 'version'), manifest.devDependencies.electron)
    for (const name of ['LICENSE', 'LICENSES.chromium.html']) writeFileSync(join(electron, name), '')
    // Refuses a configuration with a key or value that it does not know.
    await promisify(execFile)('node_modules/.bin/electron-builder', [
      ...['--linux', 'dir', `-c.electronDist=${electron}`, `-c.directories.output=${join(folder, 'dist')}`],
    ])
    resources = join(folder, 'dist', process.arch === 'arm64' ? 'linux-arm64-unpacked' : 'linux-unpacked')
    names = listPackage(join(resources, 'resources/app.asar'), { isPack: false })
  })
  afterAll(async () => {
    await standInShell.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  it('runs nothing but its own archive, and not as Node', async () => {
    const fuses = await getCurrentFuseWire(join(resources, 'holdfast-desktop'))
    const on = (fuse: FuseV1Options): boolean => fuses[fuse] === FuseState.ENABLE
    expect(on(FuseV1Options.RunAsNode)).toBe(false)
    expect(on(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe(false)
    expect(on(FuseV1Options.EnableNodeCliInspectArguments)).toBe(false)
    expect(on(FuseV1Options.GrantFileProtocolExtraPrivileges)).toBe(false)
    expect(on(FuseV1Options.EnableCookieEncryption)).toBe(true)
    expect(on(FuseV1Options.OnlyLoadAppFromAsar)).toBe(true)
    expect(on(FuseV1Options.EnableEmbeddedAsarIntegrityValidation)).toBe(true)
  })

  it('holds the build and what stays outside it, and no sources, tests, other Nodes or other systems', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        ...[
          '/package.json',
          '/out/electron/main.js',
          '/out/electron/preload.cjs',
          '/out/renderer/index.html',
        ],
        ...[
          '/out/app/executor/worker.js',
          ...Object.keys(manifest.dependencies).map(name => `/node_modules/${name}`),
        ],
      ]),
    )
    expect(names.filter(name => /\.ttf$/.test(name))).toHaveLength(3)
    expect(names.filter(name => name.endsWith('.node')).every(name => name.includes('linux'))).toBe(true)
    const tops = new Set(names.map(name => name.split('/')[1]))
    expect([...tops].toSorted()).toEqual(['node_modules', 'out', 'package.json'])
    const tools = Object.keys({ ...manifest.devDependencies, ...manifest.optionalDependencies })
    expect(tools.filter(name => names.includes(`/node_modules/${name}`))).toEqual([])
    expect(names.filter(name => /under-test|screenshots|\.map$|\.ts$/.test(name))).toEqual([])
  })

  it('is complete: what was packed, and nothing else, opens the window and runs a plan', async () => {
    const packed = join(folder, 'packed')
    extractAll(join(resources, 'resources/app.asar'), packed)
    const desktop = await startDesktop(join(folder, 'holdfast.db'), { build: join(packed, 'out') })
    expect(await desktop.page.locator('.verdict').innerText()).toMatch(/^fits/)
    expect(desktop.said).toEqual([])
    await desktop.close()
  })
})
