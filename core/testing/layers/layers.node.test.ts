/** The fences between the layers refuse what they must: the real rules and compiler options over small trees made here. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const exported = 'export const a = 1\n'

/** Each file with what it must not import, and the rule that says so. */
const refused = [
  ['core/numerics/desktop.ts', 'electron', 'door-electron'],
  ['core/numerics/desktopPackage.ts', 'electron', 'numerics-packages'],
  ['core/learning/files.ts', 'node:fs', 'learning-node'],
  ['core/learning/shortName.ts', 'fs', 'learning-node'],
  ['core/contract/upwards.ts', '#core/numerics/a.ts', 'contract-imports'],
  ['core/numerics/routes.ts', '#core/contract/index.ts', 'numerics-imports'],
  ['core/formats/streams.ts', 'csv-parse/sync', 'formats-packages'],
  ['core/learning/engine.ts', '#core/engines/wasm/a.ts', 'learning-imports'],
  ['core/learning/tensors.ts', '@tensorflow/tfjs-core', 'door-tfjs-core'],
  ['core/symmetry/metrics.ts', '#core/analysis/a.ts', 'symmetry-imports'],
  ['core/study/plans.ts', '#core/plan/a.ts', 'study-imports'],
  ['core/report/rows.ts', '#core/store/a.ts', 'report-imports'],
  ['core/trainer/rows.ts', '#core/store/a.ts', 'trainer-imports'],
  ['core/store/trainers.ts', '#core/trainer/parent.ts', 'store-imports'],
  ['core/store/second.ts', 'better-sqlite3', 'door-better-sqlite3'],
  ['core/workbench/inside.ts', '#core/trainer/child.ts', 'workbench-imports'],
  ['core/engines/cpu/other.ts', '@tensorflow/tfjs-backend-wasm', 'door-tfjs-backend-wasm'],
  ['core/engines/wasm/other.ts', '@tensorflow/tfjs-backend-cpu', 'door-tfjs-backend-cpu'],
  ['core/engines/tensorflow/other.ts', '@tensorflow/tfjs-node-gpu', 'door-tfjs-node-gpu'],
  ['core/engines/webgpu/other.ts', 'webgpu', 'door-webgpu'],
  ['core/engines/ops.ts', 'node:os', 'engines-ops-pure'],
  ['core/presentation/drawing.ts', 'echarts', 'presentation-types-only'],
  ['core/hosts/help.ts', '#core/testing/a.ts', 'testing-for-tests'],
  ['core/plan/typo.ts', './nowhere.ts', 'no-unresolvable'],
  ['core/plan/circle.ts', './circle2.ts', 'no-circular'],
  ['renderer/rows.ts', '#core/store/a.ts', 'renderer-imports'],
  ['renderer/Rows.vue', '#core/store/a.ts', 'renderer-imports'],
  ['renderer/files.ts', 'node:path', 'renderer-node'],
  ['renderer/desktop.ts', 'electron', 'door-electron'],
  ['electron/main/mathematics.ts', '#core/learning/a.ts', 'electron-imports'],
] as const

/** What the layers are allowed, one file each. */
const allowed = [
  ['core/numerics/key.ts', '@noble/hashes/sha2.js'],
  ['core/numerics/refusal.ts', '#core/contract/errors.ts'],
  ['core/formats/csv.test.ts', 'csv-parse/browser/esm/sync'],
  ['core/learning/model.ts', '#core/engines/ops.ts'],
  ['core/presentation/words.ts', '@intlify/core-base'],
  ['core/engines/wasm/wasm.ts', '@tensorflow/tfjs-backend-wasm'],
  ['core/store/project.ts', 'better-sqlite3'],
  ['core/workbench/queue.ts', '#core/trainer/parent.ts'],
  ['core/numerics/law.test.ts', 'fast-check'],
  ['core/numerics/law2.test.ts', '#core/testing/a.ts'],
  ['core/learning/files.node.test.ts', 'node:fs'],
  ['renderer/Chart.vue', '#core/presentation/a.ts'],
  ['electron/main/index.ts', 'electron'],
] as const

const targets = {
  'core/contract/errors.ts': exported,
  'core/contract/index.ts': exported,
  'core/engines/ops.ts': exported,
  'core/engines/wasm/a.ts': exported,
  'core/trainer/parent.ts': exported,
  'core/trainer/child.ts': exported,
  'core/plan/circle2.ts': "import './circle.ts'\nexport const b = 2\n",
  ...Object.fromEntries(
    ['numerics', 'analysis', 'plan', 'store', 'learning', 'presentation', 'testing'].map((layer) => [`core/${layer}/a.ts`, exported]),
  ),
}

const violations = z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) }))
type Violation = z.infer<typeof violations>[number]

describe('dependency-cruiser', () => {
  let folder: string
  let found: readonly Violation[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kagami-layers-'))
    await writeTree(folder, { ...targets, ...importing(refused) })
    found = await violationsIn(folder)
  })
  afterAll(async () => rm(folder, { recursive: true, force: true }))

  test.each(refused)('%s may not import %s: %s', (file, _, rule) => {
    expect(found.filter(({ from }) => from === file).map((violation) => violation.rule.name)).toContain(rule)
  })

  test('every layer of style.md’s table has a rule for its imports', async () => {
    const config = z.object({ default: z.object({ forbidden: z.array(z.object({ name: z.string(), comment: z.string().min(20) })) }) })
    const { forbidden } = config.parse(await import(join(repository, '.dependency-cruiser.js'))).default
    const rules = forbidden.map(({ name }) => name)
    const layers =
      'contract presentation numerics formats engines learning symmetry analysis study plan report trainer store workbench hosts bench testing electron renderer'
    expect(rules).toEqual(expect.arrayContaining(layers.split(' ').map((layer) => `${layer}-imports`)))
  })
})

test('a tree that keeps to the table passes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kagami-layers-'))
  const { 'core/plan/circle2.ts': _, ...lawful } = targets
  await writeTree(folder, {
    ...lawful,
    ...importing(allowed),
    'core/store/rows.ts': "import type { Database } from 'better-sqlite3'\nexport type A = Database\n",
  })
  expect(await violationsIn(folder)).toEqual([])
  await rm(folder, { recursive: true, force: true })
})

describe('the compiler', () => {
  const sources = {
    'process.ts': 'export const a = process.pid\n',
    'files.ts': "export { readFileSync } from 'node:fs'\n",
    'console.ts': "console.log('a')\n",
    'document.ts': 'export const a = document.title\n',
    'timer.ts': 'setTimeout(() => undefined, 1)\n',
  }
  let folder: string // in the repository, so that @types/node lies where a pure layer would find it

  beforeAll(async () => {
    await mkdir(join(repository, '.build'), { recursive: true })
    folder = await mkdtemp(join(repository, '.build', 'layers-'))
    await writeTree(folder, sources)
  })
  afterAll(async () => rm(folder, { recursive: true, force: true }))

  test('in a pure layer knows neither Node nor the page', async () => {
    const errors = await compile(folder, 'pure')
    expect(errors.map(({ file }) => file)).toEqual(['console.ts', 'document.ts', 'files.ts', 'process.ts', 'timer.ts'])
    expect(errors.map(({ text }) => /'[^']+'/.exec(text)?.[0])).toEqual([
      "'console'",
      "'document'",
      "'node:fs'",
      "'process'",
      "'setTimeout'",
    ])
  })

  test('in a layer of Node knows all of them but the page', async () => {
    expect((await compile(folder, 'node')).map(({ file }) => file)).toEqual(['document.ts'])
  })
})

function importing(files: readonly (readonly [string, string, ...string[]])[]): Record<string, string> {
  return Object.fromEntries(
    files.map(([file, target]) => {
      const source = `import * as a from '${target}'\nexport const used = a\n`
      return [file, file.endsWith('.vue') ? `<script setup lang="ts">\n${source}</script>\n<template><p /></template>\n` : source]
    }),
  )
}

async function writeTree(folder: string, files: Record<string, string>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
}

async function violationsIn(folder: string): Promise<readonly Violation[]> {
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "imports": { "#core/*": "./core/*" } }')
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'))
  const tool = join(repository, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs')
  const args = ['--config', join(repository, '.dependency-cruiser.js'), '--output-type', 'json', 'core', 'renderer', 'electron']
  const { stdout } = await run(tool, args, folder)
  return z.object({ summary: z.object({ violations }) }).parse(JSON.parse(stdout)).summary.violations
}

async function compile(folder: string, layers: 'pure' | 'node'): Promise<{ file: string; text: string }[]> {
  const config = join(folder, `${layers}.json`)
  const compilerOptions = { composite: false, emitDeclarationOnly: false, noEmit: true, tsBuildInfoFile: null, rootDir: folder }
  const extended = join(repository, 'core', `tsconfig.${layers}.json`)
  await writeFile(config, JSON.stringify({ extends: extended, compilerOptions, include: ['*.ts'], exclude: [], references: [] }))
  const { stdout } = await run(join(repository, 'node_modules', 'typescript', 'bin', 'tsc'), ['-p', config, '--pretty', 'false'], folder)
  return [...stdout.matchAll(/^(\S+\.ts)\(\d+,\d+\): error TS\d+: (.*)$/gm)].map(([, file = '', text = '']) => ({ file, text }))
}

/** A tool's output, whatever its status: both tools say by it that they found something. */
function run(tool: string, args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [tool, ...args], { cwd, maxBuffer: 2 ** 26 }, (_, stdout) => resolve({ stdout }))
  })
}
