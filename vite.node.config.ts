import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { defineConfig, type Plugin } from 'vite'

/** Programs that start on their own: the command line, and whatever runs in a thread or child. */
const programs = ['cli/main', 'app/executor/worker', 'host/worker', 'host/child']

/** What finds a part of itself beside itself stays outside the bundle: a native binary, the entry of a thread. */
const outside = ['koffi', 'tinypool', 'better-sqlite3']

/**
 * npm links the programs of dependencies but not the project's own. With this link `npx holdfast` in the project's
 * root finds the bundle at once instead of installing the project into npx's cache first.
 */
function linkCommand(): Plugin {
  return {
    name: 'link-command',
    writeBundle() {
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

export default defineConfig({
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
      external: [...outside, ...builtinModules, /^node:/],
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared/[name]-[hash].js' },
    },
  },
})
