/** What is bundled for the desktop: main process and trainer, preload, page. The sources of `core/` run unbundled everywhere else. */
import { join } from 'node:path'
import { defineConfig } from 'electron-vite'
import { pageConfig } from './core/hosts/server/pageConfig.ts'

const root = import.meta.dirname
/** `out/`, which the packaged application holds; a test builds elsewhere. */
const out = (part: string): string => join(root, process.env['KAGAMI_OUT'] ?? 'out', part)

/**
 * Loaded from node_modules at run time and never bundled: what brings a native addon or finds files beside itself. A fixed list, since
 * Rolldown bundles dependencies in spite of plugins, and the addon is then not found.
 */
const external = [/^electron$/, /^better-sqlite3$/, /^@tensorflow\//, /^webgpu$/, /^node:/]

/** fflate's build for Node declares `require` itself, as the bundler does in every chunk that names it: such a chunk does not load. Nothing of Node is used of it. */
const fflate = join(root, 'node_modules', 'fflate', 'esm', 'browser.js')

export default defineConfig({
  main: {
    resolve: { alias: [{ find: /^fflate$/, replacement: fflate }] },
    build: {
      outDir: out('main'),
      externalizeDeps: false,
      rolldownOptions: {
        external,
        input: {
          index: join(root, 'electron', 'main', 'index.ts'),
          trainer: join(root, 'electron', 'trainer', 'index.ts'),
          installer: join(root, 'electron', 'installer', 'index.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      outDir: out('preload'),
      externalizeDeps: false,
      rolldownOptions: {
        external: [/^electron$/],
        input: { index: join(root, 'electron', 'preload', 'index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' }, // a sandboxed preload must be CommonJS; `.js` would be a module here
      },
    },
  },
  renderer: pageConfig(root, out('renderer')),
})
