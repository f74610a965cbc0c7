import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { defineConfig, type Plugin } from 'vite'

/** Programs that start on their own: the command line, and whatever the host folder runs in a thread or child. */
const programs = ['cli/main', 'host/worker', 'host/child']

/** Native modules stay outside the bundle: they find their binary beside themselves. */
const native = ['koffi']

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
      external: [...native, ...builtinModules, /^node:/],
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'shared/[name]-[hash].js' },
    },
  },
})
