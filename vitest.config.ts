/** Tiers by file name: pure tests, tests of processes and files, tests in Chromium, long studies. */
import { defineConfig } from 'vitest/config'

process.env['KAGAMI_ENGINE'] = 'wasm' // tests that name no engine give the same bits whatever is installed in the user's folder

const tiers = { node: 'node', browser: 'browser', electron: 'electron', long: 'long' } as const
const special = Object.values(tiers).map((tier) => `**/*.${tier}.test.ts`)
const never = ['node_modules/**', 'out/**', 'dist/**', '.build/**']

export default defineConfig({
  test: {
    maxWorkers: 2, // most of the time goes into processes that tests start and wait for
    projects: [
      { test: { name: 'pure', isolate: false, include: ['{core,renderer,electron}/**/*.test.ts'], exclude: [...never, ...special] } },
      {
        test: {
          name: 'node',
          isolate: false, // a process for each file would start, and import everything, 50 times: 23 s of processor time
          include: ['**/*.node.test.ts'],
          exclude: never,
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          exclude: never,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      { test: { name: 'electron', include: ['**/*.electron.test.ts'], exclude: never, pool: 'forks', testTimeout: 120_000 } },
      {
        test: {
          name: 'long',
          include: ['**/*.long.test.ts'],
          exclude: never,
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 1_800_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
})
