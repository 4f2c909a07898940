import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Mirrors } from '#core/contract/mirrors.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { openProject } from '#core/store/project.ts'
import { jsonOf, kagamiHere, studyText, temporaryFolder, train, type TestFolder } from '#core/testing/studies.ts'

let place: TestFolder
let runs: readonly string[]
beforeAll(async () => {
  place = temporaryFolder()
  await train(place.path('a.kagami'), studyText())
  const project = openProject(place.path('a.kagami'), { mode: 'read' })
  runs = readRuns(project.db, {}).runs.map(({ id }) => id)
  project.close()
  place.write('study.yaml', studyText())
})
afterAll(() => place.remove())

const mirrors = (...args: readonly string[]) => kagamiHere(['mirrors', ...args], place.folder)
const first = () => runs[0] ?? ''

describe('kagami mirrors', () => {
  test('of a run: a row for each kind, then what the model says of itself; sentences tell where and what was rejected', async () => {
    const { status, stdout, stderr } = await mirrors('a.kagami', first())
    const [found = '', families = ''] = stdout.split('\n\n')
    const rows = found.trim().split('\n').map((line) => line.split(/ {2,}/)) // prettier-ignore
    expect(rows[0]?.slice(0, 8)).toEqual(['symmetry', 'reflection', 'place', 'found', 'rank', 'nearest', 'residual', 'γ_loc'])
    expect(rows.slice(1).map((row) => row.slice(0, 5))).toEqual([
      ['Rescaling of factors', 'sign of a unit', 'u⊙w', '4 of 4', '2'],
      ['Exchange of factors', 'exchange of two entries', 'u⊙w', '4 of 4', '1'],
      ['Exchange of factors', 'exchange and change of sign', 'u⊙w', '4 of 4', '1'],
    ])
    expect(families).toMatch(/u² − w² .*falls as e\^\(−0\.2 t\) under gradient flow, t = η · steps/)
    expect(stderr).toContain(`${first()}: after all 400 steps\n`)
    expect(stderr).toMatch(/\d+ other kinds of reflections were tried and are none; --json has them\n/)
    expect(status).toBe(0)
  })
  test('--csv and --json hold every digit, of a study as of a run before its first step', async () => {
    const where = ['--where', 'regularisation.weightDecay=0.5']
    const [csv, json] = [(await mirrors('study.yaml', ...where, '--csv')).stdout, (await mirrors('study.yaml', ...where, '--json')).stdout]
    const whole = jsonOf<Mirrors>(json)
    const rows = parse<Record<string, string>>(csv, { columns: true })
    expect(rows.map((row) => [row['family'], row['threshold'], row['weight-decay'], row['verdict'], row['exponent']])).toEqual(
      whole.mirrors.map(({ family, threshold, decay, verdict, exponent }) => [family, String(threshold?.value), String(decay), verdict, String(exponent?.value)]),
    ) // prettier-ignore
    expect(whole.origin).toMatchObject({ kind: 'study', name: 'small', replicate: 1 })
    const run = runs.find((id) => id.endsWith('.1') && whole.mirrors[0]?.decay === 0.5)
    expect(run).toBeDefined()
  })
  test('--set changes the study; a symmetry that it takes away is a row of its own', async () => {
    place.write('tanh.yaml', studyText({ model: { kind: 'perceptron', widths: [3], biases: false }, factors: {} }))
    const { stdout } = await mirrors('tanh.yaml', '--set', 'reparametrise=[{kind: syre, parameters: "*", std: 0.1}]')
    expect(stdout).toMatch(/^No mirror was found\.\n/)
    expect(stdout).toMatch(/Sign flip of a unit, layer1 +sign of a unit +layer1 +3 of 3 +\d\.\de-\d … \d\.\de-\d/)
    expect(stdout).toMatch(/Sign flip of a unit, layer1 +3 +units are zero .* taken away/)
  })
  test('help says what the numbers are', async () => {
    const { stdout } = await mirrors('--help')
    expect(stdout).toContain('γ_loc = −½ λ_min of the Hessian of the data loss')
    expect(stdout).toContain('kagami mirrors permutation-homogeneity')
  })
  test.each<[string, readonly string[], string]>([
    ['a run that is not there', ['a.kagami', 'nobody'], 'RUN: expected a run of this project, got "nobody"'],
    ['no run', ['a.kagami'], 'RUN: expected a run of the project, such as '],
    ['a run beside a study', ['study.yaml', '1'], 'RUN: expected nothing beside a study, got "1"'],
    ['a changed study of a run', ['a.kagami', '1', '--set', 'a=b'], '--set: expected nothing for a run, whose study is frozen, got "a=b"'],
    ['levels of a run', ['a.kagami', '1', '--where', 'a=b'], '--where: expected nothing beside a run, got "a"'],
    ['the end of a study', ['study.yaml', '--at', 'end'], '--at: expected start for a study, which nobody has trained, got end'],
    ['no study', ['nowhere.yaml'], 'STUDY: expected a file or one of the presets '],
    ['a level that is not there', ['study.yaml', '--where', 'regularisation.weightDecay=3'], 'where.regularisation.weightDecay: expected one of 0.05, 0.5, got "3"'], // prettier-ignore
  ])('%s is refused in a sentence', async (_, args, sentence) => {
    const { status, stdout, stderr } = await mirrors(...args)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`kagami: ${sentence}`)
  })
})
