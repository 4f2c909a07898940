/** How the page is built: the same settings for the window (electron-vite) and for a browser tab (`buildPage.ts`). */
import { join } from 'node:path'
import vue from '@vitejs/plugin-vue'
import type { Plugin, UserConfig } from 'vite'

/** Both hosts serve the page from the top, and a place inside it (/runs/…) needs absolute addresses of its files. */
const base = '/'

/** electron-vite sets `./`, for pages that are opened as files; this has the last word. */
const absoluteAddresses: Plugin = { name: 'kagami:absolute-addresses', enforce: 'post', config: () => ({ base }) }

/** Settings for the page of the program in `root`, written to `out`. `#core/…` is resolved by package.json's own `imports`. */
export function pageConfig(root: string, out: string) {
  return {
    root: join(root, 'renderer'),
    base,
    publicDir: false,
    plugins: [vue(), absoluteAddresses],
    build: {
      outDir: out,
      emptyOutDir: true,
      target: 'chrome130',
      assetsInlineLimit: 0, // fonts and scripts as files: the policy allows `self` and no data
      modulePreload: { polyfill: false }, // it would be an inline script; every browser meant here preloads by itself
      chunkSizeWarningLimit: 4_000, // kB; the page comes from this machine
      reportCompressedSize: false,
      rolldownOptions: { input: join(root, 'renderer', 'index.html') },
    },
  } satisfies UserConfig
}
