import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { resolve } from 'node:path'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

/** Programs that start on their own: the command line, and whatever runs in a thread or child. */
const programs = [
  'cli/main',
  'electron/main',
  'app/executor/worker',
  'app/reality/live-worker',
  'host/calibration/worker',
  'host/worker',
  'host/child',
]

/** What finds a part of itself beside itself stays outside the bundle: a native binary, the entry of a thread. */
const outside = ['electron', 'koffi', 'tinypool', 'better-sqlite3', '@napi-rs/canvas', 'pdfkit']

/**
 * npm links the programs of dependencies but not the project's own. With this link `npx holdfast` in the project's
 * root finds the bundle at once instead of installing the project into npx's cache first.
 */
function linkCommand(): Plugin {
  return {
    name: 'link-command',
    writeBundle({ dir = '' }) {
      // A build beside the usual one, such as that of a test, is not what the command is.
      if (!existsSync('out/cli/main.js') || resolve(dir) !== resolve('out')) return
      chmodSync('out/cli/main.js', 0o755)
      mkdirSync('node_modules/.bin', { recursive: true })
      rmSync('node_modules/.bin/holdfast', { force: true })
      symlinkSync('../../out/cli/main.js', 'node_modules/.bin/holdfast')
    },
  }
}

/** Migrations are read from beside their list; in the bundle, which has no such files, their text stands there instead. */
function inlineSql(): Plugin {
  return {
    name: 'inline-sql',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/db/migrations/index.ts')) return null
      const inlined = code.replaceAll(
        /readFileSync\(new URL\('\.\/([\w-]+\.sql)', import\.meta\.url\), 'utf8'\)/g,
        (_, name: string) => JSON.stringify(readFileSync(new URL(name, `file://${id}`), 'utf8')),
      )
      if (inlined.includes('readFileSync('))
        this.error('a migration is read in a way that the bundle cannot have')
      return { code: inlined, map: null }
    },
  }
}

const external = [...outside, ...builtinModules, /^node:/]

/** What Node and the main process of the desktop shell run. */
const onNode: UserConfig = {
  plugins: [inlineSql(), linkCommand()],
  ssr: { noExternal: true },
  build: {
    ssr: true,
    target: 'node24',
    outDir: 'out',
    emptyOutDir: true,
    rolldownOptions: {
      input: Object.fromEntries(
        programs.filter(name => existsSync(`${name}.ts`)).map(name => [name, `${name}.ts`]),
      ),
      external,
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared/[name]-[hash].js' },
    },
  },
}

/** What a window of the desktop shell runs before its page: in a sandbox, where there are no ES modules. */
const preload: UserConfig = {
  build: {
    target: 'node24',
    outDir: 'out',
    emptyOutDir: false,
    lib: { entry: 'electron/preload.ts', formats: ['cjs'], fileName: () => 'electron/preload.cjs' },
    rolldownOptions: { external },
  },
}

export default defineConfig(({ mode }) => (mode === 'preload' ? preload : onNode))
