import { fileURLToPath } from 'node:url'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Structure } from '#core/contract/structure.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { openProject } from '#core/store/project.ts'
import { jsonOf, kagamiHere, studyText, temporaryFolder, train, type TestFolder } from '#core/testing/studies.ts'

const network = fileURLToPath(new URL('../../testing/fixtures/torchStructure.safetensors', import.meta.url))

let place: TestFolder
let runs: readonly string[]
let single: readonly string[] // a run for each cell, so that a cell's start is enough
beforeAll(async () => {
  place = temporaryFolder()
  await train(place.path('a.kagami'), studyText())
  await train(place.path('b.kagami'), studyText({ seeds: { count: 1 } }))
  ;[runs, single] = [runsIn('a.kagami'), runsIn('b.kagami')]
  place.write('model.pt', 'PK')
  place.write('notes.npz', 'these are notes')
})
afterAll(() => place.remove())

function runsIn(name: string): readonly string[] {
  const project = openProject(place.path(name), { mode: 'read' })
  try {
    return readRuns(project.db, {}).runs.map(({ id }) => id)
  } finally {
    project.close()
  }
}

const structure = (...args: readonly string[]) => kagamiHere(['structure', ...args], place.folder)
const first = () => runs[0] ?? ''
/** A run's id without its study. */
const short = (run: string) => run.slice(run.indexOf('.') + 1)

describe('kagami structure FILE', () => {
  test('shows a row for each array, then neurons and mirrors; a sentence says what is left out', async () => {
    const { status, stdout, stderr } = await structure(network, '--activation', 'relu')
    const [layers = '', neurons = '', mirrors = ''] = stdout.split('\n\n')
    expect(layers.trim().split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual(['layer', ...['fc1', 'fc2', 'fc3'].flatMap((layer) => [`${layer}.bias`, `${layer}.weight`])]) // prettier-ignore
    expect(layers.split('\n')[2]).toMatch(
      /^fc1\.weight {2}32×16 +512 +0\.4277 +0\.3164 +0\.1504 +0\.125 +0\.125 .* 16 +14 +5\.8\d+ +1\.85\d* +14 +5$/,
    )
    expect(neurons).toContain('fc1.weight  fc2.weight     32         24      21          8  2=8=17 10=20')
    expect(mirrors).toMatch(/^mirrors .*\nSwap of two units, fc1\.weight/)
    expect([status, stderr]).toEqual([0, ''])
    const without = await structure(network)
    expect(without.stdout.trim()).toBe(layers.trim())
    expect(without.stderr).toBe('homogeneity: left out, since a file does not say its activation; give --activation\n')
  })

  test('csv and json hold every digit; --json every singular value and group', async () => {
    const shown = async (...form: readonly string[]) => (await structure(network, '--activation', 'relu', ...form)).stdout
    const [csv, json, whole] = [await shown('--format', 'csv'), await shown('--format', 'json'), await shown('--json')]
    const { layers, neurons, origin } = jsonOf<Structure>(whole)
    const rows = parse<Record<string, string>>(csv, { columns: true })
    const records = jsonOf<Record<string, unknown>[]>(json)
    expect(origin).toEqual({ kind: 'file', name: 'torchStructure.safetensors', bytes: 7_384 })
    expect(rows).toHaveLength(6)
    for (const [i, { name, norm, spectrum, sparsity }] of layers.entries()) {
      const own = neurons.find(({ incoming }) => incoming === name)
      const expected = {
        layer: name,
        norm,
        '<1e-6': sparsity[1]?.share,
        σ3: spectrum?.singularValues[2] ?? null,
        stable: spectrum?.stableRank ?? null,
        groups: own?.groups ?? null,
        vanishing: own?.vanishing.length ?? null,
      }
      expect(records[i]).toMatchObject(expected)
      for (const [column, value] of Object.entries(expected)) expect(rows[i]?.[column]).toBe(value === null ? '' : String(value))
    }
    expect(layers[3]?.spectrum?.singularValues).toHaveLength(32)
  })

  test('md is a table for each of them', async () => {
    const { stdout } = await structure(network, '--activation', 'relu', '--format', 'md')
    expect(stdout.split('\n').filter((line) => line.startsWith('| ---'))).toHaveLength(3)
  })
})

describe('kagami structure PROJECT RUN', () => {
  test('takes a run by its id, by its end or by the start of either', async () => {
    const whole = await structure('a.kagami', first(), '--json')
    expect(jsonOf<Structure>(whole.stdout).origin).toMatchObject({ kind: 'run', run: first(), parameters: 'final', step: 400 })
    expect((await structure('a.kagami', short(first()), '--json')).stdout).toBe(whole.stdout)
    const [one = ''] = single
    for (const text of [short(one).slice(0, 5), one.slice(0, -3), one])
      expect(jsonOf<Structure>((await structure('b.kagami', text, '--json')).stdout).origin).toMatchObject({ run: one })
    const { status, stdout, stderr } = await structure('a.kagami', first())
    expect([status, stderr]).toEqual([0, `${first()}: after all 400 steps\n`])
    expect(stdout).toMatch(/^layer .*\nv +4×1 /)
    expect(stdout).toMatch(/\nRescaling of factors +\S+ +\d +4\nExchange of factors +\S+ +\d +4\n$/)
  })

  test('a start that several share is refused with them', async () => {
    const { status, stderr } = await structure('a.kagami', short(first()).slice(0, 6))
    expect([status, stderr]).toEqual([2, `kagami: RUN: expected one run, got "${short(first()).slice(0, 6)}", with which 2 begin: ${runs[0]}, ${runs[1]}\n`]) // prettier-ignore
    expect((await structure('a.kagami', 'small')).stderr).toContain(`with which 4 begin: ${runs[0]}, ${runs[1]}, …`)
  })
})

describe('bad input is refused in one sentence', () => {
  test.each<[string, () => string[], string]>([
    ['a run that is none', () => ['a.kagami', `${short(first()).slice(0, -1)}3`], 'RUN: expected a run of this project, got "'],
    ['with what was meant', () => ['a.kagami', `${short(first()).slice(0, -1)}3`], `; did you mean `],
    ['no run', () => ['a.kagami'], 'RUN: expected a run of the project, such as '],
    ['a run beside a file', () => ['notes.npz', 'x'], 'RUN: expected nothing beside a file, got "x"'],
    ['an activation for a run', () => ['a.kagami', first(), '--activation', 'relu'], '--activation: expected nothing for a run, whose model is known, got "relu"'],
    ['a layout for a run', () => ['a.kagami', first(), '--layout', 'output-last'], '--layout: expected nothing for a run, whose model is known, got "output-last"'],
    ['an unknown activation', () => ['notes.npz', '--activation', 'rleu'], '--activation: expected one of tanh, relu, none, other, got "rleu"; did you mean relu?'],
    ['what is not there', () => ['gone.npz'], 'SOURCE: expected a project or a file .safetensors or .npz, got "gone.npz" (ENOENT)'],
    ['a pickle', () => ['model.pt'], 'in Python: from safetensors.torch import save_file; save_file(model.state_dict(), "model.safetensors")'],
    ['text', () => ['notes.npz'], 'FILE: expected a safetensors or npz file, got "notes.npz": header length'],
  ])('%s', async (_, args, sentence) => {
    const { status, stderr, stdout } = await structure(...args())
    expect(stderr).toContain(sentence)
    expect([status, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1])
  }) // prettier-ignore
})
