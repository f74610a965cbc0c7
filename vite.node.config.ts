import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { defineConfig, type Plugin } from 'vite'

/** Programs that start on their own: the command line, and whatever runs in a thread or child. */
const programs = ['cli/main', 'app/executor/worker', 'host/worker', 'host/child']

/** What finds a part of itself beside itself stays outside the bundle: a native binary, the entry of a thread. */
const outside = ['koffi', 'tinypool']

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

export default defineConfig({
  plugins: [linkCommand()],
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
