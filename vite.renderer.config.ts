import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

/** The window's page. Its folder lies inside the other build's, which has to come first. */
export default defineConfig({
  root: 'renderer',
  base: './',
  plugins: [svelte({ configFile: '../svelte.config.js' })],
  build: {
    outDir: '../out/renderer',
    emptyOutDir: true,
    target: 'es2023',
    // A page under a content security policy: no inlined files, no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
})
